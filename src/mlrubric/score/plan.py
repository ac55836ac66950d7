"""What to do next: breaks that several tests share come first, then steps by their gain in the section that decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlrubric.model.policy import DEFAULTS
from mlrubric.model.report import Score
from mlrubric.model.verdict import Break, Broken, NextStep, TestResult
from mlrubric.score.credit import score_of


def breaks(results: Sequence[TestResult]) -> tuple[Break, ...]:
    """Places where one mend makes several tests real, the widest first."""
    found: dict[tuple[str, int, str], list[TestResult]] = {}
    for result in results:
        broken = result.broken
        if broken is not None and broken.place is not None and result.status in ("manual", "present") and _mendable(result, broken):
            found.setdefault((broken.place.path, broken.place.line, broken.message), []).append(result)
    made = []
    for members in found.values():
        if len(members) < 2:
            continue
        broken = members[0].broken
        assert broken is not None and broken.place is not None
        path = members[0].evidence[0].path if members[0].evidence else ()
        made.append(Break(broken.place, broken.message, tuple(r.id for r in members), path))
    return tuple(sorted(made, key=lambda b: (-len(b.tests), b.place)))


def steps(
    results: Sequence[TestResult], score: Score, shared: Sequence[Break], effort: Mapping[str, int], policy: Mapping[str, str] = DEFAULTS
) -> tuple[NextStep, ...]:
    """The plan: each step with its gain in points and the score once it and those before it are done."""
    ordered: list[NextStep] = []
    for one in shared[:1]:
        gain = sum(_gain(r) for r in results if r.id in one.tests and r.quality == "full" and r.status == "manual")
        ordered.append(NextStep(gain, f"mend “{one.message}”: makes {len(one.tests)} checks real", one.place, None, one.tests))
    lowest = min(c.observed for _, c in score.sections)
    weakest = {s for s, c in score.sections if c.observed == lowest}
    taken = {t for step in ordered for t in step.tests}
    candidates = [(r, n) for r in results for n in r.next[:1] if r.id not in taken]
    candidates.sort(
        key=lambda pair: (pair[0].section not in weakest, -_nearness(pair[0]), effort.get(pair[0].id, 2), -pair[1].gain, pair[0].id)
    )
    ordered.extend(n for _, n in candidates)
    return _with_scores(results, ordered, policy)


def _mendable(result: TestResult, broken: Broken) -> bool:
    """Whether one edit at the place of the break lets the check count: a lost failure, a skip, a trigger that is off."""
    if broken.condition == "live":
        return bool(result.evidence) and result.evidence[0].path[0].kind == "trigger"
    return broken.condition in ("consequential", "not_skipped")


def _gain(result: TestResult) -> float:
    return 1.0 - result.credit.observed


def _nearness(result: TestResult) -> int:
    return {"manual": 2, "present": 3}.get(result.status, 1)


def _with_scores(results: Sequence[TestResult], ordered: Sequence[NextStep], policy: Mapping[str, str]) -> tuple[NextStep, ...]:
    """Apply the steps one after the other and note the score after each."""
    current = {r.id: r for r in results}
    found: list[NextStep] = []
    for step in ordered:
        share = step.gain / len(step.tests) if step.tests else 0.0
        for test in step.tests:
            result = current[test]
            credit = min(1.0, result.credit.observed + share)
            current[test] = replace(result, credit=replace(result.credit, observed=credit))
        found.append(replace(step, score=score_of(tuple(current.values()), policy).observed))
    return tuple(found)
