"""The mutation proof over every automated fixture: each condition is broken in the text, and status and broken condition follow."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from mlrubric.config import Settings
from mlrubric.model.proof import CONDITIONS, Proof, Trial
from mlrubric.prove.prover import NO_EDIT, TOO_MANY, Prover, mutator_of
from mlrubric.rules.load import load_predictions
from mlrubric.source.tree import MemoryTree

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.glob("tests/*/automated*/expected.toml"))


KNOWN = {
    "infra-4/automated-gitlab",  # `none`: an evaluation that waits for a person holds nobody up
    "infra-4/automated-input",  # no change is known that kills a trigger of Jenkins
    "infra-4/automated-person",  # `none`: `rules` is no key of CircleCI, the job is not read any more
}


@cache
def proof(case: Path) -> Proof:
    """The proof for the test that a fixture is of, and nothing else."""
    files: dict[str, str | bytes] = {
        path.relative_to(case).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(case.rglob("*"))
        if path.is_file() and path.name != "expected.toml"
    }
    return Prover(MemoryTree(files), case.name, Settings(), load_predictions()).prove((case.parent.name,))


def trials(case: Path) -> dict[str, Trial]:
    return {trial.condition: trial for trial in proof(case).trials}


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=[pytest.mark.xfail(strict=True)] if named(c) in KNOWN else []) for c in CASES], ids=named
)
def test_every_condition(case: Path) -> None:
    found = trials(case)
    assert list(found) == list(CONDITIONS)
    wrong = {name: (trial.message, trial.edits) for name, trial in found.items() if trial.outcome == "wrong"}
    assert not wrong
    spared = {one.condition for one in load_predictions() if one.spared(case.parent.name)}
    assert {name for name, trial in found.items() if trial.outcome == "ok"} >= {"live"} - spared
    assert all(trial.repaired for trial in found.values() if trial.outcome == "ok")


def test_every_condition_has_its_mutator() -> None:
    assert set(mutator_of()) == set(CONDITIONS) == {one.condition for one in load_predictions()}


def test_what_was_not_tried_is_explained() -> None:
    reasons = {reason for one in load_predictions() for reason in (one.otherwise, *dict(one.never).values())} | {NO_EDIT, TOO_MANY}
    assert all(trial.message in reasons for case in CASES for trial in proof(case).trials if trial.outcome == "not_tried")
