"""By which columns quality is sliced: the names that stand in the selections of rows behind a metric, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.twice import OWN

CALLS = frozenset({"call"})
MOST = 60  # operations of one condition


def mark_slice_columns(graph: Graph, code: Code, selections: Mapping[int, str]) -> None:
    """`by` on metrics of slices and on what checks them: the columns that the rows were selected or grouped by. `selects` on checks in
    tests: whether the test runs what selects the rows, or only what measures them for others as well."""
    columns = {op: _columns(code, op) for op in selections}
    if not columns:
        return
    for node in graph.with_role("model.slice", "check.slice"):
        op = code.node_op.get(node)
        if op is None:
            continue
        check = code.check_of.get(node)
        behind = code.flow.reach(check.conditions if check is not None else [op], back=True).keys() & columns.keys()
        names = {name for one in behind for name in columns[one]}
        if names:
            graph.nodes[node].attributes["by"] = " ".join(sorted(names))
        if behind and check is not None and code.tested(op):
            tests = [n for n in graph.sweep([code.holder(op)], CALLS, back=True) if graph.nodes[n].kind == "test"]
            run = graph.sweep(tests, CALLS)
            here = any(code.holder(one) in run for one in behind)
            graph.nodes[node].attributes["selects"] = "true" if here else "false"


def _columns(code: Code, selection: int) -> set[str]:
    """Of `frame[frame["a"] == x]`, `frame.groupby(["a", "b"])`, `frame.query("a == 1")`."""
    program = code.program
    facts, args = program.ops[selection], [a for a in program.args[selection] if a >= 0]
    if facts.kind == "call":
        return {name for a in args[1:] for name in _texts(code, a)}
    found: set[str] = set()
    waiting, seen = list(args[1:2]), set[int]()
    while waiting and len(seen) < MOST:
        op = waiting.pop()
        if op in seen:
            continue
        seen.add(op)
        inner = program.ops[op]
        if inner.kind == "subscript" and len(program.args[op]) > 1:
            found.update(_texts(code, program.args[op][1]))
        elif inner.kind == "attribute" and inner.name.islower():
            found.add(inner.name)
        if inner.kind in OWN:
            waiting.extend(a for a in (*program.args[op], *code.resolver.reads.get(op, ())) if a >= 0)
    return found


def _texts(code: Code, op: int) -> Iterable[str]:
    """The texts that a value may be, or that a list of them holds."""
    if op < 0:
        return
    for value in sorted(code.resolver.of(op), key=repr):
        if value[0] == "const" and isinstance(value[1], str):
            yield value[1]
    facts = code.program.ops[op]
    if facts.kind == "const" and isinstance(facts.value, str):
        yield facts.value
    elif facts.kind == "container":
        for inner in code.program.args[op]:
            yield from _texts(code, inner)
