"""A line that a person names, as every screen prints it: `FILE:LINE`, `FILE:LINE:COLUMN`, and in a notebook `FILE:cell N:LINE`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlrubric.model.place import Place, Span
from mlrubric.report.words import plural
from mlrubric.source.notebook import Cell, cells_of
from mlrubric.source.syntax.node import SyntaxProblem

NAMED = re.compile(r"(?P<file>.+?):(?:cell (?P<cell>\d+)(?::(?P<inner>\d+))?|(?P<line>\d+))(?::\d+)?")
WIDEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Named:
    """What was written. `cell` is None for a line of the file, `line` then counts from its top; `line` 0 is the whole cell."""

    file: str
    cell: int | None
    line: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where that is in the raw text. `name` is how the screen calls it."""

    path: str
    span: Span
    name: str
    blank: bool = False

    def touches(self, place: Place) -> bool:
        return place.path == self.path and self.span.meets(place.span)

    def begins(self, place: Place) -> bool:
        return place.path == self.path and self.span.meets(Span(place.span.line, place.span.column))


def named(text: str) -> Named | None:
    """None when the text is no place."""
    match = NAMED.fullmatch(text)
    if match is None:
        return None
    if match["cell"] is not None:
        return Named(match["file"], int(match["cell"]), int(match["inner"] or 0))
    return Named(match["file"], None, int(match["line"]))


def spot_in(path: str, text: str, where: Named) -> Spot | str:
    """The spot in the text of a file, or what is wrong with the place."""
    if where.cell is not None:
        return _in_cell(path, text, where.cell, where.line)
    lines = text.removesuffix("\n").split("\n") if text else []
    name = f"{path}:{where.line}"
    if not 1 <= where.line <= len(lines):
        return f"{path} has {plural(len(lines), 'line')}: there is no line {where.line}"
    return Spot(path, Span(where.line, 1, where.line, WIDEST), name, not lines[where.line - 1].strip())


def _in_cell(path: str, text: str, number: int, line: int) -> Spot | str:
    try:
        cells: tuple[Cell, ...] = cells_of(text)
    except SyntaxProblem:
        return f"{path} is no notebook that can be read: it has no cells"
    if not 1 <= number <= len(cells):
        return f"{path} has {plural(len(cells), 'cell')}: there is no cell {number}"
    source = cells[number - 1].source
    name = f"{path}:cell {number}"
    asked = source.lines[max(line, 1) - 1 : line or None]
    if not asked:
        return f"{name} has {plural(len(source.lines), 'line')}: there is no line {line}"
    start, end = asked[0], asked[-1]
    written = source.text.split("\n")[max(line, 1) - 1 : line or None]
    span = Span(start.line, start.column, end.line, end.column + len(end.raw))
    return Spot(path, span, f"{name}:{line}" if line else name, not "".join(written).strip())
