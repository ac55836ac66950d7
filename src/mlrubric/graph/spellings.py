"""An expression as it is written, and as it reads where its function is called: two that are written alike there name one thing, even
when nobody knows what it is (`fetch(settings.path)` and then `load(settings.path)`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.graph.code import Code

DEPTH = 8
CALLS = 3  # functions that a name is handed through
MOST = 40
PLAIN = frozenset({"const", "attribute", "subscript", "fstring", "binary", "load"})  # what a variable is another name for
Shape = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Spelling:
    """What an expression is written as, and the operation by which its scope comes to it."""

    unit: int
    scope: int
    at: int
    shape: Shape


def spelled(code: Code, op: int, depth: int = 0) -> Shape:
    """An expression as it is written. Local variables stand for what they were set to, parameters and objects for themselves."""
    program = code.program
    facts, args = program.ops[op], program.args[op]
    if depth > DEPTH:
        return ("at", op)
    if facts.kind == "param":
        holder = code.resolver.class_of.get(program.scope_id(op))
        itself = holder is not None and program.params(program.scope_id(op))[:1] == (op,)
        return ("self", holder) if itself else ("param", op)
    if facts.kind == "load":
        if not args:
            return ("free", program.unit_of[op], facts.name)
        return spelled(code, args[0], depth + 1) if len(args) == 1 else ("at", *args)
    if facts.kind in ("assign", "enter") and len(args) == 1 and args[0] >= 0:
        plain = program.ops[args[0]].kind in PLAIN
        return spelled(code, args[0], depth + 1) if plain else ("at", args[0])
    return (facts.kind, facts.name, str(facts.value), *(spelled(code, a, depth + 1) for a in args if a >= 0))


def spellings(code: Code, op: int, at: int) -> list[Spelling]:
    """How an argument of the operation `at` is written, and what stands for it in the calls of its function, and of theirs."""
    program = code.program
    found = [Spelling(program.unit_of[op], program.scope_id(op), at, spelled(code, op))]
    newest = found
    for _ in range(CALLS):
        newest = [higher for one in newest for higher in _higher(code, one)]
        if not newest or len(found) + len(newest) > MOST:
            break
        found.extend(newest)
    return found


def lasting(shape: Shape) -> bool:
    """Whether an expression means the same in all functions: it is made of names of the module and of attributes of the object."""
    return shape[:1] not in (("param",), ("at",)) and all(lasting(part) for part in shape if isinstance(part, tuple))


def _higher(code: Code, one: Spelling) -> Iterator[Spelling]:
    """The same in each call of the function, its parameters filled in; nothing when it is made of none."""
    program, resolver = code.program, code.resolver
    used = _parameters(one.shape)
    if not used:
        return
    for call in sorted(resolver.callers.get(one.scope, ())):
        given: dict[int, Shape] = {}
        for parameter in sorted(used):
            handed = [a for a in program.args[call][1:] if a in resolver.sources.get(parameter, ())]
            if len(handed) == 1:
                given[parameter] = spelled(code, handed[0])
        if given.keys() == used:
            yield Spelling(program.unit_of[call], program.scope_id(call), call, _filled(one.shape, given))


def _parameters(shape: Shape) -> set[int]:
    if shape[:1] == ("param",):
        return {int(str(shape[1]))}
    return {name for part in shape if isinstance(part, tuple) for name in _parameters(part)}


def _filled(shape: Shape, given: dict[int, Shape]) -> Shape:
    if shape[:1] == ("param",):
        return given.get(int(str(shape[1])), shape)
    return tuple(_filled(part, given) if isinstance(part, tuple) else part for part in shape)
