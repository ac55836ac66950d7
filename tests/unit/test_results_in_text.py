"""What counts as a result in a document: a measured value under a heading that names the check, or in a row that does."""

from __future__ import annotations

import re

import pytest
from tests.programs import picture

from mlrubric.model.facts import Heading
from mlrubric.model.place import Place
from mlrubric.score.documented import documented
from mlrubric.score.results_in_text import row_of_result, shows_result


def heading(body: str) -> Heading:
    return Heading(Place("docs/evaluation.md"), 2, "Evaluation", body=body)


@pytest.mark.parametrize(
    "body",
    [
        "The model reaches an accuracy of 0.93 on the test rows.",
        "- F1: 87 %",
        "- p95 latency: 43 ms",
        "| Model | AUC |\n|---|---|\n| forest | 0.87 |",
        "| Model | Errors |\n|---|---|\n| forest | 12 |",
        "| Model | RMSE |\n|---|---|\n| forest | **119.51** ± 2 |",
        "```\nprecision recall\n0.81 0.77\n```",
        "![confusion](reports/confusion.png)",
    ],
)
def test_a_result(body: str) -> None:
    assert shows_result(heading(body))


@pytest.mark.parametrize(
    "body",
    [
        "We evaluate the model on every change.",
        "Run `python evaluate.py --threshold 0.8` with Python 3.11.",
        "```bash\npython evaluate.py --alpha 0.5\n```",
        "```yaml\nthreshold: 0.85\n```",
        "Needs mlflow 2.16.2 and listens on port 8000.",
        "The accuracy must be at least 0.9.",
        "- latency < 200 ms",
        "1. train\n2. evaluate in 3 steps",
        "| Component | Choice |\n|---|---|\n| model | forest |",
        "| Metric | Target |\n|---|---|\n| latency | 200ms |",
        "| Metric | Value |\n|---|---|\n| latency | <50ms |",
        "| Service | Port |\n|---|---|\n| api | 8000 |",
        "| Step | What |\n|---|---|\n| 1 | train |",
        "![evaluation](https://img.shields.io/badge/accuracy-99%25-green)",
        "[![ci](https://github.com/a/b/actions/workflows/ci.yml/badge.svg)](x)",
        "![how it works](docs/architecture.png)",
    ],
)
def test_no_result(body: str) -> None:
    assert not shows_result(heading(body))


def test_a_row_names_the_check_and_has_its_value() -> None:
    table = "| Model | AUC | Target |\n|---|---|---|\n| dummy baseline | 0.50 | |\n| forest | | 0.9 |"
    assert row_of_result(heading(table), re.compile("baseline"))
    assert not row_of_result(heading(table), re.compile("forest"))


CODE = """import pandas as pd
from sklearn.metrics import f1_score

rows = pd.read_csv("a.csv")
if f1_score(rows.y, rows.p) < 0.5:
    raise SystemExit(1)
"""


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"README.md": "# Evaluation of loans\n\nWe reach 0.91.\n"}, False),  # the title names the project
        ({"README.md": "# Loans\n\n## Evaluation\n\nWe reach 0.91.\n"}, True),
        ({"README.md": "# Loans\n\n## Evaluation\n\n### Test rows\n\nWe reach 0.91.\n"}, True),
        ({"README.md": "# Loans\n\n## Evaluation\n\nWe evaluate.\n\n## Setup\n\nTakes 0.5 GB and 3 minutes.\n"}, False),
        ({"docs/evaluation.md": "# Evaluation\n\nWe reach 0.91.\n"}, True),
    ],
)
def test_where_a_result_stands(files: dict[str, str], found: bool) -> None:
    seen = picture({"check.py": CODE, **files})
    checks = seen.graph.with_role("model.compare")
    assert checks
    assert (documented(seen, ("evaluation",), checks) is not None) is found
    assert documented(seen, ("evaluation",), []) is None  # no code, no result
