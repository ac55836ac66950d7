"""What a value stands for in the project's code: what made it, the functions that it may be, the methods of a class, what is decorated."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.values import number
from mlrubric.graph.world import World


def origin(code: Code, op: int) -> int:
    """The operation that makes a value, through names that are bound once."""
    program, seen = code.program, {op}
    while program.ops[op].kind in ("load", "assign"):
        behind = {*program.args[op], *code.resolver.reads.get(op, ())} - {-1}
        if len(behind) != 1:
            break
        op = behind.pop()
        if op in seen:
            break
        seen.add(op)
    return op


def plainly_none(code: Code, argument: int) -> bool:
    """Whether an argument is left out or written as `None`; one that may also hold something else is given."""
    if argument < 0:
        return True
    made = code.program.ops[origin(code, argument)]
    return made.kind == "const" and made.value is None


def functions(code: Code, op: int) -> list[int]:
    """The nodes of the project's functions that a value may be, through `partial` and bound methods."""
    found: list[int] = []
    for value in sorted(code.resolver.of(op), key=repr) if op >= 0 else ():
        if value[0] in ("function", "bound") and number(value) in code.scope_node:
            found.append(code.scope_node[number(value)])
        elif value[0] == "partial":
            inner = code.program.args[number(value)]
            found.extend(functions(code, inner[1]) if len(inner) > 1 else ())
    return list(dict.fromkeys(found))


def methods(world: World, scope: int, role: str = "", name: str = "") -> list[int]:
    """The nodes of the methods of a class, in their order; only those with a role or a name, if one is given."""
    program, nodes = world.code.program, world.graph.nodes
    return [
        node
        for inner, node in sorted(world.code.scope_node.items())
        if program.parent_scope(inner) == scope
        and (not role or role in nodes[node].roles)
        and (not name or program.scopes[inner].name == name)
    ]


def decorated(code: Code) -> Iterator[tuple[int, int]]:
    """Every function or class definition with each of its decorators."""
    for op in code.program.of_kind("function", "class"):
        for decorator in code.program.decorators(op):
            yield op, decorator
