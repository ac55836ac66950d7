"""Every status that a test or a capability can take, and when it takes it, as its file in the rule book says."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.rules.rule import CapabilityRule, Grade, TestRule

POINTS = {"automated": "1 point", "manual": "½ point"}
UNVISITED = "a check is there; nothing live runs it, and no result of it is documented"
BY_HAND = "a check is there that only people start, and its result is documented in the repository"


@dataclass(frozen=True, slots=True)
class Status:
    """`when` are the ways to get it, each a sentence without its full stop."""

    name: str
    credit: str
    when: tuple[str, ...]


def statuses_of_test(test: TestRule) -> tuple[Status, ...]:
    """From the best one down to `none`."""
    found = []
    for name in ("automated", "manual", "present"):
        when = _ways(test, [grade for grade in test.grades if grade.status == name])
        if when:
            found.append(Status(name, POINTS.get(name, "0 points"), when))
    hidden = ["nothing is served in this repository, so that it would be seen in another one"] if test.hidden == "serving" else []
    if test.unread:
        hidden.append("a program that is not analysed, or automation of another repository, may do it by its name")
    if hidden:
        found.append(Status("not_visible", "0 points", tuple(hidden)))
    found.append(Status("not_applicable", "0 points", ("somebody attests in the configuration, with a reason, that it does not apply",)))
    found.append(Status("none", "0 points", ("nothing of the kind is seen",)))
    return tuple(found)


def _ways(test: TestRule, grades: list[Grade]) -> tuple[str, ...]:
    """The reasons of the grades of one status, each once; a grade without reason is the plain case of its status."""
    plain = {"automated": _counts(test), "manual": BY_HAND, "present": UNVISITED}
    ways = [grade.because or plain[grade.status] for grade in grades]
    if any(grade.status == "manual" and grade.effective for grade in grades):
        ways.append(BY_HAND)
    return tuple(dict.fromkeys(way.rstrip(".") for way in ways))


def _counts(test: TestRule) -> str:
    cadence = "; something other than a change of code must start it" if test.cadence == "time" else ""
    return f"{str(test.docs.get('counts', '')).strip().rstrip('.')}{cadence}; all six conditions hold"


def statuses_of_capability(rule: CapabilityRule) -> tuple[Status, ...]:
    met = str(rule.docs.get("counts", "")).strip().rstrip(".") or "its evidence is in the graph and is run"
    found = [Status("met", "", (met,))]
    if rule.partial:
        told = [grade.because for grade in rule.partial if grade.because] or [str(rule.docs.get("partial", "")).strip().rstrip(".")]
        found.append(
            Status("partial", "", tuple(dict.fromkeys(way for way in told if way)) or ("a part of it is there, or nothing runs it",))
        )
    found.append(Status("missing", "", (rule.message or "nothing of the kind is seen",)))
    if "elsewhere" in rule.docs:
        found.append(Status("not_visible", "", (str(rule.docs["elsewhere"]).strip().rstrip("."),)))
    return tuple(found)
