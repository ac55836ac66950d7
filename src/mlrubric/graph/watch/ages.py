"""Checks of age in code: the present moment is held against when a model was made, a file was written or the newest row is from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.graph.code import is_test_code
from mlrubric.graph.values import number
from mlrubric.graph.watch.answered import Answered
from mlrubric.graph.world import World

NOW, MOMENT = "now", "moment"
MADE = frozenset({"run.read", "model.load"})
READ = frozenset({"data.read", "artifact.download"})
OUTSIDE = frozenset({"url", "bucket", "store", "database", "untracked", "unknown"})
FAR = frozenset({"url", "bucket", "database"})
OWN = re.compile(r"model|metadata|registry|artifact|checkpoint|train|manifest", re.IGNORECASE)
WALKED = frozenset({"load", "assign", "boolean", "unary", "compare", "binary", "attribute", "conditional", "call", "phi"})
MOST = 120


def mark_ages(world: World, answered: Answered) -> None:
    """`check.age` on checks and conditions that compare a moment with the present one; `check.source` where it is the age of data that
    comes from outside."""
    code = world.code
    _mark_outside(world)
    now = [op for op, meaning in code.meanings.all().items() if NOW in code.meanings.traits(meaning)]
    if not now:
        return
    present = code.flow.reach(now)
    dated = code.flow.reach(op for op, meaning in code.meanings.all().items() if MOMENT in code.meanings.traits(meaning))
    for condition in answered.conditions():
        if condition not in present or is_test_code(code.program.unit(condition).path):
            continue
        found = {kind for op in _expression(world, condition) for kind in _age(world, op, present, dated)}
        stops = condition in answered.verdicts.checks or answered.verdicts.acts(condition)
        if not found or not (stops or answered.heard(condition)):
            continue
        roles = ("check.age", "check.source") if "source" in found else ("check.age",)
        for node in answered.mark(condition, roles):
            attributes = world.graph.nodes[node].attributes
            if "data.validate" in world.graph.nodes[node].roles and "other" not in found:
                attributes["clause"] = "none"  # the age of rows is no expectation of what they hold
            attributes["timed"] = "none"


def _mark_outside(world: World) -> None:
    """`outside` on checks of data that others make: where it comes in, and nowhere else."""
    graph, code = world.graph, world.code
    for node in graph.with_role("data.validate"):
        op, check = code.node_op.get(node), code.check_of.get(node)
        if op is not None and not is_test_code(graph.nodes[node].place.path) and graph.nodes[node].about & READ:
            starts = check.conditions if check is not None else (op,)
            graph.nodes[node].attributes["outside"] = "true" if any(_outside(world, s, FAR) for s in starts) else "false"


def _age(world: World, op: int, present: dict[int, int], dated: dict[int, int]) -> Iterator[str]:
    """Of what an operation takes the age: it subtracts or compares the present moment and another one."""
    code, facts = world.code, world.code.program.ops[op]
    args = [a for a in code.program.args[op] if a >= 0]
    if len(args) != 2 or not (facts.kind == "compare" or (facts.kind == "binary" and facts.name == "-")):
        return
    for one, other in (args, args[::-1]):
        if one not in present or other in present:
            continue
        about = code.about(other)
        if other in dated or about & MADE or _beside(world, other, about):
            yield "age"
        elif about & READ:
            yield "source" if _outside(world, other) else "age"


def _beside(world: World, op: int, about: frozenset[str]) -> bool:
    """Whether a moment was read from a file that a training leaves beside its model."""
    if "file.open" not in about:
        return False
    nodes = (world.code.op_node.get(back) for back in world.code.flow.reach([op], back=True))
    return any(n is not None and OWN.search(world.graph.nodes[n].attributes.get("path", "")) is not None for n in nodes)


def _outside(world: World, op: int, where: frozenset[str] = OUTSIDE) -> bool:
    """Whether a moment comes from data that others make, and not from what a training left beside its model."""
    graph, code = world.graph, world.code
    for back in code.flow.reach([op], back=True):
        node = code.op_node.get(back)
        if node is None or not READ & set(graph.nodes[node].roles):
            continue
        attributes = graph.nodes[node].attributes
        if attributes.get("origin", "unknown") in where and not OWN.search(attributes.get("source", "")):
            return True
    return False


def _expression(world: World, condition: int) -> Iterator[int]:
    """The operations of a condition, through names and what the project's own functions return; not what rows are picked by."""
    code, program = world.code, world.code.program
    waiting, seen = [condition], set[int]()
    while waiting and len(seen) < MOST:
        op = waiting.pop()
        if op < 0 or op in seen:
            continue
        seen.add(op)
        yield op
        kind = program.ops[op].kind
        if kind == "call":
            waiting.extend(r for t in code.resolver.targets.get(op, ()) if t[0] == "function" for r in program.returns(number(t)))
        elif kind == "return":
            waiting.extend(program.args[op])
        elif kind == "subscript":
            waiting.append(program.args[op][0])
        if kind in WALKED:
            waiting.extend((*program.args[op], *code.resolver.reads.get(op, ())))
