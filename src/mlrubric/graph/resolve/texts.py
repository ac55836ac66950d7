"""Texts that are put together: formatted strings, concatenation, joined paths; operators on objects."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from operator import add, floordiv, mul, sub, truediv
from typing import TYPE_CHECKING

from mlrubric.graph.resolve import implicit, libraries
from mlrubric.graph.values import EMPTY, HOLE, Value, Values, concatenations, constant, join, texts

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver

ARITHMETIC: dict[str, Callable[[float, float], float]] = {"+": add, "-": sub, "*": mul, "/": truediv, "//": floordiv}
PERCENT = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[sdrfgix]")


def fstring(r: Resolver, op: int) -> Values:
    pieces, parts = r.program.ops[op].value, iter(r.program.args[op])
    assert isinstance(pieces, tuple)
    alternatives: list[list[str]] = []
    for piece in pieces:
        if piece is None:
            part = next(parts, -1)
            implicit.written(r, op, r.of(part))
            alternatives.append(libraries.spellings(r, part))
        else:
            alternatives.append([str(piece)])
    return concatenations(alternatives)


def _percent(r: Resolver, patterns: tuple[str, ...], argument: int) -> Values:
    """`"%s/%d.csv" % (a, b)`, as far as it is known."""
    items = r.program.args[argument] if r.program.ops[argument].kind == "container" else (argument,)
    found: list[Values] = []
    for pattern in patterns:
        holes = PERCENT.findall(pattern)
        pieces: list[list[str]] = []
        for index, literal in enumerate(PERCENT.split(pattern)):
            if index:
                pieces.append(libraries.spellings(r, items[index - 1]) if len(holes) == len(items) else [HOLE])
            pieces.append([literal])
        found.append(concatenations(pieces))
    return join(*found)


def _is_number(value: Value) -> bool:
    return value[0] == "const" and isinstance(value[1], int | float) and not isinstance(value[1], bool)


def _counted(name: str, left: Values, right: Values) -> Values:
    """Arithmetic on two numbers that are known."""
    if name not in ARITHMETIC or len(left) != 1 or len(right) != 1:
        return EMPTY
    a, b = next(iter(left)), next(iter(right))
    if not _is_number(a) or not _is_number(b):
        return EMPTY
    x, y = a[1], b[1]
    assert isinstance(x, int | float) and isinstance(y, int | float)
    try:
        return frozenset([constant(ARITHMETIC[name](x, y))])
    except (ArithmeticError, ValueError):
        return EMPTY


def binary(r: Resolver, op: int) -> Values:
    name, args = r.program.ops[op].name, r.program.args[op]
    left, right = r.of(args[0]), r.of(args[1]) if len(args) > 1 else EMPTY
    left_texts, right_texts = texts(left), texts(right)
    if name == "+" and (left_texts or right_texts):
        return concatenations([list(left_texts), list(right_texts)])
    if name == "/" and (right_texts or left_texts):
        joined = concatenations([list(left_texts), ["/"], list(right_texts)])
        paths = frozenset(("text", posixpath.normpath(str(v[1]))) for v in joined)
        return paths | frozenset(v for v in left | right if v == ("object", "pathlib.Path"))
    if name == "%" and left_texts:
        implicit.written(r, op, right)
        return _percent(r, left_texts, args[1])
    counted = _counted(name, left, right)
    if counted:
        return counted
    found: set[Value] = {v for v in left | right if v[0] == "object" and "path" not in str(v[1]).lower()}
    if name in ("+", "|", "*"):
        found |= {v for v in left | right if v[0] == "made"}
    called = implicit.operated(r, op, name, left, right)
    return join(frozenset(found), called) if called else frozenset(found)
