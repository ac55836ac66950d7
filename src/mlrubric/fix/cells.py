"""The code cells of a notebook from what its reader has told of their lines: the JSON is not taken apart once more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from mlrubric.fix.code import Code, parsed
from mlrubric.fix.lines import Lines
from mlrubric.model.python import PythonModule
from mlrubric.source.notebook import CellText, RawLine
from mlrubric.source.syntax.magics import plain_python

LINE = re.compile(r'(?:[^"\\\n]|\\(?![nr])[^\n])*')
WRITTEN_END = re.compile(r"(?:\\r)?(?:\\n)?")
ENDS = ("\\n", "\\r")  # line ends as JSON writes them


class Cells:
    """The cells of one notebook, each taken apart when it is asked for."""

    def __init__(self, path: str, text: str, module: PythonModule) -> None:
        self._host = Lines(path, text)
        self._rows: dict[int, list[tuple[int, int, int]]] = {}
        self._known: dict[int, Code | None] = {}
        for (line, cell, inner), column in zip(module.cells, module.cell_columns, strict=True):
            self._rows.setdefault(cell, []).append((inner, line, column))

    def code(self, number: int) -> Code | None:
        """The Python of a cell; None when it is none."""
        if number not in self._known:
            self._known[number] = self._taken_apart(number)
        return self._known[number]

    def before(self, number: int) -> Iterator[Code]:
        """The cells above one, the first one first."""
        return (code for one in sorted(self._rows) if one < number and (code := self.code(one)) is not None)

    def _taken_apart(self, number: int) -> Code | None:
        """A cell as Python sees it, with how much of each line stands before that: a magic."""
        said = _lines(self._host, [(line, column) for _, line, column in sorted(self._rows.get(number, []))])
        plain = plain_python("\n".join(seen for _, _, seen in said))
        tree = parsed(plain.text) if said else None
        if tree is None:
            return None
        source = CellText("\n".join(before + seen for _, before, seen in said), tuple(one for one, _, _ in said))
        shifts = dict(plain.shifts)
        given = {line: len(before) + shifts.get(line, 0) for line, (_, before, _) in enumerate(said, 1)}
        return Code(self._host.path, plain.text, tree, number, source, self._host, given, lambda: self.before(number))


def _lines(host: Lines, places: list[tuple[int, int]]) -> list[tuple[RawLine, str, str]]:
    """The lines of a cell: each raw line with its true beginning, what stands before the column, and what stands there, decoded; nothing
    when one cannot be taken apart."""
    found: list[tuple[RawLine, str, str]] = []
    row = ""
    for line, column in places:
        last = found[-1][0] if found else None
        if last is not None and (last.line, last.column + len(last.raw)) == (line, column):
            ended = WRITTEN_END.match(host.row(line), column - 1)
            found.append(
                (RawLine(line, ended.end() + 1 if ended is not None else column, ""), "", "")
            )  # nothing stands behind the last line end
            continue
        row = row if last is not None and last.line == line else host.row(line)
        if row[column - 1 : column + 1] == "[]":
            return []  # a cell without a line
        start = _beginning(row, column - 1)
        whole = LINE.match(row, start)
        if whole is None or not start:
            return []
        try:
            before, seen = (json.loads(f'"{part}"') for part in (row[start : column - 1], row[column - 1 : whole.end()]))
        except ValueError:
            return []
        found.append((RawLine(line, start + 1, whole[0]), str(before), str(seen)))
    return found


def _beginning(row: str, end: int) -> int:
    """Where the line of a cell begins that a raw line holds: behind the nearest quote or written line end; 0 when there is none."""
    for at in range(end, 0, -1):
        if row[at - 1] == '"' and not _escaped(row, at - 1):
            return at
        if row[max(at - 2, 0) : at] in ENDS and not _escaped(row, at - 2):
            return at
    return 0


def _escaped(row: str, at: int) -> bool:
    """Whether a backslash stands before a place that is not itself written with one."""
    before = at
    while before and row[before - 1] == "\\":
        before -= 1
    return (at - before) % 2 == 1
