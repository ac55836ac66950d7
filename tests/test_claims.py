"""What is said and not done: sentences, badges, tests that check nothing, scores by hand. They earn nothing and are named."""

from __future__ import annotations

import pytest

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.model.report import Report
from mlrubric.model.verdict import TestResult
from mlrubric.rules.claiming import load_claims
from mlrubric.rules.load import load_rules
from mlrubric.source.tree import MemoryTree

TRAIN = "import pandas as pd\nfrom sklearn.svm import SVC\nrows = pd.read_csv('a.csv')\nSVC().fit(rows[['a']], rows['b'])\n"
SERVE = """\
import joblib
from fastapi import FastAPI

app = FastAPI()
model = joblib.load("m.pkl")


@app.post("/p")
def p(x: float):
    return model.predict([[x]])
"""
WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: pip install pytest pandas scikit-learn\n      - run: pytest\n"


def report(files: dict[str, str], persona: str = "pedantic") -> Report:
    return analyze_tree(
        MemoryTree({"a.csv": "a,b\n", "train.py": TRAIN, "serve.py": SERVE, **files}), "x", Settings(persona=persona)
    ).report


def of(found: Report, test: str) -> TestResult:
    return next(one for one in found.tests if one.id == test)


def message(found: Report, test: str) -> str:
    broken = of(found, test).broken
    return broken.message if broken is not None else ""


@pytest.mark.parametrize(
    ("sentence", "test"),
    [
        ("We monitor drift in production.", "monitor-2"),
        ("Data drift is monitored and the team is alerted.", "monitor-2"),
        ("The service\ndetects feature drift every hour.", "monitor-2"),
        ("- **Drift** is tracked with [Evidently](https://x.example).", "monitor-2"),
        ("All incoming data is validated against a schema.", "data-1"),
        ("New models are released as a canary first; canary deployments are used for all of them.", "infra-6"),
        ("Training is fully reproducible.", "infra-1"),
        ("The model has been tested for bias.", "model-7"),
        ("Latency is monitored.", "monitor-6"),
        ("Models can be rolled back; rollback is automated.", "infra-7"),
        ("The solution is GDPR compliant.", "data-5"),
    ],
)
def test_a_sentence_without_a_check(sentence: str, test: str) -> None:
    found = report({"README.md": f"# Churn\n\nA model.\n\n{sentence}\n"})
    assert (of(found, test).status, of(found, test).credit.observed) == ("none", 0.0)
    assert message(found, test).startswith("README.md:5 says that ") and "nothing in the repository does it" in message(found, test)
    assert [(n.place.line, n.level) for n in found.notices if n.place is not None and "nothing in the repository does it" in n.message] == [
        (5, "note")
    ]
    assert [(f.place.path, f.place.line, f.tests) for f in found.findings if f.rule == "GOV003"] == [("README.md", 5, (test,))]
    assert not [f for f in report({"README.md": f"# Churn\n\n{sentence}\n"}, "regular").findings if f.rule == "GOV003"]


@pytest.mark.parametrize(
    "text",
    [
        "We will monitor drift.",
        "Drift should be monitored.",
        "Is drift monitored?",
        "Drift is not monitored yet.",
        "TODO: drift is monitored",
        "- [ ] drift is monitored",
        "If you want, drift is monitored.",
        "## Future work\n\nDrift is monitored by a job.",
        "## Roadmap\n\n### Monitoring\n\nDrift is monitored by a job.",
        "```\nDrift is monitored\n```",
        "Drift is a change of the distribution.",
        "| drift | is monitored |\n|---|---|\n| a | b |",
        "## Drift monitoring",
        "Ensure that drift is monitored.",
        "## Proposed extension\n\nDrift is monitored by a job.",
    ],
)
def test_what_is_no_claim(text: str) -> None:
    found = report({"README.md": f"# Churn\n\n{text}\n"})
    assert message(found, "monitor-2") == "no such check was found"
    assert not [f for f in found.findings if f.rule == "GOV003"]


DRIFT = """\
import sys

import pandas as pd
from scipy.stats import ks_2samp

difference = ks_2samp(pd.read_csv("a.csv")["a"], pd.read_csv("b.csv")["a"])
if difference.pvalue < 0.01:
    sys.exit("it has drifted")
"""


