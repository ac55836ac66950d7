"""The 28 tests: the first grade that holds gives the status; credit, confidence and the first broken condition follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mlrubric.graph.build import Picture
from mlrubric.model.policy import DEFAULTS
from mlrubric.model.verdict import Broken, Evidence, TestResult
from mlrubric.rules.judge import fill
from mlrubric.rules.rule import Grade, TestRule
from mlrubric.score.credit import LOW, credit_of
from mlrubric.score.evidence import Answers, Witness, documented

MADE = ("model.fit", "model.tune", "model.save", "model.register")
PARTS = ("covering", "right_data")  # what an automated check lacks that covers only a part
SERVING = ("serve.handle", "serve.app", "serve.split", "model.deploy")


def judge_test(picture: Picture, test: TestRule, policy: Mapping[str, str] = DEFAULTS) -> TestResult:
    """The status of one test with its evidence, under an organisation's policy: all that is there counts, whatever model it is of."""
    return judge(picture, test, Answers(picture, dict(test.checks), timed=test.cadence == "time"), policy)


def judge(picture: Picture, test: TestRule, answers: Answers, policy: Mapping[str, str]) -> TestResult:
    """The same by given answers."""
    for grade in test.grades:
        found = _holds(picture, test, answers, grade) if grade.asked(policy) else None
        if found is not None:
            return _result(picture, test, grade, found, policy)
    unread = _unread(picture, test.unread)
    if unread is not None:
        return TestResult(test.id, test.title, test.section, "not_visible", broken=unread)
    hidden = test.hidden == "serving" and bool(picture.graph.with_role(*MADE)) and not serving_visible(picture)
    broken = Broken(
        "wired", None, "nothing is served in this repository, so it cannot be seen here" if hidden else "no such check was found"
    )
    return TestResult(test.id, test.title, test.section, "not_visible" if hidden else "none", broken=broken)


def _unread(picture: Picture, words: tuple[str, ...]) -> Broken | None:
    """A program that is not analysed, or automation of another repository that a live trigger reaches, whose name, or that of what runs
    it, says that it may be this test."""
    graph = picture.graph
    pattern = re.compile(rf"(?<![a-z])({'|'.join(words)})", re.IGNORECASE)
    for node in graph.with_role("code.unread") if words else ():
        program = graph.nodes[node]
        own = program.attributes.get("name", program.label)
        if program.kind == "workflow" and picture.schedule.of(node).level not in ("kept", "lost"):
            continue
        for edge in graph.predecessors(node, ("run",)):
            holders = [graph.nodes[e.source].label for e in graph.predecessors(edge.source, ("run",))]
            if program.kind == "workflow":
                holders.append(graph.nodes[edge.source].label.partition("/")[0])
            if any(pattern.search(name) for name in (own, *holders)):
                return Broken("wired", edge.place, f"{program.label} may do this, but it {program.attributes['why']}")
    return None


def serving_visible(picture: Picture) -> bool:
    """Whether something answers requests here, or a trigger that recurs predicts with a model that it loads."""
    graph = picture.graph
    return bool(graph.with_role(*SERVING)) or any(picture.real.of(n).level in ("kept", "lost") for n in graph.with_role("code.predict"))


def _holds(picture: Picture, test: TestRule, answers: Answers, grade: Grade) -> tuple[Witness, ...] | None:
    """The witnesses of a grade that holds, best first; None when it does not hold."""
    if not grade.permits(lambda name: bool(answers.nodes(name))):
        return None
    names = grade.effective or (*grade.all, *grade.any)
    witnesses = answers.witnesses(names)
    if not grade.effective:
        return witnesses
    if grade.status == "automated":
        good = tuple(w for w in witnesses if w.effective)
        return (*good, *(w for w in witnesses if not w.effective)) if good else None
    if grade.status == "manual":
        run = tuple(w for w in witnesses if w.executed and not grade.documented)
        if run or documented(picture, test.documented, witnesses) is not None:
            return witnesses
        return None
    return witnesses or None


def _result(picture: Picture, test: TestRule, grade: Grade, witnesses: tuple[Witness, ...], policy: Mapping[str, str]) -> TestResult:
    graph = picture.graph
    best = witnesses[0] if witnesses else None
    confidence = round(grade.confidence * (best.automation.confidence if best else 1.0), 3)
    status = grade.status
    if status == "automated" and confidence < LOW:
        status = "manual"
    shown = witnesses[:5] if status != "none" else ()  # what looks like the test and is none
    evidence = tuple(Evidence(graph.nodes[w.node].label, w.automation.path or graph.steps([(w.node, None)])) for w in shown)
    broken = _broken(picture, test, grade, status, best, witnesses)
    if broken is not None and broken.condition == "wired" and status == "present":
        unread = _unread(picture, test.unread)
        broken = replace(broken, message=f"{broken.message}; {unread.message}") if unread is not None else broken
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
    )


def _broken(
    picture: Picture, test: TestRule, grade: Grade, status: str, best: Witness | None, witnesses: tuple[Witness, ...]
) -> Broken | None:
    if status == "automated":
        return None
    if grade.effective and best is not None and best.broken is not None and status != "none":
        return best.broken
    place = picture.graph.nodes[best.node].place if best is not None else None
    if grade.because:
        said = fill(grade.because, picture.graph.nodes[best.node].attributes) if best is not None else grade.because
        return Broken(grade.condition, place, said)
    if status == "present" and documented(picture, test.documented, witnesses) is None:
        return Broken("documented", place, "no documented result of running it was found")
    return Broken("covering", place, "it covers only a part of what the test asks for")
