"""Requests to an address that only its name tells: `os.environ["SLACK_WEBHOOK"]` is where people are told."""

from __future__ import annotations

import re

from mlrubric.graph.code import Code, texts_of
from mlrubric.graph.graph import Graph

PEOPLE = re.compile(r"slack|teams_|discord|pagerduty|opsgenie|telegram|mattermost|webhook|hook_url", re.IGNORECASE)
MOST = 40
NAMED = ("load", "param", "attribute")


def mark_addressed(graph: Graph, code: Code) -> None:
    """`notify.send` on requests whose address is not known and is called like a way to people."""
    for node in graph.with_role("serve.client"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if meaning is None or code.meanings.spellings(meaning).get("@source") not in ("given", "none"):
            continue
        if _to_people(code, meaning.arguments.get("@source", -1)):
            graph.give(node, "notify.send")


def _to_people(code: Code, address: int) -> bool:
    if address < 0:
        return False
    for count, op in enumerate(code.flow.reach([address], back=True)):
        facts = code.program.ops[op]
        names = (facts.name,) if facts.kind in NAMED else texts_of(facts)
        if any(PEOPLE.search(name) for name in names):
            return True
        if count >= MOST:
            break
    return False
