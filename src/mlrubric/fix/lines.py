"""Edits of a text by its lines, that keep what stands around them."""

from __future__ import annotations

from mlrubric.model.place import Span
from mlrubric.model.remedy import TextEdit
from mlrubric.source.lines import LineIndex


class Lines(LineIndex):
    __slots__ = ("path",)

    def __init__(self, path: str, text: str) -> None:
        super().__init__(text)
        self.path = path

    def edit(self, start: int, end: int, new: str) -> TextEdit:
        return TextEdit(self.path, start, end, new)

    def put(self, span: Span, new: str) -> TextEdit:
        """Something else in the place of what a span covers."""
        return self.edit(*self.offsets_of(span), new)

    def inserted_before(self, number: int, *rows: str) -> TextEdit:
        """New lines above a line."""
        start = self.offset(number)
        return self.edit(start, start, "".join(f"{row}\n" for row in rows))

    def inserted_after(self, number: int, *rows: str) -> TextEdit:
        """New lines below a line, also where the text ends without a line end."""
        if number >= len(self):
            return self.edit(len(self.text), len(self.text), "".join(f"\n{row}" for row in rows))
        return self.inserted_before(number + 1, *rows)

    def removed(self, first: int, last: int) -> TextEdit:
        """Whole lines taken away."""
        start, end = self.offset(first), self.offset(last + 1)
        if end == len(self.text) and last >= len(self) and start:
            start -= 1  # the line end before it goes instead of the one it has not
        return self.edit(start, end, "")
