"""What expressions know that rules of habit ask for."""

from __future__ import annotations

import json
import re

import pytest
from tests.programs import picture

from mlrubric.graph.habits import KIND
from mlrubric.knowledge.entries import TRAITS
from mlrubric.knowledge.habits import load_habits
from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.roles import load_roles
from mlrubric.rules.load import load_rules
from mlrubric.rules.select import meets

HEAD = "import numpy as np\nimport pandas as pd\nframe = pd.read_csv('rows.csv')\n"


def known(code: str, where: dict[str, object], head: str = HEAD, name: str = "a.py") -> list[dict[str, str]]:
    """The attributes of the expressions that are asked for, in source order."""
    built = picture({name: head + code})
    return [
        {**built.graph.nodes[n].attributes, "label": built.graph.nodes[n].label}
        for n in built.habits.asked(where, meets, ("from.", "loop."))
    ]


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
    mine, other = known(code, COPIES)
    assert (mine["label"], mine["certain"], mine["on.table"]) == ("Mine().dropna()", "true", "true")
    assert (other["label"], other["certain"], other.get("on.table")) == ("x.dropna()", "false", None)
    (guessed,) = known(code, {"trait.iterates_rows": True})
    assert (guessed["label"], guessed["certain"]) == ("x.iterrows()", "false")


def test_comparisons_and_imports() -> None:
    (one,) = known("a = frame['x'] == np.nan\n", {"form": "compare"})
    assert (one["operator"], one["operand.not_a_number"], one["label"]) == ("==", "true", 'frame["x"] == np.nan')
    assert [(i["module"], i["alias"]) for i in known("", {"form": "import"})] == [("numpy", "np"), ("pandas", "pd")]


def test_a_rule_says_what_it_asks_for() -> None:
    with pytest.raises(AssertionError, match="a trait, a role or a form"):
        known("", {"result": "unused"})


def test_what_a_loop_goes_through() -> None:
    code = "for i, row in frame.iterrows():\n    row['a'] = 1\n    frame.at[i, 'b'] = 2\n    other['c'] = 3\n"
    code += "x = {}\nfor i in y:\n    x[i] = 4\n"
    row, whole, other, last = known(code, {"form": "store_subscript"})
    assert (row["over.subject"], row["later"], row["over.iterates_rows"]) == ("item", "unused", "true")
    assert (whole["over.subject"], other["over.iterates_rows"]) == ("whole", "true")
    assert "over.subject" not in other and last["over.key"] == "item" and "over.iterates_rows" not in last


@pytest.mark.parametrize(
    ("code", "later"),
    [
        ("for i, row in frame.iterrows():\n    row['a'] = row['b']\n", "unused"),
        ("for i, row in frame.iterrows():\n    row['a'] = 1\n    print(row)\n", "used"),
        ("for i, row in frame.iterrows():\n    print(row)\n    row['a'] = 1\n", "unused"),
        ("other = {}\nfor i in x:\n    print(other)\n    other['a'] = 1\n", "used"),
        ("other = {}\nother['a'] = 1\ndef f():\n    return other\n", "used"),
    ],
)
def test_whether_a_name_is_used_again(code: str, later: str) -> None:
    (one,) = known(code, {"form": "store_subscript"})
    assert one["later"] == later


def test_the_flow_of_the_program() -> None:
    code = """from sklearn.svm import SVC
def clean(rows):
    return rows.dropna()
def train(rows):
    return SVC().fit(rows, rows)
model = train(clean(frame))
print(model.score(frame, frame))
other = SVC().fit(frame, frame)
"""
    first, second = known(code, {"role.model.fit": True}, name="train.py")
    assert "fed.changes_a_copy" not in first, "nobody asked for it"
    built = picture({"train.py": HEAD + code})
    asked = built.habits.asked({"role.model.fit": True, "fed.model.tune": "absent"}, meets)
    first, second = (built.graph.nodes[n].attributes for n in asked)
    assert (first["fed.changes_a_copy"], first["fed.changes_a_copy.kinds"], first["feeds.model.evaluate"]) == ("true", "1", "true")
    assert second.get("fed.changes_a_copy") is None and second.get("feeds.model.evaluate") is None and second["fed.data.read"] == "true"


def test_rules_ask_for_traits_and_roles_that_there_are() -> None:
    habits, roles = load_habits(rules_directory()), load_roles(rules_directory()).meanings
    asking = re.compile(r"^(?:receiver\.|operand\.)*(?:trait|on|from|to|over|loop|scope|file|program|fed|feeds)\.(.+?)(?:\.kinds)?$")
    unknown = set()
    for rule in load_rules().rules:
        where = [rule.question.get(key, {}) for key in ("where", "unless")] + [one.where for one in rule.variants]
        for key in (
            (key for table in where for key in (table if isinstance(table, dict) else ())) if rule.question.get("kind") == KIND else ()
        ):
            name = match[1] if (match := asking.match(key)) else ""
            if name and name not in habits and name not in roles and name not in TRAITS and not name.startswith(("key", "form", "subject")):
                unknown.add((rule.id, key))
    assert not unknown


def test_keywords_that_are_not_seen_may_hold_what_a_receiver_was_given() -> None:
    where = {"form": "call", "receiver.given.nrows": "absent", "receiver.trait.reads_untyped": True}
    assert known("pd.read_csv('a.csv').head()", where) and not known("pd.read_csv('a.csv', **options).head()", where)


LAYERS = """
def f{n}(model, optimizer, frame, rows):
    f{m}(model, optimizer, frame, rows)
    f{m}(model, optimizer, frame, rows)
    f{m}(model, optimizer, frame, rows)
    f{m}(model, optimizer, frame, rows)
    f{m}(model, optimizer, frame, rows)
    f{m}(model, optimizer, frame, rows)
    f{m}(model, optimizer, frame, rows)
    f{m}(model, optimizer, frame, rows)
"""
LEAF = """
import torch
import pandas as pd

def f0(model, optimizer, frame, rows):
    loss = model(rows).sum()
    loss.backward()
    optimizer.step()
    frame.dropna()

def main():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    frame = pd.read_csv("rows.csv")
    for epoch in range(3):
        model.eval()
        f12(model, optimizer, frame, torch.rand(2, 2))
"""


def test_many_ways_to_a_function_are_walked_once() -> None:
    """Twelve layers of eight calls each are 8^12 ways from the loop to the step."""
    built = picture({"train.py": LEAF + "".join(LAYERS.format(n=n, m=n - 1) for n in range(1, 13))})
    (dropped,) = built.habits.asked({"trait.changes_a_copy": True, "form": "call"}, meets, ("from.", "loop."))
    assert built.graph.nodes[dropped].attributes["repeated"] == "loop"
