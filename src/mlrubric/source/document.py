"""One file as text: decoded, with a line index."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from mlrubric.model.place import Place, Span


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded text file. `text` has `\\n` line ends only; `encoding` is what it was decoded with, `bom` whether it had a mark."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    digest: str = ""  # of the bytes
    _starts: list[int] = field(default_factory=list, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def directory(self) -> str:
        return self.path.rsplit("/", 1)[0] if "/" in self.path else ""

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character offset."""
        if not self._starts:
            self._starts.append(0)
            self._starts.extend(found.end() for found in re.finditer("\n", self.text))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span between two character offsets."""
        return Span(*self.position(start), *self.position(end))

    def place(self, span: Span | None = None, symbol: str = "") -> Place:
        return Place(self.path, span or Span(1), symbol)

    def lines(self) -> list[str]:
        return self.text.split("\n")
