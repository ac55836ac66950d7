"""A text by lines: where they begin, what stands in them, and the offsets of places."""

from __future__ import annotations

import re
from bisect import bisect_right

from mlrubric.model.place import Span


class LineIndex:
    """Lines and columns count from 1, columns are code points, and only a line feed ends a line."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def __len__(self) -> int:
        return len(self._starts)

    def row(self, number: int) -> str:
        """A line without its end; "" when there is none of that number."""
        if not 0 < number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end]

    def indent(self, number: int) -> str:
        row = self.row(number)
        return row[: len(row) - len(row.lstrip())]

    def offset(self, line: int, column: int = 1) -> int:
        if line > len(self._starts):
            return len(self.text)
        return min(self._starts[line - 1] + column - 1, len(self.text))

    def line_of(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = self.line_of(offset)
        return line, offset - self._starts[line - 1] + 1

    def span_of(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        return Span(*self.position(start), *self.position(end))

    def offsets_of(self, span: Span) -> tuple[int, int]:
        return self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)

    def covered(self, span: Span) -> str:
        start, end = self.offsets_of(span)
        return self.text[start:end]

    def replaced(self, span: Span, new: str) -> str:
        """The text with something else in the place of what a span covers."""
        start, end = self.offsets_of(span)
        return self.text[:start] + new + self.text[end:]
