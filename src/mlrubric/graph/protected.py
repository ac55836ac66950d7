"""Columns that name a protected group among those that a training learns from."""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.values import number
from mlrubric.graph.world import World

GROUPS = re.compile(
    r"(?i)^(sex|gender|race|ethnic\w*|age|age_group|religion|nationality|native_country|zip_?code|zip|disabilit\w*|marital_?status)$"
)
PICKS = ("subscript", "store_subscript")


def mark_protected(world: World) -> None:
    """`groups` on the first training that learns from columns of that name."""
    graph, code = world.graph, world.code
    program = code.program
    columns: dict[int, set[str]] = {}
    for op, facts in enumerate(program.ops):
        if facts.kind not in PICKS or len(program.args[op]) < 2 or program.args[op][1] < 0 or code.tested(op):
            continue
        index = program.args[op][1]
        made = [number(v) for v in code.resolver.of(index) if v[0] == "made"]
        parts = [index, *(a for m in (index, *made) if program.ops[m].kind == "container" for a in program.args[m] if a >= 0)]
        named = {str(v[1]) for part in parts for v in code.resolver.of(part) if v[0] == "text"}
        found = {name for name in named if GROUPS.match(name.strip().replace("-", "_").replace(".", "_"))}
        if found:
            columns[op] = found
    if not columns:
        return
    for node in sorted(graph.with_role("model.fit"), key=lambda n: graph.nodes[n].place):
        fit = code.node_op.get(node)
        if fit is None or is_test_code(graph.nodes[node].place.path):
            continue
        behind = code.flow.reach([fit], back=True)
        learnt = sorted({name for op in columns.keys() & behind.keys() for name in columns[op]})
        if learnt:
            graph.nodes[node].attributes["groups"] = ", ".join(f"`{name}`" for name in learnt[:4])
            return
