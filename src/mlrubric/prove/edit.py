"""Changes of texts by line and column, and what a mutator needs to find its place."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from mlrubric.model.place import Place, Span
from mlrubric.source.lines import LineIndex


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: where, in words, and the new texts of the files that it touches (None: the file is not there any more)."""

    place: Place
    words: str
    texts: Mapping[str, str | None]


def one(path: str, line: int, words: str, text: str) -> Edit:
    """An edit of one file."""
    return Edit(Place(path, Span(line)), words, {path: text})


def replaced(text: str, span: Span, new: str) -> str:
    """The text with what a span covers replaced."""
    return LineIndex(text).replaced(span, new)


def covered(text: str, span: Span) -> str:
    return LineIndex(text).covered(span)


def with_lines(text: str, first: int, last: int, new: list[str]) -> str:
    """The text with the lines `first` to `last` (from 1, both included; none when last < first) replaced."""
    rows = text.split("\n")
    return "\n".join([*rows[: first - 1], *new, *rows[last:]])


def line(text: str, number: int) -> str:
    return LineIndex(text).row(number)


def indent(text: str, number: int) -> str:
    """The white space at the beginning of a line; the dash of a YAML item counts as white space."""
    return LineIndex(text).indent(number)


def statement(text: str, number: int) -> ast.stmt | None:
    """The simple statement of a Python text that stands on a line; None when there is none, or the text is no Python 3."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    simple = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body")]
    around = [node for node in simple if node.lineno <= number <= (node.end_lineno or node.lineno)]
    return max(around, key=lambda node: node.lineno, default=None)


def first_line_of_code(text: str) -> int:
    """The line before which an import may be put: behind the docstring and imports from `__future__`."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return 1
    last = 0
    for node in tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node is tree.body[0]
        if docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            last = node.end_lineno or node.lineno
            continue
        break
    return last + 1
