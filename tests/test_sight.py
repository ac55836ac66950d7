"""Absent, not visible, not analysed: three different answers, in numbers, JSON, SARIF, JUnit and in words."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from mlrubric.analyze import Analysis, analyze, analyze_tree
from mlrubric.config import Settings
from mlrubric.model.report import Report
from mlrubric.model.verdict import TestResult
from mlrubric.report import Options, View, formats
from mlrubric.report.cards import cards_of
from mlrubric.report.screen import paint
from mlrubric.report.why import why_test
from mlrubric.source.tree import MemoryTree

REPOSITORIES = Path(__file__).parents[1] / "fixtures" / "repos"
TRAIN = """\
import joblib
import pandas as pd
from sklearn.svm import SVC

rows = pd.read_csv("a.csv")
joblib.dump(SVC().fit(rows[["a"]], rows["b"]), "m.pkl")
"""
CI = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {}\n      - run: python train.py\n"
VALIDATED = {".github/workflows/a.yml": CI.format("Rscript validate.R"), "validate.R": "x <- 1\n"}
ABSENT, HIDDEN, UNREAD = "data-2", "infra-6", "data-1"  # what these tests are in the repository below


@cache
def analysis() -> Analysis:
    return analyze_tree(MemoryTree({"a.csv": "a,b\n", "train.py": TRAIN, **VALIDATED}), "x", Settings())


def of(found: Report, test: str) -> TestResult:
    return next(one for one in found.tests if one.id == test)


def report(files: dict[str, str]) -> Report:
    return analyze_tree(MemoryTree({"a.csv": "a,b\n", "train.py": TRAIN, **files}), "x", Settings()).report


def rendered(name: str) -> str:
    found = analysis()
    view = View(found.report, lambda path: found.texts(path) or "", cards_of(found.rules))
    return formats()[name].render(view, Options(verbosity=1))


def test_the_three_are_told_apart() -> None:
    found = analysis().report
    assert [(of(found, test).status, of(found, test).sight) for test in (ABSENT, HIDDEN, UNREAD)] == [
        ("none", "seen"),
        ("not_visible", "elsewhere"),
        ("not_visible", "not_analysed"),
    ]
    assert not of(found, ABSENT).visible_by
    assert "[tool.mlrubric.system] members" in of(found, HIDDEN).visible_by
    assert "attest it" in of(found, UNREAD).visible_by
    assert all(of(found, test).credit.observed == 0.0 for test in (ABSENT, HIDDEN, UNREAD))


def test_in_numbers() -> None:
    score = analysis().report.score
    tests = analysis().report.tests
    assert score.absent == sum(test.status == "none" and test.sight == "seen" for test in tests) > 0
    assert score.not_visible == sum(test.sight == "elsewhere" for test in tests) > 0
    assert score.not_analysed == sum(test.sight == "not_analysed" for test in tests) > 0
    assert score.exist + score.absent + score.not_visible + score.not_analysed == 28


def test_in_json() -> None:
    data = json.loads(rendered("json"))
    by_id = {test["id"]: test for test in data["tests"]}
    assert [(by_id[test]["status"], by_id[test]["sight"]) for test in (ABSENT, HIDDEN, UNREAD)] == [
        ("none", "seen"),
        ("not_visible", "elsewhere"),
        ("not_visible", "not_analysed"),
    ]
    assert by_id[ABSENT]["visible_by"] is None and by_id[HIDDEN]["visible_by"] and by_id[UNREAD]["visible_by"]
    score = analysis().report.score
    checks = data["score"]["checks"]
    assert (checks["absent"], checks["not_visible"], checks["not_analysed"]) == (score.absent, score.not_visible, score.not_analysed)


def test_in_sarif() -> None:
    rubric = json.loads(rendered("sarif"))["runs"][0]["properties"]["mlTestScore"]
    assert "sight" not in rubric["tests"][ABSENT]
    assert (rubric["tests"][HIDDEN]["sight"], rubric["tests"][UNREAD]["sight"]) == ("elsewhere", "not_analysed")
    assert "attest it" in rubric["tests"][UNREAD]["visibleBy"]
    score = analysis().report.score
    assert (rubric["absent"], rubric["notVisible"], rubric["notAnalysed"]) == (score.absent, score.not_visible, score.not_analysed)


def test_in_junit() -> None:
    cases = rendered("junit").split("<testcase")
    absent, hidden, unread = (next(case for case in cases if f'name="{test} ' in case) for test in (ABSENT, HIDDEN, UNREAD))
    assert "<failure" in absent and "absent" in absent
    assert '<skipped message="not visible: ' in hidden and '<skipped message="not analysed: ' in unread and "attest it" in unread


WORDS = {ABSENT: "absent", HIDDEN: "not visible", UNREAD: "not analysed"}


@pytest.mark.parametrize("test", WORDS)
def test_on_the_screen(test: str) -> None:
    lines = rendered("full").split("\n")
    at = next(index for index, line in enumerate(lines) if line.startswith(f"  {test}"))
    assert lines[at].split(test)[1].strip().startswith(WORDS[test])
    assert lines[at + 1].strip().startswith(f"{WORDS[test]}")
    score = analysis().report.score
    assert f"{score.absent} absent · {score.not_visible} not visible · {score.not_analysed} not analysed" in rendered("markdown")


@pytest.mark.parametrize("test", WORDS)
def test_in_markdown_and_html(test: str) -> None:
    row = next(line for line in rendered("markdown").split("\n") if line.startswith(f"| `{test}`"))
    assert f"| {WORDS[test]} |" in row
    page = rendered("html")
    cell = page[page.index(f"<code>{test}</code>") :].partition("</tr>")[0]
    assert f">{WORDS[test]}</td>" in cell and ("to see it" in cell) is (test != ABSENT)


@pytest.mark.parametrize(
    ("test", "said"),
    [(ABSENT, "nothing in this repository does this"), (HIDDEN, "would not be seen in this"), (UNREAD, "it could not be read")],
)
def test_why(test: str, said: str) -> None:
    found = analysis()
    view = View(found.report, lambda path: found.texts(path) or "", cards_of(found.rules))
    text = paint(why_test(view, of(found.report, test), 100), 100, False, True)
    assert WORDS[test] in text and said in text
    assert ("what would make it visible" in text) is (test != ABSENT)


@pytest.mark.parametrize("folder", sorted(path.parent for path in REPOSITORIES.glob("*/expected.toml")), ids=lambda path: path.name)
def test_what_cannot_be_seen_says_how_it_could(folder: Path) -> None:
    """In whole repositories: not visible is never without a way to see it, and what was read is never told with one."""
    found = analyze(folder, Settings(exclude=("expected.toml",))).report
    for test in found.tests:
        assert (test.sight != "seen") is bool(test.visible_by), test.id
        assert test.status != "not_visible" or test.sight != "seen", test.id
    assert found.score.exist + found.score.absent + found.score.not_visible + found.score.not_analysed >= 28 - sum(
        test.status == "not_applicable" for test in found.tests
    )


BROKEN = "def test_drift(:\n"


def test_a_file_that_cannot_be_read_and_is_called_like_the_test() -> None:
    found = report({"tests/test_schema.py": BROKEN})
    result = of(found, "data-1")
    assert (result.status, result.sight) == ("none", "not_analysed")
    assert result.broken is not None and "tests/test_schema.py:1 may do this, but it could not be read" in result.broken.message
    assert result.visible_by.startswith("mend tests/test_schema.py")
    assert (of(found, "data-2").sight, of(report({"tests/test_other.py": BROKEN}), "data-1").sight) == ("seen", "seen")


CHECK = """\
import pandas as pd
import pandera as pa

