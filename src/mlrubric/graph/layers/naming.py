"""How the layers call things: dotted names from the given root, `<builtin>.len`, `<list>.append`, names of libraries."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from mlrubric.graph.program import Program
from mlrubric.graph.resolve import Resolver
from mlrubric.graph.values import Value, number

SPECIAL = {"builtins.iterator": "iterator", "builtins.generator": "generator"}


def caller_of(program: Program, op: int) -> str:
    """The function, class body or module that runs an operation."""
    return program.qualified(program.scope_id(op))


def name_of(program: Program, target: Value) -> str:
    """The name of what a call enters; "" for a class, whose `__init__` is a target of its own."""
    kind = target[0]
    if kind in ("function", "callback"):
        return program.qualified(number(target))
    if kind == "external":
        return external(str(target[1]))
    if kind == "method":
        return external(f"{target[1]}.{target[2]}")
    return ""


def external(name: str) -> str:
    """`builtins.len` is `<builtin>.len`, `builtins.list.append` is `<list>.append`; other libraries keep their names."""
    if not name.startswith("builtins."):
        return name
    parts = name.split(".")
    return f"<{parts[1]}>.{'.'.join(parts[2:])}" if len(parts) > 2 else f"<builtin>.{parts[1]}"


def callees(resolver: Resolver, op: int, targets: Iterable[Value] | None = None) -> Iterator[str]:
    """The names of everything that an operation calls."""
    for target in resolver.targets.get(op, ()) if targets is None else targets:
        name = name_of(resolver.program, target)
        if name:
            yield name
    yield from resolver.foreign.get(op, ())


def is_placed(name: str, libraries: frozenset[str]) -> bool:
    """Whether a name is sure to be a library's: the standard library's, a known one's, a declared requirement's."""
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or top in libraries
