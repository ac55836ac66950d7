"""Columns that are picked or made by name in code: `frame["tenure"]`, `frame["is_new"] = ...`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.graph.code import Code

FRAMES = frozenset({"data.read", "data.derive", "data.synthetic", "data.join", "data.validate", "feature.serve", "data.split"})
PICKS = ("subscript", "store_subscript")
MOST = 200


def columns_behind(code: Code, ops: Iterable[int]) -> tuple[str, ...]:
    """The columns on the way to some operations, in order of name."""
    found: set[str] = set()
    for back in code.flow.reach(list(ops), back=True):
        found.update(_picked(code, back))
        if len(found) > MOST:
            break
    return tuple(sorted(found)[:MOST])


def makers_of(code: Code, column: str) -> list[int]:
    """The operations that make a column of this name; where none does, those that pick it."""
    picking: dict[str, list[int]] = {kind: [] for kind in PICKS}
    for op, facts in enumerate(code.program.ops):
        if facts.kind in PICKS and not code.tested(op) and column in _picked(code, op):
            picking[facts.kind].append(op)
    return picking["store_subscript"] or picking["subscript"]


def _picked(code: Code, op: int) -> Iterator[str]:
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind not in PICKS or len(args) < 2 or args[1] < 0:
        return
    parts = code.program.args[args[1]] if code.program.ops[args[1]].kind == "container" else (args[1],)
    texts = [str(v[1]) for part in parts if part >= 0 for v in code.resolver.of(part) if v[0] == "text"]
    if texts and FRAMES & code.about(args[0]):
        yield from texts
