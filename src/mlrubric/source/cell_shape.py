"""How a notebook's cell is written: what it says, how long it is, how long its comments are."""

from __future__ import annotations

import re

from mlrubric.model.documents import CellShape
from mlrubric.source.notebook import Cell

_TITLE = re.compile(r"\s{0,3}#(?!#)\s*\S|\s*<h1\b", re.IGNORECASE)
_HEADING = re.compile(r"\s{0,3}#{1,6}(?!#)|\s*<h[1-6]\b.*", re.IGNORECASE)
_RULE = re.compile(r"\s*([-=*_])(\s*\1)*\s*")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")


def shape_of(cell: Cell) -> CellShape:
    """The shape of one cell."""
    lines = [line.strip() for line in cell.source.text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    title, says, comments = False, "text", 0
    if not any(lines):
        says = "nothing"
    elif cell.kind == "markdown":
        title, says = _prose(lines)
    elif cell.kind == "heading":
        title, says = True, "heading"
    elif cell.kind == "code":
        comments = _comments(lines)
        says = "comment" if all(not line or line.startswith("#") for line in lines) else "code"
    return CellShape(cell.number, cell.source.lines[0].line, cell.kind, says, title, len(lines), comments, cell.tags)


def _prose(lines: list[str]) -> tuple[bool, str]:
    """Whether a title is among the lines, and whether there is more than headings."""
    title, text, fenced = False, False, False
    for index, line in enumerate(lines):
        below = lines[index + 1] if index + 1 < len(lines) else ""
        if _FENCE.match(line):
            fenced, text = not fenced, True
        elif fenced or not line or _RULE.fullmatch(line):
            continue
        elif _TITLE.match(line) or (below and not below.strip("=")):
            title = True
        elif not _HEADING.match(line) and (not below or below.strip("-")):
            text = True
    return title, "text" if text else "heading"


def _comments(lines: list[str]) -> int:
    """The longest run of lines that are comments."""
    longest = run = 0
    for line in lines:
        run = run + 1 if line.startswith("#") else 0
        longest = max(longest, run)
    return longest