def test_a_claim_with_a_check_is_no_news() -> None:
    found = report({"README.md": "We monitor drift.\n", "drift.py": DRIFT, "b.csv": "a\n"})
    assert of(found, "monitor-2").status == "present" and "README" not in message(found, "monitor-2")
    assert not [f for f in found.findings if f.rule == "GOV003"]


def test_what_is_not_visible_here_is_no_finding() -> None:
    files = {"README.md": "We monitor drift in production.\n", "serve.py": ""}
    found = report(files)
    assert of(found, "monitor-2").status == "not_visible"
    assert message(found, "monitor-2").endswith("README.md:1 says that drift is monitored, and nothing here shows it")
    assert not [f for f in found.findings if f.rule == "GOV003"]


@pytest.mark.parametrize(
    "badge", ["badge/drift-monitored-green", "badge/drift%20detection-on-green.svg", "static/v1?label=drift&message=on"]
)
def test_a_badge_that_somebody_wrote(badge: str) -> None:
    found = report({"README.md": f"# Churn\n\n![x](https://img.shields.io/{badge})\n"})
    assert message(found, "monitor-2").startswith("README.md:3 shows a badge, written by hand, that drift is monitored")


def test_a_badge_of_a_service_is_none_of_these() -> None:
    found = report({"README.md": "![drift](https://github.com/o/r/actions/workflows/drift.yml/badge.svg)\n"})
    assert message(found, "monitor-2") == "no such check was found"


MOCK = "    from unittest.mock import Mock\n    monitor = Mock()\n"
HOLLOW = {
    "passes": "    pass",
    "only prints": "    print('fine')",
    "true": "    assert True",
    "literals": "    assert 1 + 1 == 2",
    "own values": "    drift, limit = 0.1, 0.3\n    assert drift < limit",
    "own constant": "    assert LIMIT == 0.3",
    "own containers": "    found = {'drift': 0.1}\n    assert len(found) == 1 and found['drift'] == 0.1",
    "a mock": MOCK + "    monitor.drift.return_value = 0\n    assert monitor.drift() == 0",
    "the call of a mock": MOCK + "    monitor.drift()\n    monitor.drift.assert_called_once()",
    "what it patched": "    from unittest.mock import patch\n    with patch('lib.drift', return_value=0):\n        assert lib.drift() == 0",
    "or true": "    assert lib.drift() == 5 or True",
    "a pair": "    assert (lib.drift() == 5, 'drift')",
    "no length": "    assert len(lib.rows()) >= 0",
    "arrays of its own": "    import numpy as np\n    rows = np.ones((2, 3))\n    assert rows.sum() == 6",
    "another table": "    import pandas as pd\n    lib.drift()\n    assert len(pd.DataFrame({'a': [1]})) == 1",
    "calls and looks away": "    lib.drift()\n    assert 1 == 1",
}
REAL = {
    "a result": "    assert lib.drift() == 0",
    "a changed value": "    rows = {}\n    lib.fill(rows)\n    assert rows['a'] == 1",
    "a file": "    import os\n    assert os.path.exists('a.csv')",
    "a mock that the code was given": MOCK + "    lib.send(monitor)\n    monitor.write.assert_called_once()",
    "an exception": "    import pytest\n    with pytest.raises(ValueError):\n        lib.drift()",
    "a constant of the project": "    assert lib.LIMIT < 1",
    "a table that the code was given": "    import pandas as pd\n    rows = pd.DataFrame()\n    lib.fill(rows)\n    assert len(rows) == 1",
    "a value that a callback fills": "    seen = []\n    lib.each(seen.append)\n    assert seen == [1]",
}
LIB = (
    "LIMIT = 0.3\ndef drift():\n    return 0\ndef fill(rows):\n    rows['a'] = 1\ndef send(sink):\n    sink.write(1)\n"
    "def each(do):\n    do(1)\ndef rows():\n    return [1]\n"
)


def asserting(body: str) -> bool:
    files = {
        "tests/test_a.py": f"import lib\nLIMIT = 0.3\n\n\ndef test_monitor_2_drift():\n{body}\n",
        "lib.py": LIB,
        ".github/workflows/a.yml": WORKFLOW,
    }
    told = "tests/test_a.py:5 `test_monitor_2_drift` asserts nothing about it"
    return told not in message(report(files), "monitor-2")


@pytest.mark.parametrize("body", HOLLOW.values(), ids=HOLLOW)
def test_a_test_that_asserts_nothing(body: str) -> None:
    assert not asserting(body)


