"""What mends a finding: texts to put in the place of others, and files to add."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class CellEdit:
    """The same change inside a notebook's cell: offsets count in the cell's own text."""

    cell: int
    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True, order=True)
class TextEdit:
    """`new` in the place of what stands between two character offsets of a file's text, whose line ends are `\\n`."""

    path: str
    start: int
    end: int
    new: str
    in_cell: CellEdit | None = None

    def overlaps(self, other: TextEdit) -> bool:
        """Whether the two cannot be made together: they share a character, or insert at the same place."""
        if self.path != other.path:
            return False
        return (self.start < other.end and other.start < self.end) or self.start == other.start


@dataclass(frozen=True, slots=True)
class NewFile:
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """All edits belong together. `safety`: safe when no number that a run produces can change, else unsafe."""

    title: str
    safety: str
    edits: tuple[TextEdit, ...] = ()
    files: tuple[NewFile, ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        return frozenset((*(edit.path for edit in self.edits), *(file.path for file in self.files)))


@dataclass(frozen=True, slots=True)
class Fixed:
    """A finding that was mended (or would be): the rule, where it stood, and what was done."""

    rule: str
    path: str
    line: int
    title: str
    safety: str
