"""What a team does next about one test: mend the hop that breaks, complete the check, or write it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlrubric.model.verdict import Broken, NextStep, TestResult
from mlrubric.rules.rule import Mend, RuleBook, TestRule
from mlrubric.score.credit import EARNED

HOPS = frozenset({"live", "wired", "not_skipped", "consequential"})  # conditions that one edit on the way to the check restores
COMPLETE, WRITE = 1, 2  # edits: at a check that is there; the check itself and what runs it


def advised(results: Iterable[TestResult], book: RuleBook) -> tuple[TestResult, ...]:
    """The results, each with its next step where a repository can still show more."""
    tests = {test.id: test for test in book.tests}
    return tuple(replace(result, next=tuple(next_steps(tests[result.id], result, book.mends))) for result in results)


def next_steps(test: TestRule, result: TestResult, mends: Sequence[Mend]) -> list[NextStep]:
    gain = EARNED.get(test.ceiling, 0.0) - result.credit.observed
    if gain <= 0 or result.status in ("automated", "not_applicable"):
        return []
    place = result.broken.place if result.broken is not None else None
    mend = mend_of(result, mends)
    if mend is not None and result.broken is not None:
        return [NextStep(gain, mend.advice(result.broken.message) or "", place, tests=(test.id,), edits=mend.edits)]
    edits = COMPLETE if result.evidence else WRITE
    return [NextStep(gain, action, place, tests=(test.id,), edits=edits) for action in test.next[:1]]


def mend_of(result: TestResult, mends: Sequence[Mend]) -> Mend | None:
    """The mend of what breaks a check that is there, or None when the check itself is what has to change."""
    return known_mend(result.broken, mends) if result.broken is not None and result.evidence else None


def known_mend(broken: Broken, mends: Sequence[Mend]) -> Mend | None:
    if broken.condition not in HOPS:
        return None
    return next((mend for mend in mends if mend.said.search(broken.message)), None)
