"""Smallest repositories for the statuses of a test and for the six conditions: fixtures/tests/<test>/<status or condition>/.

`expected.toml` beside the files: status, the first broken condition, where it breaks, and why. Neighbours differ by one idea; several cases
of one name are told apart by a suffix (`automated-container`).
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mlrubric.analyze import analyze
from mlrubric.config import Settings
from mlrubric.model.verdict import TestResult

ROOT = Path(__file__).parents[1] / "fixtures" / "tests"
CASES = sorted(path.parent for path in ROOT.glob("*/*/expected.toml"))
STATUSES = ("none", "present", "manual", "automated")
CONDITIONS = ("live", "wired", "not_skipped", "consequential", "right_data", "covering")
COMPLETE = (
    *(f"data-{n}" for n in (1, 2, 3, 4, 5, 7)),
    *(f"model-{n}" for n in (1, 3, 5, 6, 7)),
    *(f"infra-{n}" for n in (1, 2, 3, 4)),
    *(f"monitor-{n}" for n in range(1, 8)),
)
HALF = ("data-6", "model-2", "model-4")  # never automated: what they ask for is not visible in a repository
CREDIT = {"automated": 1.0, "manual": 0.5}


def expected(case: Path) -> dict[str, str]:
    return tomllib.loads((case / "expected.toml").read_text(encoding="utf-8"))


@cache
def result(case: Path) -> TestResult:
    report = analyze(case, Settings(exclude=("expected.toml",))).report
    assert not report.repository.unreadable
    return next(one for one in report.tests if one.id == case.parent.name)


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


every = pytest.mark.parametrize("case", CASES, ids=named)


def test_the_cases_are_complete() -> None:
    there = {named(case) for case in CASES}
    wanted = {f"{test}/{status}" for test in COMPLETE for status in STATUSES}
    wanted |= {f"{test}/{status}" for test in HALF for status in STATUSES[:3]}
    wanted |= {f"{test}/{condition}" for test in ("data-1", "infra-4") for condition in CONDITIONS}
    assert wanted <= there
    assert {named(folder) for folder in ROOT.glob("*/*")} == there


@every
def test_a_case_is_what_it_is_called(case: Path) -> None:
    wanted = expected(case)
    assert case.name.partition("-")[0] in (wanted["status"], wanted.get("condition"))
    if "at" in wanted:
        path, _, line = wanted["at"].partition(":")
        assert (case / path).read_text(encoding="utf-8").split("\n")[int(line) - 1].strip()


@every
def test_status(case: Path) -> None:
    found, wanted = result(case), expected(case)
    assert found.status == wanted["status"], found.broken
    assert found.credit.observed == CREDIT.get(wanted["status"], 0.0)
    assert bool(found.evidence) == (wanted["status"] not in ("none", "not_visible"))


@every
def test_first_broken_condition(case: Path) -> None:
    found, wanted = result(case), expected(case)
    broken = found.broken
    assert (broken.condition if broken else None) == wanted.get("condition")
    place = f"{broken.place.path}:{broken.place.line}" if broken and broken.place else None
    assert place == wanted.get("at")
    assert broken is None or broken.message
    top = "manual" if case.parent.name in HALF else "automated"
    assert bool(found.next) == (wanted["status"] != top)


@pytest.mark.parametrize(
    ("case", "switch", "value"),
    [("monitor-1/covering", "upstream", "packages"), ("monitor-3/covering", "structural_skew", "full")],
)
def test_an_organisation_may_count_a_part_in_full(case: str, switch: str, value: str) -> None:
    settings = Settings(exclude=("expected.toml",))
    there = tuple((dict(settings.policy) | {switch: value}).items())
    report = analyze(ROOT / case, replace(settings, policy=there)).report
    assert next(one for one in report.tests if one.id == case.partition("/")[0]).status == "automated"
    assert result(ROOT / case).status == "manual"
