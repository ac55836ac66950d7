"""Folds of which one alone is used: a loop that leaves but its last one behind, the first that `next` takes, a shuffle of one round."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.parts.pieces import Split, holders

QUIET = frozenset({"data.derive", "log.write"})
NEXT = "builtins.next"


def one_fold(code: Code, split: Split) -> bool:
    """Whether the folds are a plain split: nobody trains, scores or collects inside of the loop that goes through them."""
    program = code.program
    if not split.pieces:
        return False
    loops = {program.innermost_loop(piece) for piece in split.pieces}
    if loops == {program.innermost_loop(split.op)}:
        taken = (use for holder, _ in holders(code, split.op) for use in code.flow.after(holder))
        return any((meaning := code.meanings.of(use)) is not None and meaning.api == NEXT for use in taken)
    if len(loops) != 1:
        return False
    (loop,) = loops
    inside = [op for op in _of_unit(code, split.op) if loop in program.blocks_around(op)]
    return bool(inside) and all(_quiet(code, op) for op in inside)


def _of_unit(code: Code, op: int) -> range:
    unit = code.program.unit(op)
    return range(unit.base, unit.base + len(unit.facts.ops))


def _quiet(code: Code, op: int) -> bool:
    """Whether an operation only takes rows, or says something."""
    kind = code.program.ops[op].kind
    if kind == "call":
        meaning = code.meanings.of(op)
        return meaning is not None and set(meaning.roles) <= QUIET and not code.resolver.targets.get(op)
    return kind not in ("yield", "return", "store_subscript", "store_attribute", "function", "comprehension")