@pytest.mark.parametrize("body", REAL.values(), ids=REAL)
def test_a_test_that_asserts_something(body: str) -> None:
    assert asserting(body)


def test_what_is_patched_is_not_run() -> None:
    """A test of the whole pipeline whose pipeline is a mock."""
    measured = TRAIN.replace("SVC().fit", "model = SVC().fit") + "print(model.score(rows[['a']], rows['b']))\n"
    train = f"def main():\n{''.join(f'    {line}{chr(10)}' for line in measured.splitlines())}"
    body = "from unittest.mock import patch\nimport train\n\n\n{}def test_pipeline({}):\n    assert train.main() is None\n"
    whole = {"train.py": train, "tests/test_a.py": body.format("", ""), ".github/workflows/a.yml": WORKFLOW}
    replaced = {**whole, "tests/test_a.py": body.format("@patch('train.main')\n", "main")}
    assert of(report(whole), "infra-3").status == "manual"
    assert of(report(replaced), "infra-3").status == "none"


FEATURES = "def build(rows):\n    rows['c'] = rows['a'] / rows['b']\n    return rows\n"
USES = TRAIN.replace("rows = pd", "from features import build\nrows = build(pd").replace("'a.csv')", "'a.csv'))")
TESTED = """\
import pandas as pd
from features import build


def test_build():
    try:
        assert build(pd.DataFrame({"a": [1.0], "b": [2.0]}))["c"][0] == 0.5
    except {}:
        pass
"""


@pytest.mark.parametrize(("caught", "status"), [("ZeroDivisionError", "automated"), ("Exception", "manual"), ("AssertionError", "manual")])
def test_an_assertion_that_nobody_hears_of(caught: str, status: str) -> None:
    files = {
        "train.py": USES,
        "features.py": FEATURES,
        "tests/test_a.py": TESTED.replace("{}:", f"{caught}:"),
        ".github/workflows/a.yml": WORKFLOW,
    }
    result = of(report(files), "data-7")
    assert result.status == status
    if status == "manual":
        assert result.broken is not None and result.broken.condition == "consequential"
        assert result.broken.message == "what the assertion on line 7 raises is swallowed at line 8"


TABLE = "| Data 1 | schema | 1 |\n|---|---|---|\n| Infra 1 | reproducibility | 1 |\n"
CHECK = (
    "import pandera as pa\nimport pandas as pd\npa.DataFrameSchema({'a': pa.Column(int, pa.Check.ge(0))}).validate(pd.read_csv('a.csv'))\n"
)


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [
        ("docs/quality.md", f"# Data validation: schema\n\n{TABLE}", "manual"),
        ("docs/ml_test_score.md", f"# Data validation: schema\n\n{TABLE}", "present"),
        ("docs/quality.md", f"# ML Test Score\n\n## Schema\n\n{TABLE}", "present"),
        ("README.md", "# Data validation\n\n![schema](https://img.shields.io/badge/schema-42-green)\n", "present"),
    ],
)
def test_a_rubric_that_is_filled_in_by_hand_documents_nothing(path: str, text: str, status: str) -> None:
    assert of(report({path: text, "check.py": CHECK}), "data-1").status == status


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/ml_test_score.csv", "data-1,1\n"),
        ("NOTES.md", "# Our ML Test Score\n\n12 of 28\n"),
        ("README.md", "![s](https://img.shields.io/badge/ML%20Test%20Score-5-green)\n"),
        ("rate.py", "print('ML test score:', 5)\n"),
    ],
)
def test_a_score_that_is_given_by_hand_is_named(path: str, text: str) -> None:
    found = report({path: text})
    said = [n for n in found.notices if "ML Test Score" in n.message]
    assert [(n.place.path, n.level) for n in said if n.place is not None] == [(path, "note")]
    assert found.score.points == report({}).score.points


def test_the_words_are_of_tests_that_there_are() -> None:
    known = {test.id for test in load_rules().tests}
    tests = [claim.test for claim in load_claims()]
    assert len(set(tests)) == len(tests) and set(tests) <= known


def test_many_scores_by_hand_are_one_notice() -> None:
    found = report({"docs/ml_test_score.csv": "data-1,1\n", "rate.py": "print('ML test score:', 5)\n"})
    (said,) = [n.message for n in found.notices if "ML Test Score" in n.message]
    assert said.endswith("; also rate.py:1")
