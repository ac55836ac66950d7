"""What counts as a gate before a release, and what only looks like one: each case breaks one thing."""

from __future__ import annotations

import pytest
from tests.programs import picture

HEAD = """
import sys
import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
model = LogisticRegression().fit(train[["a"]], train["y"])
auc = roc_auc_score(test["y"], model.predict(test[["a"]]))
"""
RELEASE = 'mlflow.register_model("runs:/1/model", "churn")\n'


def guarded(files: dict[str, str]) -> str:
    graph = picture(files).graph
    (node,) = graph.with_role("model.register", "model.deploy")
    return graph.nodes[node].attributes["guarded"]


GATES = {
    "raise": "if auc < 0.8:\n    raise ValueError(auc)\n",
    "assert": "assert auc > 0.8\n",
    "exit": "if auc < 0.8:\n    sys.exit(1)\n",
    "exit with a text": "if auc < 0.8:\n    sys.exit('too weak')\n",
    "system exit": "if auc < 0.8:\n    raise SystemExit(1)\n",
    "flag set under a condition": "good = True\nif auc < 0.8:\n    good = False\nif not good:\n    raise SystemExit('weak')\n",
    "list of failures": "failures = []\nif auc < 0.8:\n    failures.append('auc')\nif failures:\n    sys.exit(1)\n",
    "flag": "good = auc > 0.8\nif not good:\n    raise SystemExit('weak')\n",
    "verdict": "def fine():\n    return auc > 0.8\n\nif not fine():\n    sys.exit(1)\n",
    "in a function": "def gate(value):\n    if value < 0.8:\n        raise ValueError(value)\n\ngate(auc)\n",
    "another error handled": "try:\n    assert auc > 0.8\nexcept KeyError:\n    print('no key')\n",
    "handled and raised again": "try:\n    assert auc > 0.8\nexcept Exception:\n    print('weak')\n    raise\n",
    "exit in the handler": "try:\n    assert auc > 0.8\nexcept Exception:\n    sys.exit(1)\n",
}  # fmt: skip
TOOTHLESS = {
    "nothing": "",
    "printed": "if auc < 0.8:\n    print('weak')\n",
    "swallowed": "try:\n    assert auc > 0.8\nexcept AssertionError:\n    pass\n",
    "swallowed broadly": "try:\n    if auc < 0.8:\n        raise ValueError(auc)\nexcept Exception as error:\n    print(error)\n",
    "swallowed by its own kind": (
        "try:\n"
        "    if auc < 0.8:\n"
        "        raise ValueError(auc)\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    ),
    "own error swallowed": (
        "class Weak(Exception):\n"
        "    pass\n"
        "\n"
        "try:\n"
        "    if auc < 0.8:\n"
        "        raise Weak(auc)\n"
        "except Weak:\n"
        "    print('weak')\n"
    ),
    "swallowed around the call": (
        "def gate(value):\n"
        "    if value < 0.8:\n"
        "        raise ValueError(value)\n"
        "\n"
        "try:\n"
        "    gate(auc)\n"
        "except Exception:\n"
        "    print('weak')\n"
    ),
    "own error swallowed around the call": (
        "def gate(value):\n"
        "    if value < 0.8:\n"
        "        raise ValueError(value)\n"
        "\n"
        "try:\n"
        "    gate(auc)\n"
        "except (KeyError, ValueError):\n"
        "    print('weak')\n"
    ),
    "suppressed": "from contextlib import suppress\nwith suppress(Exception):\n    assert auc > 0.8\n",
    "verdict ignored": "def fine():\n    return auc > 0.8\n\nfine()\n",
    "verdict printed": "def fine():\n    return auc > 0.8\n\nprint(fine())\n",
    "never true": "if False:\n    assert auc > 0.8\n",
    "something else": "if len(test) < 10:\n    raise ValueError(len(test))\n",
}  # fmt: skip


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_a_gate_guards(gate: str) -> None:
    assert guarded({"train.py": HEAD + gate + RELEASE}) == "true"


@pytest.mark.parametrize("gate", TOOTHLESS.values(), ids=TOOTHLESS)
def test_what_stops_nothing_does_not(gate: str) -> None:
    assert guarded({"train.py": HEAD + gate + RELEASE}) == "false"


PLACES = {
    "passing side": "if auc > 0.8:\n    {release}",
    "other side leaves": "def main():\n    if auc < 0.8:\n        print('weak')\n        return\n    {release}\nmain()\n",
    "next of a loop": "for name in ('a', 'b'):\n    if auc < 0.8:\n        continue\n    {release}",
    "better than the champion": (
        "best = roc_auc_score(test['y'], mlflow.sklearn.load_model('models:/churn@champion').predict(test[['a']]))\n"
        "if auc > best:\n"
        "    {release}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", PLACES.values(), ids=PLACES)
def test_a_release_on_the_passing_side_is_guarded(form: str) -> None:
    assert guarded({"train.py": HEAD + form.format(release=RELEASE)}) == "true"


def test_a_release_on_the_failing_side_of_an_error_is_not_guarded() -> None:
    body = f"try:\n    assert auc > 0.8\nexcept Exception:\n    {RELEASE}"
    assert guarded({"train.py": HEAD + body}) == "false"


WORKFLOW = """
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: python evaluate.py
      - run: kubectl apply -f model.yaml
"""
ENDS = {
    "status of main": "def main():\n    if auc < 0.8:\n        return 1\n    return 0\n\nsys.exit(main())\n",
    "status of main, raised": (
        "def main() -> int:\n"
        "    if auc < 0.8:\n"
        "        print('weak')\n"
        "        return 1\n"
        "    return 0\n"
        "\n"
        "if __name__ == '__main__':\n"
        "    raise SystemExit(main())\n"
    ),
    "either": "sys.exit(0 if auc > 0.8 else 1)\n",
    "flag": "weak = auc < 0.8\nsys.exit(weak)\n",
    "raised": "if auc < 0.8:\n    raise ValueError(auc)\n",
}  # fmt: skip
SILENT = {
    "status dropped": "def main():\n    if auc < 0.8:\n        return 1\n    return 0\n\nmain()\n",
    "always fine": "def main():\n    if auc < 0.8:\n        print('weak')\n    return 0\n\nsys.exit(main())\n",
    "zero": "if auc < 0.8:\n    sys.exit(0)\n",
    "zero raised": "if auc < 0.8:\n    raise SystemExit(0)\n",
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_an_exit_status_stops_the_job(end: str) -> None:
    assert guarded({"evaluate.py": HEAD + end, ".github/workflows/ci.yml": WORKFLOW}) == "true"


@pytest.mark.parametrize("end", SILENT.values(), ids=SILENT)
def test_no_status_stops_nothing(end: str) -> None:
    assert guarded({"evaluate.py": HEAD + end, ".github/workflows/ci.yml": WORKFLOW}) == "false"


# ---- what cannot run -----------------------------------------------------------------------------------------------------

PARSER = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int, default=1)
options = parser.parse_args()
assert options.rows > 0
"""
CLICK = """
import click

@click.command()
@click.option("--rows", default=1)
def main(rows):
    assert rows > 0

main()
"""


def level_of_check(files: dict[str, str]) -> tuple[str, str]:
    found = picture(files)
    (node,) = [n for n in found.graph.with_role("check") if found.graph.nodes[n].label == "assert"]
    automation = found.schedule.of(node)
    return automation.level, automation.broken.condition if automation.broken else ""


def workflow(command: str) -> str:
    return f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {command}\n"


@pytest.mark.parametrize("script", [PARSER, CLICK], ids=["argparse", "click"])
@pytest.mark.parametrize(
    ("command", "level"),
    [
        ("python check.py", "kept"),
        ("python check.py --rows 3", "kept"),
        ("python check.py --rows=3", "kept"),
        ("python check.py --no-such-option", "skipped"),
        ("python check.py --rows 3 --frame x", "skipped"),
        ("python check.py $OPTIONS", "kept"),
    ],
)
def test_an_option_that_the_script_does_not_define_ends_it(script: str, command: str, level: str) -> None:
    found = level_of_check({"check.py": script, ".github/workflows/a.yml": workflow(command)})
    assert found == (level, "wired" if level == "skipped" else "")


@pytest.mark.parametrize(
    "change",
    [
        ("parse_args()", "parse_known_args()[0]"),
        ('parser.add_argument("--rows", type=int, default=1)', 'for name in open("names"):\n    parser.add_argument(name)'),
        ("argparse.ArgumentParser()", "unknown_library.Parser()"),
    ],
)
def test_a_command_line_that_is_not_known_is_left_alone(change: tuple[str, str]) -> None:
    files = {"check.py": PARSER.replace(*change), ".github/workflows/a.yml": workflow("python check.py --frame x")}
    assert level_of_check(files)[0] == "kept"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("from shop.rows import count", "kept"),
        ("from shop.columns import count", "skipped"),
        ("import shop.columns", "skipped"),
        ("from shop import rows", "kept"),
        ("from shop._pb2 import rows", "kept"),
        ("from pandas.columns import rows", "kept"),
        ("try:\n    import shop.columns\nexcept ImportError:\n    pass", "kept"),
        ("def later():\n    import shop.columns", "kept"),
        ("from shop.broken import x", "skipped"),
    ],
)
def test_a_module_of_the_project_that_is_not_there_ends_the_program(line: str, level: str) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/rows.py": "def count():\n    return 1\n",
        "shop/broken.py": "import shop.columns\nx = 1\n",
        "check.py": f"{line}\nassert len(open('rows').read()) > 0\n",
        ".github/workflows/a.yml": workflow("python check.py"),
    }
    assert level_of_check(files) == (level, "wired" if level == "skipped" else "")
