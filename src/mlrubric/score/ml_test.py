"""The 28 tests: the first grade that holds gives the status; credit, confidence and the first broken condition follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mlrubric.graph.build import Picture
from mlrubric.graph.trained import is_real
from mlrubric.model.place import Place
from mlrubric.model.policy import DEFAULTS
from mlrubric.model.verdict import Broken, Evidence, TestResult
from mlrubric.rules.judge import fill
from mlrubric.rules.rule import Grade, TestRule
from mlrubric.score.credit import LOW, credit_of
from mlrubric.score.documented import documented
from mlrubric.score.evidence import Answers, Witness
from mlrubric.score.sight import SERVING as BY_SERVING
from mlrubric.score.sight import UNRUN, Unseen, unread_start, unreadable_check, unseen_program

MADE = ("model.fit", "model.tune", "model.save", "model.register")
NEAREST = ("lost", "skipped", "manual", "kept", "none")
PARTS = ("covering", "right_data")  # what an automated check lacks that covers only a part
HIDDEN = "nothing is served in this repository, so it cannot be seen here"
ABSENT = "no such check was found"
SERVING = ("serve.handle", "serve.app", "serve.split", "model.deploy")


def judge_test(picture: Picture, test: TestRule, policy: Mapping[str, str] = DEFAULTS) -> TestResult:
    """The status of one test with its evidence, under an organisation's policy: all that is there counts, whatever model it is of."""
    return judge(picture, test, Answers(picture, dict(test.checks), timed=test.cadence == "time"), policy)


def judge(picture: Picture, test: TestRule, answers: Answers, policy: Mapping[str, str]) -> TestResult:
    """The same by given answers."""
    asked = [grade for grade in test.grades if grade.asked(policy)]
    missed: list[Witness] = []
    for grade in (*asked, *_fallbacks(asked)):
        found = _holds(picture, test, answers, grade)
        if found is not None:
            return _result(picture, test, grade, found, policy, _nearest(missed, found))
        if grade.status == "automated":
            missed += _missed(answers, grade)
    unseen = unseen_program(picture, test.unread)
    if unseen is not None:
        return _unfound(test, "not_visible", unseen.message, unseen)
    if test.hidden == "serving" and bool(picture.graph.with_role(*MADE)) and not serving_visible(picture):
        return _unfound(test, "not_visible", HIDDEN, Unseen(None, HIDDEN, "elsewhere", BY_SERVING))
    unseen = unreadable_check(picture, test.unread)
    return _unfound(test, "none", ABSENT if unseen is None else f"{ABSENT}; {unseen.message}", unseen)


def _unfound(test: TestRule, status: str, message: str, unseen: Unseen | None) -> TestResult:
    """A test without evidence: absent, not visible, or not analysed."""
    place, sight, by = (unseen.place, unseen.sight, unseen.by) if unseen is not None else (None, "seen", "")
    return TestResult(test.id, test.title, test.section, status, broken=Broken("wired", place, message), sight=sight, visible_by=by)


def serving_visible(picture: Picture) -> bool:
    """Whether something answers requests here, or a trigger that recurs predicts with a model that it loads."""
    graph = picture.graph
    return any(is_real(graph, n) for n in graph.with_role(*SERVING)) or any(
        picture.real.of(n).level in ("kept", "lost") for n in graph.with_role("code.predict")
    )


def _holds(picture: Picture, test: TestRule, answers: Answers, grade: Grade) -> tuple[Witness, ...] | None:
    """The witnesses of a grade that holds, best first; None when it does not hold."""
    if not grade.permits(lambda name: bool(answers.nodes(name))):
        return None
    names = grade.effective or (*grade.all, *grade.any)
    witnesses = answers.witnesses(names)
    if not grade.effective:  # what may be one of several says more than what must be there anyway
        return tuple(dict.fromkeys((*answers.witnesses(grade.any), *witnesses)))
    if grade.status == "automated":
        good = tuple(w for w in witnesses if w.effective)
        return (*good, *(w for w in witnesses if not w.effective)) if good else None
    if grade.status == "manual":
        run = tuple(w for w in witnesses if w.executed and not grade.documented)
        if run or documented(picture, test.documented, [w.node for w in witnesses]) is not None:
            return witnesses
        return None
    return witnesses or None