pa.DataFrameSchema({"a": pa.Column(int, pa.Check.ge(0))}).validate(pd.read_csv("a.csv"))
"""


def test_automation_that_cannot_be_read() -> None:
    """What runs a check is unknown then, not absent; the status stays by what is seen."""
    found = of(report({"check.py": CHECK, ".github/workflows/a.yml": "on: push\njobs: [\n"}), "data-1")
    assert (found.status, found.sight) == ("present", "not_analysed")
    assert found.broken is not None and ".github/workflows/a.yml" in found.broken.message and "may run it" in found.broken.message
    seen = of(report({"check.py": CHECK}), "data-1")
    assert (seen.status, seen.sight, seen.visible_by) == ("present", "seen", "")


LATE = [
    'bash -c "$CMD"',
    "$CHECK",
    "${{ vars.CHECK }}",
    'python "$SCRIPT"',
    'eval "$CMD"',
    "make $TARGET",
    "python -m ${{ inputs.module }}",
]


@pytest.mark.parametrize("command", LATE)
def test_a_command_that_only_the_run_knows(command: str) -> None:
    found = of(report({"check.py": CHECK, ".github/workflows/a.yml": CI.format(f"|\n          {command}")}), "data-1")
    assert (found.status, found.sight) == ("present", "not_analysed")
    assert found.broken is not None and found.broken.condition == "wired" and "only known when it runs" in found.broken.message
    assert found.visible_by == "write the command out where it is run"


@pytest.mark.parametrize(
    "command", ["./gone.sh", "pip install -r requirements.txt", "echo $CMD", "python train.py --out $OUT", "docker run org/x:1"]
)
def test_a_command_that_is_known(command: str) -> None:
    found = of(report({"check.py": CHECK, ".github/workflows/a.yml": CI.format(command)}), "data-1")
    assert (found.status, found.sight) == ("present", "seen")


def test_automation_of_another_repository() -> None:
    called = "on: push\njobs:\n  validate-data:\n    uses: acme/ci/.github/workflows/validate.yml@main\n"
    call = called + "  train:\n    runs-on: x\n    steps:\n      - run: python train.py\n"
    found = of(report({".github/workflows/a.yml": call}), "data-1")
    assert (found.status, found.sight) == ("not_visible", "elsewhere")
    assert "[tool.mlrubric.system.sources]" in found.visible_by
