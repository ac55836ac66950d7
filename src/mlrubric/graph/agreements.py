"""Checks that hold one part of the data against another by size alone: `len(X) == len(y)`, as many columns in both. They fail when the code
cuts its rows wrongly; of what came in they say nothing, since broken rows are as many on both sides."""

from __future__ import annotations

from mlrubric.graph.code import Code

COMING_IN = frozenset({"data.read", "artifact.download", "feature.serve"})
SIZES = frozenset({"shape", "size", "ndim"})
COUNT = ("external", "builtins.len")
HANDS = frozenset({"load", "attribute", "subscript", "assign"})  # names of one and the same value, or of a part of it
MOST = 8


def agrees(code: Code, conditions: tuple[int, ...]) -> bool:
    """Whether all that a check asks is that two parts of the data are of one size, none of which was made from the other."""
    if len(conditions) > 1 and all(_sized(code, c) >= 0 for c in conditions[:2]):
        return _apart(code, *conditions[:2])  # an assertion that is given both
    return bool(conditions) and all(_holds(code, c) for c in conditions)


def _holds(code: Code, condition: int) -> bool:
    facts, args = code.program.ops[condition], [a for a in code.program.args[condition] if a >= 0]
    if facts.kind == "boolean" or (facts.kind == "unary" and facts.name == "not"):
        return bool(args) and all(_holds(code, a) for a in args)
    return facts.kind == "compare" and len(args) == 2 and _apart(code, *args)


def _apart(code: Code, one: int, other: int) -> bool:
    sides = [_sized(code, side) for side in (one, other)]
    if min(sides) < 0 or not all(COMING_IN & code.about(side) for side in sides):
        return False
    behind = [_named(code, side) for side in sides]
    return all(not behind[i] & code.flow.reach([sides[1 - i]], back=True).keys() for i in (0, 1))


def _sized(code: Code, op: int) -> int:
    """The value whose size is taken, or -1: `len(X)`, `X.shape[0]`, `X.size`."""
    for _ in range(MOST):
        facts, args = code.program.ops[op], code.program.args[op]
        if facts.kind == "call" and len(args) == 2 and COUNT in code.resolver.of(args[0]):
            return args[1] if code.program.ops[args[1]].kind in HANDS else -1
        if facts.kind == "attribute" and facts.name in SIZES:
            return args[0] if code.program.ops[args[0]].kind in HANDS else -1
        if facts.kind not in ("subscript", "load", "assign") or not args or args[0] < 0:
            return -1
        op = args[0]
    return -1


def _named(code: Code, op: int) -> set[int]:
    """A value and where its name was given."""
    found = {op}
    if code.program.ops[op].kind == "load":
        found.update(a for a in code.program.args[op] if a >= 0)
    return found