def _fallbacks(grades: Sequence[Grade]) -> Iterator[Grade]:
    """What a check that would earn the point is worth when it does not really run, where the rule book says nothing else."""
    best = [grade for grade in grades if grade.status == "automated"]
    for status in ("manual", "present"):
        yield from (replace(grade, status=status) for grade in best)


def _missed(answers: Answers, grade: Grade) -> tuple[Witness, ...]:
    """The checks of a grade whose checks are there and do not really run: what breaks on their way keeps the test from the point."""
    if not grade.permits(lambda name: bool(answers.nodes(name))):
        return ()
    return tuple(one for one in answers.witnesses(grade.effective) if one.broken is not None)


def _nearest(missed: Sequence[Witness], witnesses: Sequence[Witness]) -> Witness | None:
    """Of the checks that would earn the point, the one that only has to be heard, let run, or started, in this order; then one that lacks
    a consequence; last one that nothing leads to. Among equals the one that is shown."""
    shown = witnesses[0].node if witnesses else -1

    def distance(one: Witness) -> tuple[int, bool]:
        return NEAREST.index(one.automation.level), one.node != shown

    return min(missed, key=distance, default=None)


def _result(
    picture: Picture, test: TestRule, grade: Grade, witnesses: tuple[Witness, ...], policy: Mapping[str, str], missed: Witness | None = None
) -> TestResult:
    graph = picture.graph
    best = witnesses[0] if witnesses else None
    confidence = round(grade.confidence * (best.automation.confidence if best else 1.0), 3)
    status = grade.status
    if status == "automated" and confidence < LOW:
        status = "manual"
    shown = witnesses[:5] if status != "none" else ()  # what looks like the test and is none
    if missed is not None and status not in ("automated", "none") and missed.node not in {w.node for w in shown}:
        shown = (*shown[:4], missed)
    evidence = tuple(Evidence(graph.nodes[w.node].label, w.automation.path or graph.steps([(w.node, None)])) for w in shown)
    broken = _broken(picture, test, grade, status, best, witnesses, missed)
    unseen = None
    if broken is not None and broken.condition in UNRUN and best is not None and not best.executed:
        named = unseen_program(picture, test.unread) if broken.condition == "wired" and status == "present" else None
        unseen = named or unread_start(picture)
        broken = replace(broken, message=f"{broken.message}; {unseen.message}") if unseen is not None else broken
    mode = "none"
    if best is not None:
        mode = {"kept": "automated", "lost": "automated", "manual": "manual", "skipped": "manual"}.get(best.automation.level, "none")
    covers_a_part = grade.quality == "partial" and grade.condition in PARTS and best is not None and best.effective
    return TestResult(
        test.id,
        test.title,
        test.section,
        status,
        mode,
        grade.quality,
        credit_of(status, covers_a_part, confidence, policy),
        confidence,
        None,
        evidence,
        broken,
        document=_document(picture, test, status, grade, witnesses),
        sight=unseen.sight if unseen is not None else "seen",
        visible_by=unseen.by if unseen is not None else "",
    )


def _document(picture: Picture, test: TestRule, status: str, grade: Grade, witnesses: tuple[Witness, ...]) -> Place | None:
    """The documented result that gives half a point to a check that nothing runs by itself."""
    if status != "manual" or not grade.effective or any(w.executed for w in witnesses):
        return None
    return documented(picture, test.documented, [w.node for w in witnesses])


def _broken(
    picture: Picture,
    test: TestRule,
    grade: Grade,
    status: str,
    best: Witness | None,
    witnesses: tuple[Witness, ...],
    missed: Witness | None,
) -> Broken | None:
    """What keeps the test from the point: the way to a check that would earn it, else what the check that is there lacks."""
    if status == "automated":
        return None
    if missed is not None and status != "none":
        return missed.broken
    if grade.effective and best is not None and best.broken is not None and status != "none":
        return best.broken
    place = picture.graph.nodes[best.node].place if best is not None else None
    if grade.because:
        said = fill(grade.because, picture.graph.nodes[best.node].attributes) if best is not None else grade.because
        return Broken(grade.condition, place, said)
    if status == "present" and documented(picture, test.documented, [w.node for w in witnesses]) is None:
        return Broken("documented", place, "no documented result of running it was found")
    return Broken("covering", place, "it covers only a part of what the test asks for")
