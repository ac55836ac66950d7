"""Programs in languages that are not analysed: they are named, and what they may do is unknown, not absent."""

from __future__ import annotations

import pytest

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.model.report import Report
from mlrubric.source.tree import MemoryTree

TRAIN = "import pandas as pd\nfrom sklearn.svm import SVC\nrows = pd.read_csv('a.csv')\nSVC().fit(rows[['a']], rows['b'])\n"
WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {}\n      - run: python train.py\n"
STAGES = "stages:\n  validate:\n    cmd: {}\n    deps:\n    - a.csv\n  train:\n    cmd: python train.py\n    deps:\n    - a.csv\n"


def report(files: dict[str, str]) -> Report:
    return analyze_tree(MemoryTree({"a.csv": "a,b\n", "train.py": TRAIN, **files}), "x", Settings()).report


def status(found: Report, test: str) -> tuple[str, str]:
    (result,) = [r for r in found.tests if r.id == test]
    return result.status, result.broken.message if result.broken is not None else ""


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("Rscript validate.R", "validate.R"),
        ("Rscript --vanilla R/validate.R a.csv", "R/validate.R"),
        ("R -f validate.R", "validate.R"),
        ("./validate.R", "validate.R"),
        ("julia --project=. validate.jl", "validate.jl"),
        ("scala validate.scala", "validate.scala"),
    ],
)
def test_a_step_that_runs_another_language(command: str, file: str) -> None:
    found = report({".github/workflows/a.yml": WORKFLOW.format(command), file: "x <- 1\n"})
    assert status(found, "data-1")[0] == "not_visible"
    assert f"{file} may do this" in status(found, "data-1")[1]
    assert not [f for f in found.findings if f.rule == "DATA002"]
    assert [n.message for n in found.notices if "which is not analysed" in n.message and file in n.message]


def test_a_stage_that_runs_another_language() -> None:
    found = report({"dvc.yaml": STAGES.format("Rscript validate.R"), "validate.R": "x <- 1\n", "Makefile": "all:\n\tdvc repro\n"})
    assert status(found, "data-1")[0] == "not_visible"
    assert not [f for f in found.findings if f.rule == "DATA002"]


@pytest.mark.parametrize("command", ["cp validate.R b.R", "git add validate.R", "Rscript -e 'install.packages(\"x\")'", "echo validate.R"])
def test_what_runs_no_program(command: str) -> None:
    found = report({".github/workflows/a.yml": WORKFLOW.format(command), "validate.R": "x <- 1\n"})
    assert status(found, "data-1")[0] == "none"
    assert [f.rule for f in found.findings if f.rule == "DATA002"]


def test_tests_of_another_language() -> None:
    found = report({".github/workflows/a.yml": WORKFLOW.format("Rscript -e 'testthat::test_dir(\"tests\")'")})
    assert status(found, "infra-2")[0] == "not_visible"
    assert status(found, "model-7")[0] == "none"


def test_a_program_that_nothing_runs() -> None:
    found = report({"validate.R": "x <- 1\n"})
    assert status(found, "data-1")[0] == "none"


def test_python_behind_it_is_still_read() -> None:
    """A program that comes after the training guards nothing."""
    after = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: python train.py\n      - run: Rscript plots.R\n"
    found = report({".github/workflows/a.yml": after, "plots.R": "x <- 1\n"})
    assert [f.rule for f in found.findings if f.rule == "DATA002"]
