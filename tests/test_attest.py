"""Attestations: what counts, what does not, and where it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlrubric.analyze import analyze_tree
from mlrubric.config import Attestation, Settings
from mlrubric.model.place import Place
from mlrubric.model.verdict import TestResult
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
TREE = MemoryTree({"docs/ab.md": "# A/B\n", "train.py": "import pandas as pd\n"})


def judged(entry: Attestation, as_of: str = "2026-11-01") -> tuple[TestResult, list[str]]:
    report = analyze_tree(TREE, "x", Settings(attest=(entry,), as_of=as_of)).report
    return next(t for t in report.tests if t.id == entry.test), [n.message for n in report.notices]


def test_a_valid_one_lifts_the_attested_number_only() -> None:
    result, notices = judged(GOOD)
    assert (result.credit.observed, result.credit.attested) == (0.0, 0.5)
    assert result.attestation == "@ml-growth, 2026-10-02"
    assert not any("attestation" in n for n in notices)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"claim": "we check this"}, "fewer than 40 characters"),
        ({"claim": "we compared the offline and the online metrics of the model"}, "no number"),
        ({"owner": ""}, "no owner"),
        ({"expires": "2026-10-20"}, "expired on 2026-10-20"),
        ({"expires": "2028-01-01"}, "within 180 days"),
        ({"date": "2026-12-01", "expires": "2027-01-01"}, "in the future"),
        ({"evidence": ()}, "no evidence"),
        ({"evidence": ("docs/gone.md",)}, "docs/gone.md is not in the repository"),
        ({"status": "automated"}, "a reviewer"),
    ],
)
def test_a_broken_one_counts_nothing_and_is_said(changed: dict[str, object], words: str) -> None:
    result, notices = judged(replace(GOOD, **changed))  # type: ignore[arg-type]
    assert result.credit.attested == 0.0
    assert any(words in n for n in notices)


def test_not_applicable_is_zero_and_named() -> None:
    result, _ = judged(replace(GOOD, status="not_applicable"))
    assert (result.status, result.credit.observed, result.credit.attested) == ("not_applicable", 0.0, 0.0)
