"""What expressions know that rules of habit ask for."""

from __future__ import annotations

import json

import pytest
from tests.programs import picture

HEAD = "import numpy as np\nimport pandas as pd\nframe = pd.read_csv('rows.csv')\n"


def known(code: str, where: dict[str, object], head: str = HEAD, name: str = "a.py") -> list[dict[str, str]]:
    """The attributes of the expressions that are asked for, in source order."""
    built = picture({name: head + code})
    return [{**built.graph.nodes[n].attributes, "label": built.graph.nodes[n].label} for n in built.habits.asked(where)]


COPIES = {"trait.changes_a_copy": True, "form": "call"}


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("frame.dropna()", "unused"),
        ("x = frame.dropna()", "kept"),
        ("if frame.dropna(): pass", "kept"),
        ("while frame.dropna(): pass", "kept"),
        ("[i for i in [] if frame.dropna()]", "kept"),
        ("f = lambda: frame.dropna()", "kept"),
        ("def f():\n    return frame.dropna()", "kept"),
        ("def f():\n    frame.dropna()", "unused"),
        ("print(frame.dropna())", "kept"),
        ("f'{frame.dropna()}'", "kept"),
        ("for i in frame.dropna(): pass", "kept"),
        ("assert frame.dropna()", "kept"),
        ("async def f():\n    await frame.dropna()", "unused"),
        ("async def f():\n    return await frame.dropna()", "kept"),
    ],
)
def test_result(code: str, result: str) -> None:
    (one,) = known(code, COPIES)
    assert one["result"] == result


def test_the_last_line_of_a_cell_is_shown() -> None:
    cells = [[*HEAD.splitlines(keepends=True), "frame.dropna()"], ["frame.dropna()\n", "x = 1"], ["frame.dropna(how='all')"]]
    source: list[dict[str, object]] = [
        {"cell_type": "code", "source": lines, "metadata": {}, "outputs": [], "execution_count": None} for lines in cells
    ]
    text = json.dumps({"cells": source, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    assert [one["result"] for one in known("", COPIES, text, "n.ipynb")] == ["shown", "unused", "shown"]


def test_arguments() -> None:
    code = "frame.dropna(how='all', inplace=True, axis=None, subset=f())\nframe.dropna(**options)\n"
    first, second = known(code, COPIES)
    assert {k: v for k, v in first.items() if k.startswith("given.")} == {
        "given.how": "all",
        "given.inplace": "true",
        "given.axis": "none",
        "given.subset": "given",
    }
    assert (first.get("open"), second["open"], first["arguments"]) == (None, "true", "4")


def test_loops_and_names() -> None:
    code = "for i in range(3):\n    frame.dropna()\n    def f():\n        frame.fillna(0)\nfor x in frame.dropna(): pass\n"
    assert [(one["label"], one["in_loop"], one["receiver"]) for one in known(code, COPIES)] == [
        ("frame.dropna()", "true", "frame"),
        ("frame.fillna(...)", "false", "frame"),
        ("frame.dropna()", "false", "frame"),
    ]


def test_where_a_receiver_comes_from() -> None:
    code = "for i, row in frame.iterrows():\n    row['a'] = 1\nother = frame\nother['b'] = 2\n"
    row, other = known(code, {"form": "store_subscript"})
    assert row["from.iterates_rows"] == "true" and "on.table" not in row
    assert other["on.table"] == "true" and "from.iterates_rows" not in other
    assert (other["key"], other["key.form"], other["value"], row["in_loop"]) == ("b", "text", "2", "true")


def test_what_is_done_next() -> None:
    first, second = known("x = frame.dropna()\nx.fillna(0)\n", COPIES)
    assert first["to.changes_a_copy"] == "true" and second["from.changes_a_copy"] == "true"
    assert "from.changes_a_copy" not in first and "to.changes_a_copy" not in second


def test_what_stands_near() -> None:
    code = "def inner(x):\n    return x == np.nan, x.iterrows()\n"
    code += "def f():\n    for i in []:\n        inner(i)\n        frame.dropna()\n    frame.fillna(0)\n"
    first, second = known(code, COPIES)
    assert first["loop.iterates_rows"] == first["scope.iterates_rows"] == second["scope.iterates_rows"] == "true"
    assert "loop.iterates_rows" not in second and second["file.data.read"] == "true" and second["program.data.read"] == "true"


def test_methods_of_own_classes_and_unknown_receivers() -> None:
    code = "class Mine(pd.DataFrame):\n    pass\nMine().dropna()\ndef f(x):\n    x.iterrows()\n    x.dropna()\n"
    (mine,) = known(code, COPIES)
    assert (mine["label"], mine["certain"], mine["on.table"]) == ("Mine().dropna()", "true", "true")
    (guessed,) = known(code, {"trait.iterates_rows": True})
    assert (guessed["label"], guessed["certain"]) == ("x.iterrows()", "false")


def test_comparisons_and_imports() -> None:
    (one,) = known("a = frame['x'] == np.nan\n", {"form": "compare"})
    assert (one["operator"], one["operand.not_a_number"], one["label"]) == ("==", "true", 'frame["x"] == np.nan')
    assert [(i["module"], i["alias"]) for i in known("", {"form": "import"})] == [("numpy", "np"), ("pandas", "pd")]


def test_a_rule_says_what_it_asks_for() -> None:
    with pytest.raises(AssertionError, match="a trait, a role or a form"):
        known("", {"result": "unused"})
