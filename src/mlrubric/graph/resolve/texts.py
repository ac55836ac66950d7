"""Texts that are put together: formatted strings, concatenation, joined paths; operators on objects."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlrubric.graph.resolve import implicit, libraries
from mlrubric.graph.values import EMPTY, HOLE, Value, Values, concatenations, join, texts

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver

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
        return frozenset(("text", PERCENT.sub(HOLE, t)) for t in left_texts)
    found: set[Value] = {v for v in left | right if v[0] == "object" and "path" not in str(v[1]).lower()}
    if name in ("+", "|", "*"):
        found |= {v for v in left | right if v[0] == "made"}
    called = implicit.operated(r, op, name, left, right)
    return join(frozenset(found), called) if called else frozenset(found)
