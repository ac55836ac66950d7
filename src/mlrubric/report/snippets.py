"""Lines of the analysed files as they may be printed: credentials covered, control characters escaped, caret below the place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mlrubric.model.place import Place
from mlrubric.model.verdict import Finding
from mlrubric.source.escape import for_terminal
from mlrubric.source.notebook import Cell, cells_of
from mlrubric.source.secrets import Setting, hits_in, key_end
from mlrubric.source.syntax.node import SyntaxProblem

RULES_OF_CREDENTIALS = ("PRIV006", "DATA015")
BLOCK = 200  # lines that are searched together
LONGEST_LINE = 2_000  # what is behind is never printed


@dataclass(frozen=True, slots=True)
class Marked:
    """A line of text and the part of it that a caret line marks, by offset and length. `text` is "" when there is no such line."""

    text: str
    start: int
    length: int

    def window(self, width: int) -> Marked:
        """The part of the line around the marked part that fits into `width` characters."""
        if len(self.text) <= width:
            return self
        left = max(0, min(self.start - width // 3, len(self.text) - width + 1))
        head = "…" if left else ""
        room = width - len(head)
        tail = "…" if left + len(head) + room < len(self.text) else ""
        text = head + self.text[left + len(head) : left + len(head) + room - len(tail)] + tail
        start = max(0, min(self.start - left, len(text) - 1))
        return Marked(text, start, max(1, min(self.length, len(text) - start)))

    def stripped(self) -> Marked:
        """Without the indent."""
        indent = len(self.text) - len(self.text.lstrip())
        return Marked(self.text[indent:], max(0, self.start - indent), self.length)

    def carets(self) -> str:
        return " " * self.start + "^" * self.length


class Snippets:
    """Source lines by place; each file is split and searched for credentials once.

    Where a finding says that its span is a credential, the span is covered whatever the search thinks of it.
    """

    def __init__(self, texts: Callable[[str], str], findings: Iterable[Finding] = ()) -> None:
        self._texts = texts
        self._hidden = {(f.place.path, f.place.line): f.place.span for f in findings if f.rule in RULES_OF_CREDENTIALS}
        self._lines: dict[tuple[str, int], list[str]] = {}
        self._blocks: dict[tuple[str, int, int], list[str]] = {}
        self._cells: dict[str, tuple[Cell, ...]] = {}

    def marked(self, place: Place) -> Marked:
        """The line of a place with the span to mark; in a notebook the line of the cell."""
        raw = self.near(place, 0)
        start, end = self.columns(place)
        indent = len(raw) - len(raw.lstrip())
        start = min(max(start - 1, indent), len(raw))
        end = min(max(end - 1, start), len(raw)) if place.span.end_line == place.span.line else len(raw)
        before, middle, after = (printable(part) for part in (raw[:start], raw[start:end], raw[end:]))
        return Marked(before + middle + after, len(before), max(1, len(middle.rstrip())))

    def near(self, place: Place, distance: int) -> str:
        """The line `distance` lines below that of a place, credentials covered, nothing else escaped; "" where there is none."""
        index = (place.line if place.cell is None else place.cell_line or 1) - 1 + distance
        line = self._covered_line(place, index) if index >= 0 else ""
        hidden = self._hidden.get((place.path, place.line + distance))
        if hidden is None:
            return line
        if place.cell is not None or hidden.end_line != hidden.line:
            return "*" * len(line)
        start, end = hidden.column - 1, max(hidden.end_column - 1, hidden.column)
        return line[:start] + "*" * len(line[start:end]) + line[end:]

    def columns(self, place: Place) -> tuple[int, int]:
        """First and last column of a place as people count them: in a notebook inside the cell."""
        cell = self._cell(place)
        index = (place.cell_line or 1) - 1
        if cell is None or index >= len(cell.source.lines):
            return place.span.column, place.span.end_column
        raw = cell.source.lines[index]
        offsets = range(len(cell.source.text.split("\n")[index]) + 1)
        start, end = (bisect_left(offsets, column, key=raw.column_of) for column in (place.span.column, place.span.end_column))
        return start + 1, min(end, len(offsets) - 1) + 1

    def _cell(self, place: Place) -> Cell | None:
        if place.cell is None:
            return None
        if place.path not in self._cells:
            try:
                self._cells[place.path] = cells_of(self._texts(place.path))
            except SyntaxProblem:  # then nothing of it was analysed; the report says so in its own place
                self._cells[place.path] = ()
        cells = self._cells[place.path]
        return cells[place.cell - 1] if place.cell <= len(cells) else None

    def _covered_line(self, place: Place, index: int) -> str:
        """A line of the file or cell from 0. Only the lines around it are searched: a file may hold megabytes of saved images."""
        key = (place.path, place.cell or 0)
        if key not in self._lines:
            cell = self._cell(place)
            text = self._texts(place.path) if place.cell is None else cell.source.text if cell else ""
            self._lines[key] = text.split("\n")
        lines, number = self._lines[key], index // BLOCK
        if index >= len(lines):
            return ""
        if (*key, number) not in self._blocks:
            first = max(0, number - 1) * BLOCK  # with the block before: a private key has many lines
            block = "\n".join(line[:LONGEST_LINE] for line in lines[first : (number + 1) * BLOCK])
            self._blocks[(*key, number)] = covered(block).split("\n")[number * BLOCK - first :]
        return self._blocks[(*key, number)][index - number * BLOCK].rstrip("\r")


def printable(text: str) -> str:
    """One line of a file for a terminal: tabs are one blank wide, nothing moves the cursor."""
    return for_terminal(text.replace("\t", " "))


def covered(text: str) -> str:
    """The text with every credential as asterisks, so that columns and lines stay."""
    parts: list[str] = []
    last = 0
    for hit in hits_in(text, Setting.ENVIRONMENT):
        start, end = max(hit.start, last), max(hit.end, key_end(text, hit.start))  # of a key the header is reported, all of it is covered
        parts += [text[last:start], *("\n" if character == "\n" else "*" for character in text[start:end])]
        last = max(last, end)
    return "".join([*parts, text[last:]])
