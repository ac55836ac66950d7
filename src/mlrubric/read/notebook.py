"""Jupyter notebooks: what each cell is, and the Python and shell text in them with cell and raw position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Embedded, Fact, NotebookInfo, Notice, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.read.unreadable import unreadable
from mlrubric.source.cell_shape import shape_of
from mlrubric.source.document import Document
from mlrubric.source.notebook import Cell, Notebook, parse
from mlrubric.source.syntax.magics import Foreign, PlainCell, plain_python, problem_of
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "notebook"
_PYTHON = ("", "python", "python3", "python2", "ipython", "pyspark", "sagemath", "sage")


def accepts(path: str) -> bool:
    return path.endswith(".ipynb") and ".ipynb_checkpoints/" not in path


def read(document: Document) -> Iterable[Fact]:
    try:
        notebook = parse(document.text)
    except SyntaxProblem as problem:
        return [unreadable(document, FORMAT, problem)]
    return _facts(document, notebook)


def _facts(document: Document, notebook: Notebook) -> Iterator[Fact]:
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    language = notebook.language or next((cell.language for cell in code if cell.language), "python")
    cells = tuple((cell.number, cell.source.lines[0].line, cell.count, cell.outputs, cell.error) for cell in code)
    shapes = tuple(shape_of(cell) for cell in notebook.cells)
    yield NotebookInfo(document.place(symbol="notebook"), language, notebook.kernel, cells, shapes)
    if language not in _PYTHON and not language.startswith("python"):
        yield Notice(document.place(), f"not analysed: a notebook in {language}")
        return
    text: list[str] = []
    lines: list[tuple[int, int]] = []
    numbers: list[tuple[int, int]] = []
    for cell in code:
        plain = plain_python(cell.source.text)
        for foreign in plain.foreign:
            yield _foreign(document, cell, foreign)
        problem = problem_of(plain.text)
        if problem:
            yield _unreadable(document, cell, *problem)
            plain = PlainCell("\n" * plain.text.count("\n"))
        text += plain.text.split("\n")
        moved = dict(plain.shifts)
        for number, raw in enumerate(cell.source.lines, 1):
            lines.append((raw.line, raw.column + moved.get(number, 0)))
            numbers.append((cell.number, number))
    yield Embedded(document.place(symbol="notebook"), "python", "\n".join(text), "notebook", tuple(lines), tuple(numbers))


def _place(document: Document, cell: Cell, line: int, column: int) -> Place:
    raw = cell.source.lines[min(line, len(cell.source.lines)) - 1]
    start = raw.column_of(column - 1)
    return Place(document.path, Span(raw.line, start, raw.line, raw.column + len(raw.raw)), f"cell {cell.number}", cell.number, line)


def _unreadable(document: Document, cell: Cell, reason: str, line: int, column: int) -> Unreadable:
    said = f"cell {cell.number} is not Python 3: {reason} (line {line} of the cell)"
    return Unreadable(_place(document, cell, max(line, 1), max(column, 1)), FORMAT, said)


def _foreign(document: Document, cell: Cell, foreign: Foreign) -> Fact:
    place = _place(document, cell, foreign.line, foreign.column)
    if foreign.language not in ("shell", "sql"):
        said = f"writes {foreign.target}" if foreign.target else f"is %%{foreign.language}"
        return Notice(place, f"cell {cell.number} {said}: not read as Python")
    count = foreign.text.count("\n") + 1
    raw = cell.source.lines[foreign.line - 1 : foreign.line - 1 + count]
    lines = tuple((line.line, line.column_of(foreign.column - 1) if index == 0 else line.column) for index, line in enumerate(raw))
    swallowed = "notebook line" if foreign.interpreter == "!" else ""  # IPython goes on when such a command fails
    numbers = tuple((cell.number, foreign.line + index) for index in range(count))
    shell = "bash" if swallowed else foreign.interpreter
    owner, at = f"cell {cell.number}", place if swallowed else None
    return Embedded(place, foreign.language, foreign.text, owner, lines, numbers, shell, swallowed=swallowed, swallowed_at=at)
