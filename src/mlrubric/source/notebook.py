"""A Jupyter notebook (format 2 to 4) as cells whose text knows where in the raw file it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from mlrubric.model.place import Span
from mlrubric.source.lines import LineIndex
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import Node, SyntaxProblem

_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
_BREAK = re.compile(r"(?:\\r\\n|\\n|\\r)")


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line of a cell: where it starts in the file, and how it is written there (with its JSON escapes)."""

    line: int
    column: int
    raw: str

    def column_of(self, offset: int) -> int:
        """The file's column of the character at `offset` of the decoded line."""
        position, seen = 0, 0
        while seen < offset and position < len(self.raw):
            escape = _ESCAPE.match(self.raw, position)
            position = escape.end() if escape else position + 1
            seen += 1
        return self.column + position


@dataclass(frozen=True, slots=True)
class CellText:
    """Decoded text with `\\n` line ends, and the raw line behind each of its lines."""

    text: str
    lines: tuple[RawLine, ...]
    _index: list[LineIndex] = field(default_factory=list, repr=False, compare=False)

    @property
    def index(self) -> LineIndex:
        if not self._index:
            self._index.append(LineIndex(self.text))
        return self._index[0]

    def line_of(self, offset: int) -> int:
        """The line, from 1, of a character offset."""
        return self.index.line_of(offset)

    def span(self, start: int, end: int) -> Span:
        """The raw span between two character offsets; the end may stand on another raw line."""
        (first, start_column), (last, end_column) = self.index.position(start), self.index.position(end)
        head, tail = self.lines[first - 1], self.lines[last - 1]
        return Span(head.line, head.column_of(start_column - 1), tail.line, tail.column_of(end_column - 1))


@dataclass(frozen=True, slots=True)
class Cell:
    """`number` counts over all cells from 1. `printed` are the texts among the outputs, tracebacks left out."""

    number: int
    kind: str  # code | markdown | raw | heading | ""
    source: CellText
    span: Span
    language: str = ""
    count: int | None = None
    outputs: bool = False
    error: bool = False
    printed: tuple[CellText, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notebook:
    """`language` and `kernel` are "" when the file does not say."""

    version: int
    language: str
    kernel: str
    cells: tuple[Cell, ...]


def cells_of(text: str) -> tuple[Cell, ...]:
    """The cells of a notebook; raises SyntaxProblem as `parse` does."""
    return parse(text).cells


@lru_cache(maxsize=1)  # the notebook reader and the secret reader ask one after the other
def parse(text: str) -> Notebook:
    """Raises SyntaxProblem when the text is no JSON or no notebook."""
    if text.startswith("version https://git-lfs"):
        raise SyntaxProblem("only a git-lfs pointer is here, not the notebook")
    root = json.parse(text, opaque=lambda key: "/" in key and key != "text/plain")  # pictures, plots, HTML
    if root.kind != "map" or not (root.get("nbformat") or root.get("cells") or root.get("worksheets")):
        raise SyntaxProblem("JSON, but no notebook: neither nbformat nor cells", root.span.line, root.span.column)
    metadata = root.get("metadata") or root
    language = metadata.scalar("language_info", "name") or metadata.scalar("kernelspec", "language") or metadata.scalar("language")
    kernel = metadata.scalar("kernelspec", "name") or metadata.scalar("kernelspec", "display_name")
    version = root.scalar("nbformat")
    lines = text.split("\n")
    nodes = list(_cell_nodes(root))
    cells = tuple(_cell(number, node, lines) for number, node in enumerate(nodes, 1))
    return Notebook(int(version) if version.isdigit() else 4, language.lower(), kernel, cells)


def _cell_nodes(root: Node) -> Iterator[Node]:
    cells = root.get("cells")
    if cells is not None:
        yield from cells.items
    worksheets = root.get("worksheets")
    for sheet in worksheets.items if worksheets is not None else ():
        inner = sheet.get("cells")
        if inner is not None:
            yield from inner.items


def _cell(number: int, node: Node, lines: list[str]) -> Cell:
    source = node.get("source") or node.get("input")
    outputs = node.get("outputs")
    items = outputs.items if outputs is not None else ()
    count = node.scalar("execution_count") or node.scalar("prompt_number")
    return Cell(
        number,
        node.scalar("cell_type"),
        _text(source, node.span, lines),
        node.span,
        node.scalar("language"),
        (int(count) or None) if count.isdigit() else None,  # Databricks writes 0 for all
        bool(items),
        any(item.scalar("output_type") in ("error", "pyerr") for item in items),
        tuple(_text(printed, item.span, lines) for item in items if (printed := _printed(item)) is not None),
        tuple(tag.text for tag in tags.items) if (tags := node.get("metadata", "tags")) is not None else (),
    )


def _printed(output: Node) -> Node | None:
    return output.get("text") or output.get("data", "text/plain")


def _text(node: Node | None, fallback: Span, lines: list[str]) -> CellText:
    """The text of a string or a list of strings, cut into lines with the place of each."""
    parts = node.items if node is not None and node.kind == "list" else (node,) if node is not None else ()
    decoded: list[str] = []
    raw_lines: list[RawLine] = []
    open_line = False  # the last line so far has no end yet: the next string goes on with it
    for part in parts:
        if part.kind != "string":
            continue
        decoded.append(part.text)
        column = part.span.column + 1
        raw = lines[part.span.line - 1][column - 1 : part.span.end_column - 2]
        position = 0
        for match in _line_breaks(raw):
            if not open_line:
                raw_lines.append(RawLine(part.span.line, column + position, raw[position : match[0]]))
            position, open_line = match[1], False
        if position < len(raw):
            if not open_line:
                raw_lines.append(RawLine(part.span.line, column + position, raw[position:]))
            open_line = True
    text = "".join(decoded).replace("\r\n", "\n").replace("\r", "\n")
    if not open_line:  # an empty text, or an end of line with nothing behind it
        last = raw_lines[-1] if raw_lines else None
        place = (last.line, last.column + len(last.raw)) if last else _start(node, fallback)
        raw_lines.append(RawLine(*place, ""))
    return CellText(text, tuple(raw_lines))


def _line_breaks(raw: str) -> Iterator[tuple[int, int]]:
    """Start and end of each escaped line end, an escaped backslash before an n being none."""
    position = 0
    while (position := raw.find("\\", position)) >= 0:
        end = _BREAK.match(raw, position)
        if end:
            yield position, end.end()
            position = end.end()
        else:
            position += 2


def _start(node: Node | None, fallback: Span) -> tuple[int, int]:
    span = node.span if node is not None else fallback
    return span.line, span.column
