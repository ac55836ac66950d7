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
BEGINNING = re.compile(r'(?:^|[^\\])(?:\\\\)*(?:"|\\n|\\r)')


def codes_of_notebook(path: str, text: str, module: PythonModule) -> Iterator[Code]:
    """Each cell that is Python; `shifts` say how much of a line stands before what the reader gave: a magic."""
    host = Lines(path, text)
    columns = dict(zip(module.cells, module.cell_columns, strict=True))
    numbers = sorted({cell for _, cell, _ in module.cells})
    rows: dict[int, list[tuple[int, int, int]]] = {number: [] for number in numbers}
    for line, cell, inner in module.cells:
        rows[cell].append((inner, line, columns[line, cell, inner]))
    for number in numbers:
        lines = sorted(rows[number])
        said = _lines(host, [(line, column) for _, line, column in lines])
        if not said:
            continue
        plain = plain_python("\n".join(seen for _, _, seen in said))
        tree = parsed(plain.text)
        if tree is not None:
            whole = "\n".join(before + seen for _, before, seen in said)
            given = {index: len(before) for index, (_, before, _) in enumerate(said, 1)}
            source = CellText(whole, tuple(one for one, _, _ in said))
            shifts = dict(plain.shifts)
            yield Code(path, plain.text, tree, number, source, host, {n: size + shifts.get(n, 0) for n, size in given.items()})


def _lines(host: Lines, places: list[tuple[int, int]]) -> list[tuple[RawLine, str, str]]:
    """The lines of a cell: each raw line with its true beginning, what stands before the column, and what stands there, decoded; nothing
    when one cannot be taken apart."""
    found: list[tuple[RawLine, str, str]] = []
    for line, column in places:
        last = found[-1][0] if found else None
        if last is not None and (last.line, last.column + len(last.raw)) == (line, column):
            found.append((RawLine(line, column, ""), "", ""))  # nothing stands behind the last line end
            continue
        row, start = host.row(line), 0
        if row[column - 1 : column + 1] == "[]":
            return []  # a cell without a line
        for beginning in BEGINNING.finditer(row, 0, column - 1):
            start = beginning.end()
        whole = LINE.match(row, start)
        if whole is None or not start:
            return []
        try:
            before, seen = (json.loads(f'"{part}"') for part in (row[start : column - 1], row[column - 1 : whole.end()]))
        except ValueError:
            return []
        found.append((RawLine(line, start + 1, whole[0]), str(before), str(seen)))
    return found
