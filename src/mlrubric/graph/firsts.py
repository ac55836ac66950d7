"""The first version of a model: a release that is made only when there is none to be compared with, beside one that a comparison guards."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.derive import compares
from mlrubric.graph.graph import Graph

READ = "run.read"
FAMILIES = ("model.promote", "model.register", "model.deploy")


def first_versions(code: Code, graph: Graph, guards: dict[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    """Unguarded releases of this kind, with the checks of the one beside them: what replaces a version is compared there."""
    by_scope: dict[tuple[int, str], list[int]] = {}
    for node in guards:
        op = code.node_op.get(node)
        for family in FAMILIES:
            if op is not None and family in graph.nodes[node].roles:
                by_scope.setdefault((code.program.scope_id(op), family), []).append(node)
    found: dict[int, tuple[int, ...]] = {}
    for members in by_scope.values():
        checks = sorted({check for n in members for check in guards[n]})
        for node in members if checks else ():
            if not guards[node] and (_none_found(code, code.node_op[node]) or _none_there(code, code.node_op[node])):
                found[node] = tuple(checks)
    return found


def _none_found(code: Code, op: int) -> bool:
    """Whether an operation stands in the handler of the error that a registry raises for what is not there: one that names its errors."""
    program, unit = code.program, code.program.unit(op)
    for block in program.blocks_around(op):
        facts = program.blocks[block]
        if facts.kind == "except":
            return code.checks.handlers.narrow(block) and _asked_for(code, unit.base, block)
        if facts.kind == "scope":
            break
    return False


def _asked_for(code: Code, base: int, handler: int) -> bool:
    """Whether what a handler belongs to asks a registry."""
    program, facts = code.program, code.program.blocks[handler]
    unit = next(u for u in program.modules if u.base == base)
    tried = [
        index + unit.block_base
        for index, block in enumerate(unit.facts.blocks)
        if block.kind == "try" and block.parent == facts.parent and block.line < facts.line
    ]
    if not tried:
        return False
    return any(
        READ in code.meanings.roles(op) and tried[-1] in program.blocks_around(op)
        for op in range(unit.base, unit.base + len(unit.facts.ops))
    )


def _none_there(code: Code, op: int) -> bool:
    """Whether an operation stands behind a question whether a registry has a version at all: `if not versions`, `if champion is None`."""
    return any(READ in code.about(c) and not compares(code, c) for c in code.checks.deciders.around(op))
