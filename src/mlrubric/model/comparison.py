"""Two states of one repository: what changed in its score, and which change of a file did it."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place
from mlrubric.model.report import Report
from mlrubric.model.verdict import Finding, TestResult


@dataclass(frozen=True, slots=True)
class Cause:
    """A change of a file. `side` is where `place` can be looked up: "head", or "base" for what is no longer there. `proven`: with this one
    change taken back the test is again what it was."""

    place: Place
    side: str
    message: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A test whose status or credit is not what it was."""

    before: TestResult
    after: TestResult
    causes: tuple[Cause, ...] = ()

    @property
    def gain(self) -> float:
        """In points, below 0 for a loss."""
        return self.after.credit.observed - self.before.credit.observed


@dataclass(frozen=True, slots=True)
class Comparison:
    base: Report
    head: Report
    base_name: str
    head_name: str
    changes: tuple[Change, ...]
    new: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    files: int = 0  # that differ
