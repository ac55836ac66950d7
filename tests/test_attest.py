"""Attestations: what counts, what does not, and where it shows."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mlrubric.analyze import analyze, analyze_tree
from mlrubric.config import Attestation, Settings, read_settings
from mlrubric.model.place import Place
from mlrubric.model.report import Report
from mlrubric.model.verdict import Finding, TestResult
from mlrubric.report import View
from mlrubric.report.screen import paint
from mlrubric.report.why import why_test
from mlrubric.source.tree import MemoryTree

GOOD = Attestation(
    test="model-2",
    status="manual",
    claim="A/B 2026-09: the model degraded by 3 % AUC lost 1.1 % CTR over 12 days",
    owner="@ml-growth",
    date="2026-10-02",
    expires="2027-03-01",
    evidence=("docs/ab.md",),
    cadence="",
    reviewer="",
    place=Place("mlrubric.toml"),
)
FILES = {"docs/ab.md": "# A/B\n", "train.py": "import pandas as pd\n"}
ALERT = """\
groups:
  - name: churn
    rules:
      - alert: Drifted
        expr: feature_drift_score > 0.3
"""
WATCHED = replace(
    GOOD,
    test="monitor-2",
    status="automated",
    cadence="each hour",
    reviewer="@sre",
    expires="",
    claim="The inputs are compared with the training data in the platform of the company",
)


def report(*entries: Attestation, files: dict[str, str] | None = None, as_of: str | None = "2026-11-01", most: int = 4) -> Report:
    settings = Settings(attest=entries, as_of=as_of, attest_max_per_section=most)
    return analyze_tree(MemoryTree({**FILES, **(files or {})}), "x", settings).report


def result_of(found: Report, test: str) -> TestResult:
    return next(t for t in found.tests if t.id == test)


def said(found: Report) -> list[Finding]:
    return [f for f in found.findings if f.rule == "ATT001"]


def test_a_valid_one_lifts_the_attested_number_only() -> None:
    found = report(GOOD)
    result = result_of(found, "model-2")
    assert (result.credit.observed, result.credit.attested, result.credit.lenient) == (0.0, 0.5, 0.5)
    assert result.attestation == "@ml-growth, 2026-10-02"
    assert result.attested is not None and (result.attested.claim, result.attested.expires) == (GOOD.claim, "2027-03-01")
    assert not said(found) and found.score.points == 0.0
    assert dict(found.score.sections)["model"].attested == 0.5


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"claim": "we check this"}, "fewer than 40 characters"),
        ({"claim": " " * 50}, "fewer than 40 characters"),
        ({"claim": "we compared the offline and the online metrics of the model"}, "no number"),
        ({"owner": ""}, "no owner"),
        ({"date": ""}, "no date"),
        ({"date": "last spring"}, "`last spring` is no date"),
        ({"expires": "2027"}, "`2027` is no date"),
        ({"expires": "2026-10-20"}, "expired on 2026-10-20"),
        ({"expires": "2028-01-01"}, "within 180 days"),
        ({"expires": "2026-10-01"}, "before its date"),
        ({"date": "2026-12-01", "expires": "2027-01-01"}, "in the future"),
        ({"evidence": ()}, "no evidence"),
        ({"evidence": ("docs/gone.md",)}, "docs/gone.md is not in the repository"),
        ({"evidence": ("docs/ab.md", "docs/gone.md#a")}, "docs/gone.md#a is not in the repository"),
        ({"evidence": ("http://wiki.example/ab",)}, "neither an https address nor a path"),
        ({"evidence": ("https://",)}, "neither an https address nor a path"),
        ({"evidence": ("mlrubric.toml",)}, "the attestation itself"),
        ({"evidence": ("",)}, "is not in the repository"),
        ({"status": "automated", "cadence": "daily"}, "a reviewer"),
        ({"status": "automated", "cadence": "daily", "reviewer": "ML-Growth"}, "a reviewer who is not the owner"),
        ({"status": "automated", "reviewer": "@sre"}, "a cadence"),
        ({"status": "not_applicable", "claim": "no"}, "the reason has fewer than 40"),
    ],
)
def test_a_broken_one_counts_nothing_and_is_an_error(changed: dict[str, object], words: str) -> None:
    found = report(replace(GOOD, **changed))  # type: ignore[arg-type]
    result = result_of(found, "model-2")
    assert (result.status, result.credit.attested, result.attestation) == ("not_visible", 0.0, None) or result.status == "none"
    (finding,) = said(found)
    assert (finding.level, finding.place.path, finding.tests) == ("error", "mlrubric.toml", ("model-2",))
    assert words in finding.message


def test_the_first_screen_says_that_one_does_not_count() -> None:
    found = report(replace(GOOD, owner=""), replace(GOOD, test="model-4", evidence=()), replace(GOOD, test="model-3"))
    (notice,) = [n for n in found.notices if "ATT001" in n.message]
    assert notice.message == "2 attestations do not count, as ATT001 says: model-2 (mlrubric.toml:1), model-4 (mlrubric.toml:1)"
    assert (notice.level, notice.place) == ("note", None)  # shown without -v, and no limit of the run


def test_all_that_is_wrong_is_said_at_once() -> None:
    (finding,) = said(report(replace(GOOD, claim="we check this", owner="", evidence=())))
    assert all(words in finding.message for words in ("40 characters", "no owner", "no evidence"))


@pytest.mark.parametrize(
    "evidence", ["docs/ab.md#result", "docs/ab.md:3", "./docs/ab.md", "docs", "docs/", "https://wiki.example/ab?x=1#y"]
)
def test_evidence_that_is_there(evidence: str) -> None:
    assert not said(report(replace(GOOD, evidence=(evidence,))))


def test_not_applicable_is_zero_and_named() -> None:
    result = result_of(report(replace(GOOD, status="not_applicable")), "model-2")
    assert (result.status, result.credit.observed, result.credit.attested) == ("not_applicable", 0.0, 0.0)
    assert result.attestation == "@ml-growth, 2026-10-02"


@pytest.mark.parametrize(("test", "last"), [("monitor-2", "2026-12-31"), ("model-2", "2027-03-31")])
def test_how_long_one_lasts_that_does_not_say_it(test: str, last: str) -> None:
    entry = replace(GOOD, test=test, expires="")
    result = result_of(report(entry), test)
    assert result.attested is not None and result.attested.expires == last
    assert not said(report(entry, as_of=last))[0].message.startswith("x") and said(report(entry, as_of=last))[0].level == "note"
    after = last[:8] + "31" if last.endswith("30") else "2027-01-01" if test == "monitor-2" else "2027-04-01"
    assert f"expired on {last}" in said(report(entry, as_of=after))[0].message


@pytest.mark.parametrize(
    ("as_of", "words"), [("2027-01-29", None), ("2027-01-30", "in 30 days"), ("2027-02-28", "tomorrow"), ("2027-03-01", "today")]
)
def test_its_end_is_told_a_month_before(as_of: str, words: str | None) -> None:
    found = report(GOOD, as_of=as_of)
    assert result_of(found, "model-2").credit.attested == 0.5
    assert [(f.level, words in f.message if words else None) for f in said(found)] == ([("note", True)] if words else [])


def test_without_a_date_nothing_expires_and_it_is_said_once() -> None:
    found = report(replace(GOOD, date="2020-01-01", expires="2020-02-01"), replace(GOOD, test="model-4"), as_of=None)
    assert not said(found)
    assert sum("no attestation expires" in notice.message for notice in found.notices) == 1


def test_a_test_that_is_attested_twice() -> None:
    found = report(GOOD, replace(GOOD, status="not_applicable", place=Place("mlrubric.toml")))
    assert len(said(found)) >= 1 and all("attested 2 times" in f.message for f in said(found))
    assert result_of(found, "model-2").credit.attested == 0.0


def test_only_so_many_lift_one_section() -> None:
    entries = [replace(GOOD, test=f"model-{n}") for n in (2, 3, 4)]
    found = report(*entries, most=2)
    assert dict(found.score.sections)["model"].attested == 1.0
    assert [n.message for n in found.notices if "model-4 lifts nothing" in n.message]
    late = result_of(found, "model-4")
    assert late.attested is not None and not late.attested.counts and late.attestation


def test_an_exported_definition_is_worth_a_point() -> None:
    entry = replace(WATCHED, evidence=("exported/drift.yml",))
    found = report(entry, files={"exported/drift.yml": ALERT})
    assert not said(found), said(found)
    assert result_of(found, "monitor-2").credit.attested == 1.0
    assert result_of(found, "monitor-2").credit.observed < 1.0


EXPORTS = {
    "datadog": '{"type": "metric alert", "name": "Drift", "query": "avg(last_1h):avg:ml.feature_drift{*} > 0.3"}',
    "cloudwatch": '{"MetricAlarms": [{"AlarmName": "feature-drift", "MetricName": "feature_drift"}]}',
    "grafana": '{"title": "Drift", "noDataState": "OK", "data": [{"datasourceUid": "p", "model": {"expr": "feature_drift_score"}}]}',
    "prometheus": '{"data": {"groups": [{"rules": [{"type": "alerting", "name": "Drift", "query": "feature_drift_score > 1"}]}]}}',
    "google": '{"displayName": "Drift", "conditions": [{"conditionThreshold": {"filter": "metric.type=ml/feature_drift"}}]}',
}


@pytest.mark.parametrize("system", EXPORTS)
def test_an_export_in_json_defines_and_runs_nothing(system: str) -> None:
    files = {"exported/drift.json": EXPORTS[system]}
    found = report(replace(WATCHED, evidence=("exported/drift.json",)), files=files)
    result = result_of(found, "monitor-2")
    assert not said(found) and result.credit.attested == 1.0
    assert (result.status, result.credit.observed) == ("present", 0.0)
    assert result.broken is not None and "an export of the system that runs it" in result.broken.message


@pytest.mark.parametrize(
    ("evidence", "files"),
    [
        ("https://grafana.example/alerting/7", {}),
        ("docs/ab.md", {}),
        ("exported/drift.yml", {"exported/drift.yml": "drift: watched\n"}),
        (
            "exported/drift.yml",
            {"exported/drift.yml": ALERT.replace("feature_drift_score", "http_requests_total").replace("Drifted", "Busy")},
        ),
        ("drift.py", {"drift.py": "from scipy.stats import ks_2samp\n"}),
    ],
)
def test_what_defines_nothing_is_half_a_point(evidence: str, files: dict[str, str]) -> None:
    found = report(replace(WATCHED, evidence=(evidence,)), files=files)
    assert not said(found)
    assert result_of(found, "monitor-2").credit.attested == 0.5


WORKFLOW = """\
on:
  schedule:
    - cron: "0 6 * * *"
