"""One file as text: decoded, with a line index."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlrubric.model.place import Place, Span
from mlrubric.source.lines import LineIndex


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded text file. `text` has `\\n` line ends only; `encoding` is what it was decoded with, `bom` whether it had a mark."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    digest: str = ""  # of the bytes
    _index: list[LineIndex] = field(default_factory=list, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def directory(self) -> str:
        return self.path.rsplit("/", 1)[0] if "/" in self.path else ""

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character offset."""
        if not self._index:
            self._index.append(LineIndex(self.text))
        return self._index[0].position(offset)

    def span(self, start: int, end: int) -> Span:
        """The span between two character offsets."""
        return Span(*self.position(start), *self.position(end))

    def place(self, span: Span | None = None, symbol: str = "") -> Place:
        return Place(self.path, span or Span(1), symbol)

    def lines(self) -> list[str]:
        return self.text.split("\n")
