"""Reports, suites of tests and monitors: what they measure is what was put into them."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.samples import CURRENT, OTHERWISE, words_of
from mlrubric.graph.verdicts import MEANS, SOURCES

NAMES = ("load", "attribute")


def mark_measures(graph: Graph, code: Code) -> None:
    """Reports and suites get the roles of what was put into them; tests that were put in make a profile a check of data."""
    roles = code.meanings.roles
    for node in graph.with_role("data.report", "monitor.deploy"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None:
            continue
        parts = [p for p in (code.program.receiver(op), meaning.arguments.get("@schema", -1)) if p >= 0] or [op]
        if "monitor.deploy" in meaning.roles:
            parts = [op]
        found = set(meaning.entry.measures) if meaning.entry is not None else set()
        tested = False
        for part in code.flow.reach(parts, back=True, stop=lambda o: bool(SOURCES & roles(o))):
            inner = code.meanings.of(part) or (code.meanings.named(part) if code.program.ops[part].kind in NAMES else None)
            if inner is None or inner.entry is None:
                continue
            found |= set(inner.entry.measures)
            tested = tested or code.meanings.spellings(inner).get("@condition", "none") not in ("none", "false")
        if tested and "data.profile" in found:
            found.add("data.validate")
        if "model.evaluate" in found and _current(code, meaning):
            found.add("model.monitor")
        for role in sorted(found):
            graph.give(node, role)
        if "monitor.deploy" in meaning.roles and graph.nodes[node].attributes.get("acts") == "tell":
            for role in sorted(found & MEANS.keys()):
                graph.give(node, MEANS[role])


def _current(code: Code, meaning: Meaning) -> bool:
    """Whether a report compares with a reference what is called current: served predictions, not a test part."""
    given = meaning.arguments.get("@current", -1)
    if given < 0 or meaning.arguments.get("@reference", -1) < 0:
        return False
    words = words_of(code, given)
    return bool(words & CURRENT) and not words & OTHERWISE
