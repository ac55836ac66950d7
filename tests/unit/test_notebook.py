"""Notebooks: every line knows its raw place, and one bad cell costs only itself."""

from __future__ import annotations

import json

import pytest

from mlrubric.model.facts import Embedded, Fact, NotebookInfo, Notice, Unreadable
from mlrubric.read import notebook
from mlrubric.source.document import Document


def code(*lines: str, **more: object) -> dict[str, object]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": list(lines), **more}


def text_of(*cells: dict[str, object], indent: int | None = 1, **more: object) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}, indent=indent)


def read(text: str) -> list[Fact]:
    return list(notebook.read(Document("n.ipynb", text)))


def python_of(text: str) -> Embedded:
    (found,) = [fact for fact in read(text) if isinstance(fact, Embedded) and fact.language == "python"]
    return found


def check_places(text: str) -> None:
    """Each joined line begins in the file where `lines` says, written as JSON writes it."""
    found = python_of(text)
    raw = text.split("\n")
    assert len(found.lines) == len(found.cells) == found.text.count("\n") + 1
    for line, (number, column) in zip(found.text.split("\n"), found.lines, strict=True):
        if line not in ("", "pass"):
            assert raw[number - 1][column - 1 :].startswith(json.dumps(line)[1:-1])


def test_lines_of_a_list_and_of_one_string() -> None:
    check_places(text_of(code("import os\n", "x = 'a\\tb\"c'\n", "y = 'é\\n'")))
    check_places(text_of(code(source="import os\nx = 'a\\\\nb'\r\ny = \"z\"\n")))
    check_places(text_of(code(source="import os\nx = 1"), indent=None))
    check_places(text_of(code("a = 1\n", "", "b = 2\n"), code(), {"cell_type": "markdown", "source": "# a\nb"}, code("c = 3")))


def test_a_line_over_two_strings_begins_in_the_first() -> None:
    found = python_of(text_of(code("x = (1,", " 2)\n", "y = 2")))
    assert found.text == "x = (1, 2)\ny = 2"
    assert found.lines[1][0] == found.lines[0][0] + 2


def test_cells_count_over_all_cells() -> None:
    found = python_of(text_of({"cell_type": "markdown", "source": []}, code("a = 1\n", "b = 2"), code("c = 3")))
    assert found.text == "a = 1\nb = 2\nc = 3"
    assert found.cells == ((2, 1), (2, 2), (3, 1))


def test_a_broken_cell_is_blanked_and_named() -> None:
    facts = read(text_of(code("a = 1"), code("b = 2\n", "print 'b'"), code("c = 3")))
    (problem,) = [fact for fact in facts if isinstance(fact, Unreadable)]
    assert (problem.place.cell, problem.place.cell_line, problem.place.symbol) == (2, 2, "cell 2")
    assert "cell 2 is not Python 3" in problem.reason
    (python,) = [fact for fact in facts if isinstance(fact, Embedded)]
    assert python.text == "a = 1\n\n\nc = 3"


def test_shell_lines_do_not_stop_the_notebook_and_bash_cells_do() -> None:
    facts = read(text_of(code("import a\n", "!pip install b\n", "x = !ls"), code("%%bash\n", "dvc pull\n", "dvc repro")))
    shells = [fact for fact in facts if isinstance(fact, Embedded) and fact.language == "shell"]
    assert [(s.text, s.owner, s.swallowed, s.cells) for s in shells] == [
        ("pip install b", "cell 1", "notebook line", ((1, 2),)),
        ("ls", "cell 1", "notebook line", ((1, 3),)),
        ("dvc pull\ndvc repro", "cell 2", "", ((2, 2), (2, 3))),
    ]
    assert all(s.place.cell is not None for s in shells)


def test_what_a_cell_has_done() -> None:
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    stream = {"output_type": "stream", "text": "x"}
    facts = read(text_of(code("a"), code("b", execution_count=7, outputs=[stream]), code("c", outputs=[error])))
    info = next(fact for fact in facts if isinstance(fact, NotebookInfo))
    assert [cell[0:1] + cell[2:] for cell in info.cells] == [(1, None, False, False), (2, 7, True, False), (3, None, True, True)]


def test_the_third_format_keeps_its_cells_in_worksheets() -> None:
    cell = {"cell_type": "code", "input": ["a = 1\n", "b = 2"], "prompt_number": 3, "outputs": [{"output_type": "pyerr"}]}
    sheets = [{"cells": [{"cell_type": "heading", "source": "h"}, cell]}]
    text = json.dumps({"nbformat": 3, "metadata": {"name": "n"}, "worksheets": sheets})
    facts = read(text)
    info = next(fact for fact in facts if isinstance(fact, NotebookInfo))
    assert info.cells == ((2, 1, 3, True, True),)
    assert python_of(text).text == "a = 1\nb = 2"


def test_another_language_is_said_and_not_read() -> None:
    facts = read(text_of(code("x <- 1"), metadata={"kernelspec": {"name": "ir", "language": "R"}}))
    assert [type(fact) for fact in facts] == [NotebookInfo, Notice]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ('{"cells": [\n {"cell_type": "code",\n  "source": [}\n', "", 3),
        ("", "", 1),
        ("[]", "no notebook", 1),
        ('{"a": 1}', "no notebook", 1),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0", "git-lfs", 1),
    ],
)
def test_what_is_no_notebook(text: str, reason: str, line: int) -> None:
    (problem,) = read(text)
    assert isinstance(problem, Unreadable)
    assert reason in problem.reason
    assert problem.place.line == line


@pytest.mark.parametrize("cell", [{}, {"cell_type": "code"}, {"cell_type": "code", "source": 3}, {"source": [1, None]}])
def test_strange_cells_are_no_crash(cell: dict[str, object]) -> None:
    assert isinstance(read(text_of(cell, code("a = 1")))[0], NotebookInfo)
    check_places(text_of(cell, code("a = 1")))
