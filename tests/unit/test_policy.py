"""The policy switches: grades that are asked under one value only, and what the arithmetic makes of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.programs import picture

from mlrubric.analyze import analyze_tree
from mlrubric.config import Attestation, Settings
from mlrubric.model.place import Place
from mlrubric.model.policy import DEFAULTS, POLICY, changed
from mlrubric.model.report import SECTIONS
from mlrubric.model.verdict import Credit, TestResult
from mlrubric.report.json_report import report_document
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import RuleError
from mlrubric.score.credit import credit_of, score_of
from mlrubric.score.ml_test import judge_test
from mlrubric.source.tree import MemoryTree

RULE = """
id = "infra-1"
title = "A test of its own."
section = "infra"
specific = "model"
cadence = "any"

[check.seed]
role = "random.seed"

[[grade]]
status = "manual"
all = ["seed"]
policy = { seeds_only = "half" }

[[grade]]
status = "present"
all = ["seed"]

[docs]
reason = "r"
counts = "c"
not = "n"
"""


def book(folder: Path, text: str) -> Path:
    for name in ("tests", "levels", "schema"):
        (folder / name).mkdir()
    (folder / "tests" / "infra-1.toml").write_text(text)
    schema = load_rules().tests[0].path.parent.parent / "schema" / "test.schema.json"
    (folder / "schema" / "test.schema.json").write_text(schema.read_text())
    return folder


@pytest.mark.parametrize(("value", "status"), [("present", "present"), ("half", "manual")])
def test_a_grade_is_asked_under_its_policy_only(tmp_path: Path, value: str, status: str) -> None:
    (test,) = load_rules(book(tmp_path, RULE), check=True).tests
    graph = picture({"train.py": "import random\nrandom.seed(0)\n"})
    assert judge_test(graph, test, DEFAULTS | {"seeds_only": value}).status == status


@pytest.mark.parametrize("policy", ['seeds_only = "full"', 'seed = "half"'])
def test_a_policy_that_there_is_not_is_refused(tmp_path: Path, policy: str) -> None:
    with pytest.raises(RuleError):
        load_rules(book(tmp_path, RULE.replace('seeds_only = "half"', policy)))


def test_the_switches_of_the_packaged_rules_can_be_told_apart() -> None:
    for test in load_rules().tests:
        for grade in test.grades:
            assert all(value in POLICY[name] for name, value in grade.policy)


@pytest.mark.parametrize(
    ("status", "part", "confidence", "policy", "wanted"),
    [
        ("none", False, 0.9, {}, (0.0, 0.0)),
        ("present", False, 0.9, {}, (0.0, 0.5)),
        ("manual", False, 0.9, {}, (0.5, 0.5)),
        ("manual", True, 0.9, {}, (0.5, 1.0)),
        ("manual", True, 0.9, {"partial": "full"}, (1.0, 1.0)),
        ("manual", False, 0.9, {"partial": "full"}, (0.5, 0.5)),
        ("manual", True, 0.45, {"partial": "full"}, (0.5, 0.5)),
        ("automated", False, 0.9, {}, (1.0, 1.0)),
        ("not_visible", False, 0.9, {}, (0.0, 0.0)),
    ],
)
def test_credit(status: str, part: bool, confidence: float, policy: dict[str, str], wanted: tuple[float, float]) -> None:
    observed, lenient = wanted
    assert credit_of(status, part, confidence, DEFAULTS | policy) == Credit(observed, observed, lenient)


def results(not_applicable: int) -> tuple[TestResult, ...]:
    """Every test half a point, the first ones of the data section not applicable."""
    half = Credit(0.5, 0.5, 1.0)
    out = [TestResult(f"{section}-{n}", "", section, "manual", credit=half) for section in SECTIONS for n in range(1, 8)]
    return tuple(TestResult(r.id, "", r.section, "not_applicable") if n < not_applicable else r for n, r in enumerate(out))


@pytest.mark.parametrize(("left_out", "plain", "scaled"), [(0, 3.5, 3.5), (1, 3.0, 3.5), (2, 2.5, 3.5), (7, 0.0, 0.0)])
def test_a_section_with_tests_that_do_not_apply(left_out: int, plain: float, scaled: float) -> None:
    zero, rescale = (score_of(results(left_out), DEFAULTS | {"not_applicable": value}) for value in ("zero", "rescale"))
    assert dict(zero.sections)["data"] == Credit(plain, plain, scaled * 2)
    assert dict(rescale.sections)["data"] == Credit(scaled, scaled, scaled * 2)
    assert [(one.section, one.left_out, one.observed) for one in rescale.rescaled] == [("data", left_out, True)] * (0 < left_out < 7)
    assert [one.observed for one in zero.rescaled] == [False] * (0 < left_out < 7)


def test_the_report_says_which_switches_differ() -> None:
    tree = MemoryTree({"train.py": "import pandas as pd\npd.read_csv('a.csv')\n"})
    entry = Attestation(
        "data-5",
        "not_applicable",
        "All rows are of machines, none of persons, as the contract says",
        "@a",
        "2026-10-02",
        "2026-12-01",
        ("https://x.example/a",),
        "",
        "",
        Place("mlrubric.toml"),
    )
    policy = tuple((DEFAULTS | {"not_applicable": "rescale"}).items())
    report = analyze_tree(tree, "x", Settings(attest=(entry,), policy=policy, as_of="2026-11-01")).report
    document = report_document(report, lambda path: "")
    assert document["policy"] == {"not_applicable": "rescale"}
    score = document["score"]
    assert isinstance(score, dict)
    assert score["rescaled"] == [{"section": "data", "not_applicable": 1, "numbers": ["observed", "attested", "lenient"]}]
    assert changed(DEFAULTS) == ()
