"""Attestations: what people say of tests that a repository cannot show. They lift the attested number, never the observed one, and never
lower a status that the graph shows. Source: section 2.5 of the rubric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mlrubric.config import Attestation, Settings
from mlrubric.graph.attestations import Stated
from mlrubric.graph.build import Picture
from mlrubric.model.facts import Owner
from mlrubric.model.place import Place
from mlrubric.model.report import Message
from mlrubric.model.verdict import Attested, TestResult
from mlrubric.rules.attesting import load_attest_rules
from mlrubric.rules.rule import RuleBook, TestRule
from mlrubric.score.attest_form import Known, day, expiry, names_of, problems_of
from mlrubric.score.contradiction import contradiction, defines

SOON = 30  # days before its end in which it is said that an attestation ends
HALF, FULL = 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is to be said of one attestation: `problem` why it counts nothing, `ending` that it soon will; `shown` is the place in the
    repository that contradicts it."""

    entry: Attestation
    problem: str = ""
    ending: str = ""
    shown: Place | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The results with attested credit, what is to be said of each attestation, and notices of the run."""

    results: tuple[TestResult, ...]
    inside: tuple[Stated, ...] = ()  # what stands in files of the repository, with what is wrong with it
    notices: tuple[Message, ...] = ()


def known_of(picture: Picture, authors: Collection[str] | None, as_of: str | None) -> Known:
    """What attestations are held against. Owners of code count where there are some, authors where there is a whole history."""
    owners = [name for _, line in picture.world.every(Owner) for name in line.owners]
    people = names_of([*owners, *(authors or ())]) if owners or authors else None
    files = picture.world.files
    folders = frozenset(folder for path in files for folder in _above(path))
    return Known(frozenset(files), folders, people, day(as_of or ""))


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def attested(results: Sequence[TestResult], picture: Picture, book: RuleBook, settings: Settings, known: Known) -> Judged:
    """Each attestation judged by its form and against the graph, and counted where it is valid."""
    if not settings.attest:
        return Judged(tuple(results))
    rules = load_attest_rules()
    tests = {test.id: test for test in book.tests}
    by_test = {result.id: result for result in results}
    times = Counter(entry.test for entry in settings.attest)
    lifted: Counter[str] = Counter()
    rulings, notices = [], []
    for entry in settings.attest:
        result = by_test.get(entry.test)
        if result is None:  # only some tests are judged again
            continue
        twice = [f"{entry.test} is attested {times[entry.test]} times"] if times[entry.test] > 1 else []
        wrong = [*twice, *problems_of(entry, rules, known)]
        if wrong:
            rulings.append(Ruling(entry, "; ".join(wrong)))
            continue
        denied = contradiction(picture, tests[entry.test], result, entry, rules)
        if denied is not None:
            where = f" ({denied[1]})" if denied[1] is not None else ""
            rulings.append(Ruling(entry, f"the repository contradicts it: {denied[0]}{where}", shown=denied[1]))
            continue
        ends = expiry(entry, rules)
        left = (ends - known.today).days if ends is not None and known.today is not None else SOON + 1
        rulings.append(Ruling(entry, ending=_in_days(left, str(ends)) if left <= SOON else ""))
        worth = _worth(picture, tests[entry.test], entry, result)
        full = lifted[result.section] >= settings.attest_max_per_section
        if worth > result.credit.observed and full:
            many = settings.attest_max_per_section
            notices.append(
                Message("note", f"attestation of {entry.test} lifts nothing: only {many} attested tests may lift one section", _at(entry))
            )
            worth = result.credit.observed
        lifted[result.section] += worth > result.credit.observed
        by_test[entry.test] = _with(result, entry, str(ends), worth)
    if known.today is None:
        notices.append(
            Message("note", "no date is known (no git history, or a shallow one), so that no attestation expires: give one with --as-of")
        )
    inside = tuple(_stated(one) for one in rulings if not one.entry.outside)
    refused = [f"{one.test} ({one.place})" for one in inside if one.problem]
    if refused:
        those = "an attestation does" if len(refused) == 1 else f"{len(refused)} attestations do"
        notices.append(Message("note", f"{those} not count, as ATT001 says: {', '.join(refused)}"))
    return Judged(tuple(by_test[result.id] for result in results), inside, (*notices, *_outside(rulings)))


def _worth(picture: Picture, test: TestRule, entry: Attestation, result: TestResult) -> float:
    """What it lifts the attested number of its test to."""
    if entry.status == "not_applicable":
        return result.credit.observed
    whole = entry.status == "automated" and defines(picture, test, entry, load_attest_rules())
    return max(FULL if whole else HALF, result.credit.observed)


def _with(result: TestResult, entry: Attestation, ends: str, worth: float) -> TestResult:
    counts = worth > result.credit.observed or entry.status == "not_applicable"
    vouched = Attested(
        entry.status,
        entry.claim,
        entry.owner,
        str(day(entry.date)),
        ends,
        entry.place,
        entry.evidence,
        entry.cadence,
        entry.reviewer,
        counts,
    )
    credit = replace(result.credit, attested=worth, lenient=max(result.credit.lenient, worth))
    status = "not_applicable" if entry.status == "not_applicable" else result.status
    return replace(result, status=status, credit=credit, attestation=f"{entry.owner}, {day(entry.date)}", attested=vouched)


def _in_days(left: int, ends: str) -> str:
    return f"on {ends}, " + ("today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days")


def _at(entry: Attestation) -> Place | None:
    return None if entry.outside else entry.place


def _stated(ruling: Ruling) -> Stated:
    entry = ruling.entry
    return Stated(entry.test, entry.status, entry.owner, entry.place, ruling.problem, ruling.ending, ruling.shown)


def _outside(rulings: Sequence[Ruling]) -> list[Message]:
    """What is to be said of attestations in an organisation's file: no finding, because the file is not of this repository."""
    said = []
    for one in rulings:
        if one.entry.outside and one.problem:
            said.append(Message("warning", f"{one.entry.place}: the attestation of {one.entry.test} does not count: {one.problem}"))
        elif one.entry.outside and one.ending:
            said.append(Message("note", f"{one.entry.place}: the attestation of {one.entry.test} ends {one.ending}"))
    return said
