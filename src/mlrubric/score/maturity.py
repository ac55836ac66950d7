"""Google's maturity levels: a level is reached when every required capability up to it is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlrubric.graph.build import Picture
from mlrubric.model.verdict import Capability, Maturity, Step, TestResult
from mlrubric.rules.rule import CapabilityRule, Grade
from mlrubric.score.evidence import Answers, Witness

RANK = {"none": 0, "not_visible": 0, "not_applicable": 0, "present": 1, "manual": 2, "automated": 3}


def google(picture: Picture, rules: Sequence[CapabilityRule], results: Sequence[TestResult]) -> Maturity:
    """The level with all capabilities; `missing` are the required ones of the next level that are not met."""
    statuses = {r.id: r.status for r in results}
    known: dict[str, str] = {}
    capabilities: list[Capability] = []
    for rule in rules:
        capability = _capability(picture, rule, statuses, known)
        known[rule.id] = capability.status
        capabilities.append(capability)
    level = 0
    highest = max((c.level for c in capabilities), default=0)
    for wanted in range(1, highest + 1):
        if all(c.status == "met" for c in capabilities if c.required and c.level == wanted):
            level = wanted
        else:
            break
    missing = tuple(c.id for c in capabilities if c.required and c.level == level + 1 and c.status != "met")
    return Maturity(level, tuple(capabilities), missing)


def _capability(picture: Picture, rule: CapabilityRule, statuses: Mapping[str, str], known: Mapping[str, str]) -> Capability:
    answers = Answers(picture, dict(rule.checks), timed=rule.cadence == "time")
    for status, grades in (("met", rule.met), ("partial", rule.partial)):
        for grade in grades:
            witnesses = _holds(answers, grade, statuses, known)
            if witnesses is not None:
                path: tuple[Step, ...] = witnesses[0].automation.path if witnesses else ()
                return Capability(rule.id, rule.title, rule.level, rule.required, status, path, grade.because)
    return Capability(rule.id, rule.title, rule.level, rule.required, "missing", (), rule.message)


def _holds(answers: Answers, grade: Grade, statuses: Mapping[str, str], known: Mapping[str, str]) -> tuple[Witness, ...] | None:
    """The witnesses of a grade, or None. Conditions: a check, `exists:role`, `test:data-1=manual` (at least), `capability:G1.2`."""
    if not grade.permits(lambda condition: _condition(answers, condition, statuses, known)):
        return None
    if not grade.effective:
        names = [c for c in (*grade.all, *grade.any) if c in answers.checks]
        return answers.witnesses(names)
    run = tuple(w for w in answers.witnesses(grade.effective) if w.automation.level == "kept" and (w.automation.timed or not answers.timed))
    return run or None


def _condition(answers: Answers, condition: str, statuses: Mapping[str, str], known: Mapping[str, str]) -> bool:
    kind, _, rest = condition.partition(":")
    if kind == "test":
        test, _, wanted = rest.partition("=")
        return RANK[statuses.get(test, "none")] >= RANK[wanted or "automated"]
    if kind == "capability":
        return known.get(rest) == "met"
    return bool(answers.nodes(condition))
