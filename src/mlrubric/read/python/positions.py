"""Where a node stands: the `ast` tree of the same text walked side by side, or libcst's provider where that fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from mlrubric.model.place import Place, Span
from mlrubric.model.python import Op, Scope

Twin = Any  # the `ast` node of the same piece of text, or NOWHERE


class MismatchError(Exception):
    """The two trees of one text differ in shape; the file is walked again with the provider's positions."""


class _Nowhere:
    """Stands for every `ast` node when there is no `ast` tree: its parts are itself, in any number."""

    def __getattr__(self, name: str) -> _Nowhere:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, index: object) -> _Nowhere:
        return self

    def __add__(self, other: object) -> _Nowhere:
        return self

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[_Nowhere]:
        return repeat(self)


NOWHERE: Twin = _Nowhere()


@dataclass(frozen=True, slots=True)
class Source:
    """The text to read and where it lies in its host file (see `Embedded` for `lines` and `cells`)."""

    path: str
    text: str
    owner: str = ""
    place: Place | None = None
    lines: tuple[tuple[int, int], ...] = ()
    cells: tuple[tuple[int, int], ...] = ()

    def host(self, line: int, column: int) -> tuple[int, int]:
        """Line and column in the host file of a position in the text."""
        if not self.lines:
            return line, column
        if line <= len(self.lines):
            first, indent = self.lines[line - 1]
            return first, indent + column - 1
        return self.lines[-1][0] + line - len(self.lines), column

    def at(self, line: int, column: int = 1) -> Place:
        raw = Span(*self.host(line, column))
        if self.cells and line:
            cell, cell_line = self.cells[min(line, len(self.cells)) - 1]
            return Place(self.path, raw, f"cell {cell}", cell, cell_line)
        return Place(self.path, raw, self.owner)


class Columns:
    """Turns byte columns into code points on lines that need it, and text positions into host positions."""

    def __init__(self, source: Source, bytes_count: bool) -> None:
        self.source = source
        self.wide: dict[int, bytes] = {}
        if bytes_count and not source.text.isascii():
            self.wide = {n: line.encode() for n, line in enumerate(source.text.split("\n"), 1) if not line.isascii()}

    def position(self, line: int, column: int) -> tuple[int, int]:
        encoded = self.wide.get(line)
        if encoded is not None:
            column = len(encoded[: column - 1].decode(errors="ignore")) + 1
        return self.source.host(line, column)

    def ops(self, ops: list[Op]) -> tuple[Op, ...]:
        if not self.wide and not self.source.lines:
            return tuple(ops)
        if self.source.lines:
            return tuple(self._moved(op) for op in ops)
        wide = self.wide
        return tuple(self._moved(op) if op.line in wide or op.end_line in wide else op for op in ops)

    def _moved(self, op: Op) -> Op:
        line, column = self.position(op.line, op.column)
        end_line, end_column = self.position(op.end_line, op.end_column)
        return op._replace(line=line, column=column, end_line=end_line, end_column=end_column)

    def scope(self, scope: Scope) -> Scope:
        line, column = self.position(scope.line, scope.column)
        return scope._replace(line=line, column=column, end_line=self.position(scope.end_line, 1)[0])
