"""A text by lines: offsets of places, and edits of lines that keep what stands around them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from mlrubric.model.place import Span
from mlrubric.model.remedy import TextEdit


@dataclass(slots=True)
class Lines:
    """Lines and columns count from 1, columns are code points."""

    path: str
    text: str
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", self.text))]

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

    def place(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        first, last = self.line_of(start), self.line_of(end)
        return Span(first, start - self._starts[first - 1] + 1, last, end - self._starts[last - 1] + 1)

    def span(self, span: Span) -> tuple[int, int]:
        return self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)

    def covered(self, span: Span) -> str:
        start, end = self.span(span)
        return self.text[start:end]

    # ---- edits --------------------------------------------------------------------------------------------------

    def edit(self, start: int, end: int, new: str) -> TextEdit:
        return TextEdit(self.path, start, end, new)

    def replaced(self, span: Span, new: str) -> TextEdit:
        return self.edit(*self.span(span), new)

    def inserted_before(self, number: int, *rows: str) -> TextEdit:
        """New lines above a line."""
        start = self.offset(number)
        return self.edit(start, start, "".join(f"{row}\n" for row in rows))

    def inserted_after(self, number: int, *rows: str) -> TextEdit:
        """New lines below a line, also where the text ends without a line end."""
        if number >= len(self._starts):
            new = "".join(f"\n{row}" for row in rows)
            return self.edit(len(self.text), len(self.text), new)
        return self.inserted_before(number + 1, *rows)

    def removed(self, first: int, last: int) -> TextEdit:
        """Whole lines taken away."""
        start, end = self.offset(first), self.offset(last + 1) if last < len(self._starts) else len(self.text)
        if end == len(self.text) and last >= len(self._starts) and start:
            start -= 1  # the line end before it goes instead of the one it has not
        return self.edit(start, end, "")
