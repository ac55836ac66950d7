"""Where something stands: symbolic first, line and column when printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A region of a text file; lines and columns count from 1, columns are code points, the end is exclusive."""

    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0

    def __post_init__(self) -> None:
        if not self.end_line:
            object.__setattr__(self, "end_line", self.line)
        if not self.end_column:
            object.__setattr__(self, "end_column", self.column)

    def meets(self, other: Span) -> bool:
        """Whether the two share a character; one of no width counts where it stands."""
        first, last = sorted((self, other))
        if last.line != first.end_line or first.line != first.end_line:
            return last.line <= first.end_line  # the last line of several counts as a whole: its end is not always known
        return last.column < first.end_column or last.column == first.column


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the repository.

    `path` is relative to the root with forward slashes. `symbol` is the stable name of the place: a key route in
    YAML (`jobs.test.steps[2].run`), a dotted name in Python (`train.main`), a cell (`cell 3`). `cell` and
    `cell_line` are set for notebooks only: cells count from 1 over all cells, lines from 1 inside the cell, while
    `span` speaks of the raw `.ipynb` file. `repository` is set in reports, for a file of another repository of the system; `path` leads
    there from the root of this one.
    """

    path: str
    span: Span = Span(1)
    symbol: str = ""
    cell: int | None = None
    cell_line: int | None = None
    repository: str = ""

    @property
    def line(self) -> int:
        return self.span.line

    def __str__(self) -> str:
        if self.cell is not None:
            return f"{self.path}:cell {self.cell}:{self.cell_line or 1}"
        return f"{self.path}:{self.span.line}"
