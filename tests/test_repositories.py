"""Whole small repositories of fixtures/repos/: statuses, sums, level and findings are those of a careful reader (expected.toml).

`wrongly` (a table of tests, or a key of a finding) keeps a known wrong answer in the test until it is cured: then the key must go.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mlrubric.analyze import analyze
from mlrubric.config import Settings
from mlrubric.model.report import Report

REPOSITORIES = sorted(path.parent for path in (Path(__file__).parents[1] / "fixtures" / "repos").glob("*/expected.toml"))
CREDIT = {"automated": 1.0, "manual": 0.5}


@cache
def expected(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))


@cache
def report(folder: Path) -> Report:
    return analyze(folder, Settings(exclude=("expected.toml",))).report


def named(folder: Path) -> str:
    return folder.name


every = pytest.mark.parametrize("folder", REPOSITORIES, ids=named)


def test_every_level_has_a_repository() -> None:
    assert {expected(folder)["level"] for folder in REPOSITORIES} == {0, 1, 2}
    assert all((folder / "expected.toml").is_file() for folder in REPOSITORIES[0].parent.iterdir() if folder.is_dir())


@every
def test_the_expectation_adds_up(folder: Path) -> None:
    wanted = expected(folder)
    sums = dict.fromkeys(wanted["sections"], 0.0)
    for test, status in wanted["tests"].items():
        sums[test.partition("-")[0]] += CREDIT.get(status, 0.0)
    assert len(wanted["tests"]) == 28
    assert sums == wanted["sections"]
    assert wanted["final"] == min(sums.values())
    assert wanted["points"] == sum(sums.values())


@every
def test_statuses(folder: Path) -> None:
    wanted = {**expected(folder)["tests"], **expected(folder).get("wrongly", {})}
    assert {result.id: result.status for result in report(folder).tests} == wanted


@every
def test_first_broken_conditions(folder: Path) -> None:
    results = {result.id: result for result in report(folder).tests}
    for test, wanted in expected(folder).get("broken", {}).items():
        broken = results[test].broken
        assert broken is not None and broken.place is not None, test
        assert [broken.condition, broken.place.path, broken.place.line] == wanted, test


@every
def test_sums_and_level(folder: Path) -> None:
    wanted, found = expected(folder), report(folder)
    if "wrongly" not in wanted:
        assert {section: credit.observed for section, credit in found.score.sections} == wanted["sections"]
        assert (found.score.observed, found.score.points) == (wanted["final"], wanted["points"])
    assert found.google.level == wanted["level"]
    assert list(found.google.missing) == wanted["missing"]
    assert found.repository.kind == wanted["kind"]
    assert not found.repository.unreadable


@every
def test_models(folder: Path) -> None:
    """Each model has a card; the repository has the lowest of those that count, and says of which model it is."""
    wanted, found = expected(folder), report(folder)
    if "model" in wanted:
        assert [one.id for one in found.models] == [one["id"] for one in wanted["model"]]
    for one, card in zip(wanted.get("model", []), found.models, strict=False):
        assert (card.release, card.counts) == (one["release"], one["counts"]), card.id
        assert card.score is not None and card.score.points == one["points"], card.id
        statuses = {result.id: result.status for result in card.tests}
        assert len(statuses) == 28
        assert {test: statuses[test] for test in one["tests"]} == one["tests"], card.id
    assert {result.id: result.model for result in found.tests if result.model} == wanted.get("lowest", {})


def test_a_team_without_a_fit_is_told_how_its_tests_are_read() -> None:
    for name, words, hidden in (
        ("prompts", "answers prompts", {"infra-1", "monitor-5"}),
        ("tuned-by-service", "trained by a service", {"infra-2", "monitor-5"}),
    ):
        found = report(REPOSITORIES[0].parent / name)
        assert [n.place.path for n in found.notices if words in n.message and n.place is not None]
        read = {result.id: result for result in found.tests if result.reading}
        assert "infra-4" in read
        assert all(read[test].status == "not_visible" and read[test].broken for test in hidden)
    assert not any(result.reading for result in report(REPOSITORIES[0].parent / "two-models").tests)


@every
def test_one_model_alone(folder: Path) -> None:
    """With `--model` the report is the card."""
    for card in report(folder).models[:2]:
        alone = analyze(folder, Settings(exclude=("expected.toml",), model=card.id)).report
        assert (alone.model, [one.id for one in alone.models]) == (card.id, [card.id])
        assert (alone.tests, alone.score) == (card.tests, card.score)


@every
def test_findings(folder: Path) -> None:
    wanted = {(f["rule"], f["file"], f["line"]) for f in expected(folder).get("finding", []) if f.get("wrongly") != "missing"}
    assert {(f.rule, f.place.path, f.place.line) for f in report(folder).findings} == wanted


@every
def test_evidence_can_be_followed(folder: Path) -> None:
    """Every place of every evidence path is a line that is there."""
    for result in report(folder).tests:
        assert result.status in ("none", "not_visible") or result.evidence, result.id
        for evidence in result.evidence:
            for step in evidence.path:
                lines = (folder / step.place.path).read_text(encoding="utf-8").split("\n")
                assert 1 <= step.place.line <= len(lines), (result.id, step)
