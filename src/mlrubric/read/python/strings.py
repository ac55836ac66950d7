"""Joined and formatted strings: one constant or one `fstring` for all pieces that stand side by side."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from mlrubric.read.python.builder import Builder
from mlrubric.read.python.dispatch import EXPRESSIONS, expression
from mlrubric.read.python.positions import NOWHERE, MismatchError, Twin

# t-strings came to libcst late
_TEMPLATED: tuple[type[cst.BaseExpression], ...] = tuple(getattr(cst, n) for n in ("TemplatedString",) if hasattr(cst, n))
_HOLES: tuple[type[cst.CSTNode], ...] = tuple(
    getattr(cst, n) for n in ("FormattedStringExpression", "TemplatedStringExpression") if hasattr(cst, n)
)


@expression(cst.ConcatenatedString)
def joined(b: Builder, node: cst.ConcatenatedString, at: Twin) -> int:
    pieces = list(_pieces(node))
    if all(isinstance(piece, cst.SimpleString) for piece in pieces):
        return b.emit("const", node, at, "", (), node.evaluated_value if at is NOWHERE else at.value)
    return _formatted(b, node, pieces, at)


@expression(cst.FormattedString, *_TEMPLATED)
def formatted(b: Builder, node: cst.BaseExpression, at: Twin) -> int:
    return _formatted(b, node, [node], at)


def _formatted(b: Builder, node: cst.BaseExpression, pieces: Sequence[cst.BaseExpression], at: Twin) -> int:
    holes = [hole for piece in pieces for hole in _holes(getattr(piece, "parts", ()))]
    if at is NOWHERE:
        shape, twins = _shape(pieces), [NOWHERE] * len(holes)
    else:
        shape = tuple(str(v.value) if isinstance(v, ast.Constant) else None for v in at.values)
        twins = [v for v in at.values if not isinstance(v, ast.Constant)]
        if len(twins) != len(holes):
            raise MismatchError
    args = tuple(_hole(b, hole, twin) for hole, twin in zip(holes, twins, strict=True))
    if not args:
        return b.emit("const", node, at, "", (), "".join(text or "" for text in shape))
    return b.emit("fstring", node, at, "", args, shape)


def _holes(parts: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    return [part for part in parts if isinstance(part, _HOLES)]


def _hole(b: Builder, hole: cst.CSTNode, at: Twin) -> int:
    written = getattr(hole, "expression")  # noqa: B009 - two classes of one shape
    op = EXPRESSIONS[written.__class__](b, written, at.value)
    inner = _holes(getattr(hole, "format_spec", None) or ())
    if inner:
        twins = NOWHERE if at is NOWHERE else [v for v in at.format_spec.values if not isinstance(v, ast.Constant)]
        for number, part in enumerate(inner):
            _hole(b, part, twins[number])
    return op


def _pieces(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    while isinstance(node, cst.ConcatenatedString):
        yield node.left
        node = node.right
    yield node


def _shape(pieces: Sequence[cst.BaseExpression]) -> tuple[str | None, ...]:
    """The text pieces of strings without a twin, with None for each hole."""
    result: list[str | None] = []
    for piece in pieces:
        if isinstance(piece, cst.SimpleString):
            result.append(str(piece.evaluated_value))
            continue
        prefix = str(getattr(piece, "prefix", "")).lower().replace("f", "").replace("t", "")
        for part in getattr(piece, "parts", ()):
            result.append(None if isinstance(part, _HOLES) else _text(prefix, str(getattr(part, "value", ""))))
    merged: list[str | None] = []
    for text in result:
        if text is not None and merged and merged[-1] is not None:
            merged[-1] += text
        elif text != "":
            merged.append(text)
    return tuple(merged)


def _text(prefix: str, raw: str) -> str:
    raw = raw.replace("{{", "{").replace("}}", "}")
    if "\\" not in raw or "r" in prefix:
        return raw
    quoted = '"""' + raw.replace('"', '\\"') + '"""' if '\\"' not in raw else '"""' + raw + ' """'
    try:
        return str(ast.literal_eval(quoted)).removesuffix(" " if '\\"' in raw else "")
    except (SyntaxError, ValueError):
        return raw