jobs:
  {}:
    runs-on: ubuntu-latest
    steps:
      - run: python -m platform_jobs.run
"""


@pytest.mark.parametrize(("job", "worth"), [("input-drift", 1.0), ("invoices", 0.5)])
def test_a_vendored_workflow_of_a_sibling(job: str, worth: float) -> None:
    path = "vendor/platform/.github/workflows/nightly.yml"
    found = report(replace(WATCHED, evidence=(path,)), files={path: WORKFLOW.format(job)})
    assert not said(found)
    assert result_of(found, "monitor-2").credit.attested == worth


CHECKED = """\
import pandera as pa
import pandas as pd

rows = pd.read_csv("a.csv")
pa.DataFrameSchema({"a": pa.Column(int, pa.Check.ge(0))}).validate(rows)
"""


def test_it_never_lowers_what_the_graph_shows() -> None:
    """A test that is there and is said not to apply is a contradiction, and keeps its status."""
    files = {"dq.py": CHECKED}
    entry = replace(GOOD, test="data-1", status="not_applicable")
    plain, found = report(files=files), report(entry, files=files)
    assert result_of(plain, "data-1").status == "present"
    assert replace(result_of(found, "data-1")) == result_of(plain, "data-1")
    assert "it applies" in said(found)[0].message


OWNED = {"CODEOWNERS": "* @acme/ml-growth\n"}


@pytest.mark.parametrize(
    ("owner", "known"), [("@acme/ml-growth", True), ("@ML-Growth", False), ("acme/ml-growth", True), ("@acme/sre", False), ("Ada", False)]
)
def test_the_owner_answers_for_code(owner: str, known: bool) -> None:
    if owner == "@ML-Growth":  # the same team without its organisation
        known = True
    assert (not said(report(replace(GOOD, owner=owner), files=OWNED))) is known


def repository(folder: Path) -> Path:
    (folder / "docs").mkdir(parents=True)
    for path, text in FILES.items():
        (folder / path).write_text(text, encoding="utf-8")
    git = ["git", "-c", "user.name=Ada Lovelace", "-c", "user.email=12+ada@users.noreply.github.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(("owner", "known"), [("Ada Lovelace", True), ("@ada", True), ("@grace", False)])
def test_the_owner_wrote_code(tmp_path: Path, owner: str, known: bool) -> None:
    found = analyze(repository(tmp_path), Settings(attest=(replace(GOOD, owner=owner),), as_of="2026-11-01")).report
    assert (not said(found)) is known


ENTRY = """\
[[attest]]
test = "model-2"
status = "manual"
claim = "A/B 2026-09: the model degraded by 3 % AUC lost 1.1 % CTR over 12 days"
owner = "@ml-growth"
date = 2026-10-02
evidence = ["docs/{}.md"]
"""


def test_an_organisation_vouches(tmp_path: Path) -> None:
    (tmp_path / "org.toml").write_text(ENTRY.format("gone"), encoding="utf-8")
    root = tmp_path / "churn"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "ab.md").write_text("# A/B\n", encoding="utf-8")
    own = root / "mlrubric.toml"
    own.write_text('extends = "../org.toml"\n', encoding="utf-8")
    found = analyze(root, replace(read_settings(root), as_of="2026-11-01")).report
    assert not said(found)
    assert [
        n.message for n in found.notices if n.message.startswith("../org.toml:1: the attestation of model-2 does not count: its evidence")
    ]
    own.write_text('extends = "../org.toml"\n' + ENTRY.format("ab"), encoding="utf-8")
    found = analyze(root, replace(read_settings(root), as_of="2026-11-01")).report
    assert result_of(found, "model-2").credit.attested == 0.5
    assert not [n for n in found.notices if "org.toml" in n.message] and not said(found)


def test_why_tells_of_it() -> None:
    for entry, words in ((GOOD, GOOD.claim), (replace(GOOD, evidence=()), "mlrubric.toml:1: the attestation of model-2 does not count")):
        found = report(entry)
        text = paint(why_test(View(found, lambda _: "", {}), result_of(found, "model-2"), 140), 140, False, True)
        assert words in text


def test_a_finding_stands_at_its_table(tmp_path: Path) -> None:
    """In a pyproject.toml as well; its fingerprint does not depend on the entries above it."""
    entry = '[[tool.mlrubric.attest]]\ntest = "model-{}"\nstatus = "manual"\n\n'
    prints = []
    for number, text in enumerate((entry.format(2), entry.format(4) + entry.format(2))):
        (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\n\n{text}', encoding="utf-8")
        found = said(analyze(tmp_path, read_settings(tmp_path)).report)
        assert [finding.place.line for finding in found] == [4, 8][: number + 1]
        prints.append(next(finding.fingerprint for finding in found if finding.tests == ("model-2",)))
    assert prints[0] == prints[1]


def test_evidence_in_another_repository_of_the_system(tmp_path: Path) -> None:
    for path, text in (("training/train.py", "import pandas as pd\n"), ("serving/rules/drift.yml", ALERT)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    root = tmp_path / "training"
    for evidence, worth in (("../serving/rules/drift.yml", 1.0), ("../serving/rules/gone.yml", 0.0)):
        settings = Settings(attest=(replace(WATCHED, evidence=(evidence,)),), as_of="2026-11-01", members=(tmp_path / "serving",))
        found = analyze(root, settings).report
        assert result_of(found, "monitor-2").credit.attested - result_of(found, "monitor-2").credit.observed == worth
        assert [evidence in finding.message for finding in said(found)] == ([] if worth else [True])
        attested = result_of(found, "monitor-2").attested
        assert attested is None or attested.evidence == (evidence,)
