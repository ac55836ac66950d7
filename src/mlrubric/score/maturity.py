"""Models of maturity: a level is reached when every required capability up to it is met; rows of links that are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlrubric.graph.build import Picture
from mlrubric.model.verdict import Capability, CapabilityStep, Maturity, Progress, Step, TestResult
from mlrubric.rules.load import RUN
from mlrubric.rules.rule import CapabilityRule, Grade, MaturityModel, RuleBook
from mlrubric.score.evidence import Answers, Witness
from mlrubric.score.ml_test import MADE, serving_visible

RANK = {"none": 0, "not_visible": 0, "not_applicable": 0, "present": 1, "manual": 2, "automated": 3}
USED = ("model.load", "model.predict", "serve.handle", "serve.app", "model.deploy")


def maturity(picture: Picture, book: RuleBook, name: str, results: Sequence[TestResult]) -> Maturity:
    """The level by one model, with all its capabilities; `missing` are the required ones of the next level that are not met."""
    model = next(model for model in book.models if model.id == name)
    rules = book.of_model(name)
    capabilities = judged(picture, book, rules, results)
    counted = tuple(
        Progress(level, sum(c.status == "met" for c in wanted), len(wanted))
        for level in sorted({c.level for c in capabilities})
        if (wanted := [c for c in capabilities if c.required and c.level == level])
    )
    level, reason = 0, ""
    for one in counted:
        if one.met < one.required or one.level != level + 1:
            break
        level = one.level
    if level and model.target and not picture.graph.with_role(*model.target):
        level, reason = 0, model.target_reason
    missing = tuple(c for c in capabilities if c.required and c.level == level + 1 and c.status != "met")
    return Maturity(
        level, capabilities, tuple(c.id for c in missing), reason or _reason(model, level, missing), counted, _next(rules, missing),
        model.not_assessed,
    )  # fmt: skip


def judged(
    picture: Picture,
    book: RuleBook,
    rules: Sequence[CapabilityRule],
    results: Sequence[TestResult],
    belongs: Callable[[int], bool] | None = None,
    asked: dict[str, Answers] | None = None,
) -> tuple[Capability, ...]:
    """The capabilities in their order; `belongs` says which nodes they are asked of. Who asks the same of many nodes hands the same
    `asked` over each time: a question is put to the graph once."""
    judge = _Judge(picture, book, {r.id: r.status for r in results}, belongs, {} if asked is None else asked)
    return tuple(judge.of(rule) for rule in rules)


class _Judge:
    """Answers for capabilities, which may speak of each other."""

    def __init__(
        self,
        picture: Picture,
        book: RuleBook,
        statuses: Mapping[str, str],
        belongs: Callable[[int], bool] | None,
        asked: dict[str, Answers],
    ) -> None:
        self.picture, self.book, self.statuses, self.belongs, self.asked = picture, book, statuses, belongs, asked
        self.known: dict[str, Capability] = {}

    def of(self, rule: CapabilityRule) -> Capability:
        if rule.id not in self.known:
            self.known[rule.id] = self._capability(rule)
        return self.known[rule.id]

    def _capability(self, rule: CapabilityRule) -> Capability:
        answers = self.asked.setdefault(rule.id, Answers(self.picture, dict(rule.checks), rule.cadence == "time"))
        answers = answers.view(self.belongs) if self.belongs is not None else answers
        for status, grades in (("met", rule.met), ("partial", rule.partial)):
            for grade in grades:
                witnesses = self._holds(answers, grade)
                if witnesses is None:
                    continue
                best = witnesses[0] if witnesses else None
                path: tuple[Step, ...] = best.automation.path or self.picture.graph.steps([(best.node, None)]) if best else ()
                broken = best.broken if best is not None and status == "partial" else None
                place = broken.place if broken is not None else path[-1].place if path and status == "partial" else None
                return Capability(rule.id, rule.title, rule.level, rule.required, status, path, grade.because, place)
        hidden = self._hidden(rule.hidden)
        return Capability(
            rule.id, rule.title, rule.level, rule.required, "not_visible" if hidden else "missing", (), hidden or rule.message
        )

    def _holds(self, answers: Answers, grade: Grade) -> tuple[Witness, ...] | None:
        """The witnesses of a grade, or None. Conditions: a check, `run:` or `done:` a check, `exists:role`, `test:data-1=manual` (at
        least), `capability:G1.2`."""
        if not grade.permits(lambda condition: self._condition(answers, condition)):
            return None
        if grade.effective:
            return _run(answers, grade.effective) or None
        found: dict[int, Witness] = {}
        for condition in (*grade.all, *grade.any):
            kind, _, rest = condition.partition(":")
            shown = (
                _run(answers, (rest,), kind == "done")
                if kind in RUN
                else answers.witnesses((condition,))
                if condition in answers.checks
                else ()
            )
            for one in shown:
                found.setdefault(one.node, one)
        return tuple(found.values())

    def _condition(self, answers: Answers, condition: str) -> bool:
        kind, _, rest = condition.partition(":")
        if kind == "test":
            test, _, wanted = rest.partition("=")
            return RANK[self.statuses.get(test, "none")] >= RANK[wanted or "automated"]
        if kind == "capability":
            rule = next((rule for rule in self.book.capabilities if rule.id == rest), None)
            return rule is not None and self.of(rule).status == "met"
        if kind in RUN:
            return bool(_run(answers, (rest,), kind == "done"))
        return bool(answers.nodes(condition))

    def _hidden(self, what: str) -> str:
        """Why something cannot be seen here, or nothing when it could."""
        graph = self.picture.graph
        if what == "training" and not graph.with_role(*MADE) and graph.with_role(*USED):
            return "the model is trained elsewhere, so it cannot be seen here"
        if what == "serving" and graph.with_role(*MADE) and not serving_visible(self.picture):
            return "nothing is served in this repository, so it cannot be seen here"
        return ""


def _run(answers: Answers, names: Sequence[str], anyhow: bool = False) -> tuple[Witness, ...]:
    """The witnesses that a live trigger runs, one of time where that is asked for; with `anyhow`, by any live
    trigger, even when a failure is lost."""
    levels = ("kept", "lost") if anyhow else ("kept",)
    return tuple(
        w for w in answers.witnesses(names) if w.automation.level in levels and (anyhow or w.automation.timed or not answers.timed)
    )


def _reason(model: MaturityModel, level: int, missing: Sequence[Capability]) -> str:
    return f"level {level + 1} lacks {', '.join(c.id for c in missing)}" if missing else ""


def _next(rules: Sequence[CapabilityRule], missing: Sequence[Capability]) -> tuple[CapabilityStep, ...]:
    """What makes the missing capabilities met: what is half there takes less."""
    by_id = {rule.id: rule for rule in rules}
    steps = [
        CapabilityStep(
            c.id, max(1, (by_id[c.id].edits + 1) // 2) if c.status == "partial" else by_id[c.id].edits, by_id[c.id].next, c.place
        )
        for c in missing
    ]
    return tuple(sorted(steps, key=lambda step: step.edits))
