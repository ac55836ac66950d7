"""The Python of a file, or of one cell of a notebook, by the places of its expressions and statements.

The tree is that of `ast`: it has the places at once, and a whole run plans a fix for every finding. What an edit leaves is read by the
readers' own parser before it is written.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from mlrubric.fix.lines import Lines
from mlrubric.model.place import Span
from mlrubric.model.remedy import CellEdit, TextEdit
from mlrubric.source.notebook import CellText, RawLine

T = TypeVar("T", bound=ast.AST)
Key = tuple[int, int, int, int]


@dataclass(slots=True)
class Code:
    """`text` is what Python sees. In a notebook `source` is the cell with its raw lines, and `shifts` say how far magics moved a line."""

    path: str
    text: str
    tree: ast.Module
    cell: int | None = None
    source: CellText | None = None
    host: Lines | None = None
    shifts: dict[int, int] = field(default_factory=dict)
    above_cell: Callable[[], Iterable[Code]] | None = None  # the cells above this one
    lines: Lines = field(init=False)
    _wide: dict[int, bytes] = field(init=False)
    _nodes: dict[Key, list[ast.AST]] | None = None
    _parents: dict[ast.AST, ast.AST] | None = None

    def __post_init__(self) -> None:
        self.lines = Lines(self.path, self.text)
        rows = self.text.split("\n") if not self.text.isascii() else []
        self._wide = {number: row.encode() for number, row in enumerate(rows, 1) if not row.isascii()}

    # ---- places -------------------------------------------------------------------------------------------------

    def span(self, node: ast.AST) -> Span:
        """Where a node stands in `text`, in code points."""
        line, end_line = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        return Span(
            line,
            self._column(line, getattr(node, "col_offset", 0)),
            end_line,
            self._column(end_line, getattr(node, "end_col_offset", 0)),
        )

    def _column(self, line: int, width: int) -> int:
        encoded = self._wide.get(line)
        return (width if encoded is None else len(encoded[:width].decode(errors="ignore"))) + 1

    def said(self, node: ast.AST) -> str:
        return self.lines.covered(self.span(node))

    def start(self, node: ast.AST) -> int:
        return self.lines.offsets_of(self.span(node))[0]

    def end(self, node: ast.AST) -> int:
        return self.lines.offsets_of(self.span(node))[1]

    def inside(self, span: Span) -> Span:
        """A place of the file as one of `text`."""
        if self.source is None:
            return span
        start, end = self._inner(span.line, span.column), self._inner(span.end_line, span.end_column)
        return Span(*start, *end)

    def _inner(self, line: int, column: int) -> tuple[int, int]:
        assert self.source is not None
        best: tuple[int, RawLine] | None = None
        for number, raw in enumerate(self.source.lines, 1):
            if raw.line == line and raw.column <= column:
                best = (number, raw)
        if best is None:
            return 1, 1
        number, raw = best
        return number, column - raw.column + 1 - self.shifts.get(number, 0)  # as the reader counts: without JSON's escapes

    # ---- nodes --------------------------------------------------------------------------------------------------

    def find(self, span: Span, kind: type[T]) -> T | None:
        """The node of a kind that stands exactly at a place of the file."""
        if self._nodes is None:
            self._nodes = {}
            for node in ast.walk(self.tree):
                if isinstance(node, (ast.expr, ast.stmt)):
                    at = self.span(node)
                    self._nodes.setdefault((at.line, at.column, at.end_line, at.end_column), []).append(node)
        at = self.inside(span)
        found = self._nodes.get((at.line, at.column, at.end_line, at.end_column), [])
        return next((node for node in found if isinstance(node, kind)), None)

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, the innermost first."""
        if self._parents is None:
            self._parents = {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}
        while node in self._parents:
            node = self._parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The statement that a node belongs to."""
        if isinstance(node, ast.stmt):
            return node
        return next((above for above in self.parents(node) if isinstance(above, ast.stmt)), None)

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements of the block that a statement stands in."""
        parent = next(self.parents(statement), self.tree)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and statement in block:
                return block
        return []

    def alone(self, statement: ast.stmt) -> bool:
        """Whether nothing else stands on the lines of a statement: no semicolon, no head of a block before it."""
        span = self.span(statement)
        before = self.lines.row(span.line)[: span.column - 1]
        after = self.lines.row(span.end_line)[span.end_column - 1 :].strip()
        return not before.strip() and (not after or after.startswith("#")) and not self._continued(span.line)

    def _continued(self, line: int) -> bool:
        return self.lines.row(line - 1).rstrip().endswith("\\")

    def first_line(self, statement: ast.stmt) -> int:
        """The first line of a statement, with its decorators."""
        decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
        return min([statement.lineno, *(one.lineno for one in decorators)])

    # ---- edits --------------------------------------------------------------------------------------------------

    def edit(self, start: int, end: int, new: str) -> TextEdit:
        """An edit between two offsets of `text`, as one of the file."""
        if self.source is None or self.host is None:
            return TextEdit(self.path, start, end, new)
        first, last = self._in_cell(start), self._in_cell(end)
        span = self.source.span(first, last)
        raw_start, raw_end = self.host.offsets_of(span)
        return TextEdit(self.path, raw_start, raw_end, self._raw(new, span.line), CellEdit(self.cell or 0, first, last, new))

    def _in_cell(self, offset: int) -> int:
        """The offset in the cell of an offset in what Python sees of it."""
        assert self.source is not None
        line, column = self.lines.position(offset)
        return self.source.index.offset(line, column + self.shifts.get(line, 0))

    def _raw(self, new: str, line: int) -> str:
        """A text as the notebook writes it: with JSON's escapes, and a new string for every line where lines are strings."""
        assert self.source is not None and self.host is not None
        escaped = json.dumps(new, ensure_ascii=self.host.text.isascii())[1:-1]
        first = self.source.lines[0]
        quote = before = self.host.offset(first.line, first.column) - 1
        while before > 0 and self.host.text[before - 1].isspace():
            before -= 1
        if "\\n" not in escaped or self.host.text[before - 1] == ":":
            return escaped  # a cell that is one string
        own = self.host.text[before:quote].count("\n")
        return escaped.replace("\\n", '\\n",' + (f'\n{self.host.indent(line)}"' if own else ' "'))

    def _moved(self, edit: TextEdit) -> TextEdit:
        """An edit of `text` as one of the file."""
        return self.edit(edit.start, edit.end, edit.new)

    def replaced(self, node: ast.AST, new: str) -> TextEdit:
        return self.edit(self.start(node), self.end(node), new)

    def above(self, line: int, *rows: str) -> TextEdit:
        """New lines above a line of `text`."""
        return self._moved(self.lines.inserted_before(line, *rows))

    def below(self, line: int, *rows: str) -> TextEdit:
        """New lines below a line of `text`. A cell that ends with a line end keeps it: no string comes behind that."""
        if self.source is not None and line == len(self.lines) - 1 and not self.lines.row(line + 1):
            end = self.lines.offset(line) + len(self.lines.row(line))
            return self.edit(end, end, "".join(f"\n{row}" for row in rows))
        return self._moved(self.lines.inserted_after(line, *rows))

    def without(self, first: int, last: int) -> TextEdit:
        """Whole lines of `text` taken away."""
        return self._moved(self.lines.removed(first, last))


def parsed(text: str) -> ast.Module | None:
    """The tree of a text; None when it is no Python 3."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
