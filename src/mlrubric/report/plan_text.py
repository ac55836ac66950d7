"""The plan as text and as JSON: what it costs, what it gains, and where the score stands after each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlrubric.model.report import Report, Score
from mlrubric.model.verdict import NextStep
from mlrubric.report.json_report import place_document, score_document, step_document
from mlrubric.report.json_text import dumps
from mlrubric.report.screen import Row, cut, pad, row, safe, wrapped
from mlrubric.report.words import SECTION_NAMES, SECTION_POINTS, action_text, number, plural

COLUMNS = "points   score   edits"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a repository stands: its score and Google's level."""

    score: Score
    level: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`now` is what the repository shows, `assumed` the same with the wishes fulfilled, `after` when all steps are done as well."""

    name: str
    now: Stand
    assumed: Stand
    after: Stand
    steps: tuple[NextStep, ...]
    wishes: tuple[str, ...] = ()


def plan_rows(plan: Plan, width: int) -> list[Row]:
    rows = [row((cut(safe(plan.name), width), "bold")), row((cut(_stand(plan.now), width), "bold"))]
    if plan.wishes:
        rows += [row(line) for line in wrapped(f"what if {', '.join(safe(wish) for wish in plan.wishes)}", width)]
        rows += [row((cut(_stand(plan.assumed), width), "bold")), *(row("  ", line) for line in _moved(plan, width))]
    shared = [step for step in plan.steps if len(step.tests) > 1]
    single = [step for step in plan.steps if len(step.tests) <= 1]
    rows += _block("ONE MEND, SEVERAL CHECKS", shared, 1, width)
    rows += _block("THEN, FROM THE SECTION THAT DECIDES", single, len(shared) + 1, width)
    if not plan.steps:
        return [*rows, row(), row("nothing is left that a repository can show")]
    after = f"after all of it: {_stand(plan.after)}"
    return [*rows, row(), row((cut(after, width), "bold")), row(cut("mlrubric plan --what-if 1,2 counts with steps 1 and 2 done", width))]


def _block(title: str, steps: Sequence[NextStep], first: int, width: int) -> list[Row]:
    if not steps:
        return []
    room = width - len(COLUMNS) - 5
    rows = [row(), row((pad(title, width - len(COLUMNS)), "bold"), COLUMNS)]
    for index, step in enumerate(steps, first):
        head, *rest = wrapped(safe(action_text(step)), room)
        after = number(step.score) if step.score is not None else ""
        rows.append(row(f"{index:>3} ", pad(head, room), " ", (f"{step.gain:>+6.1f}", "green"), f"{after:>8}{step.edits:>8}"))
        rows += [row("    ", line) for line in rest]
        rows.append(row("    ", (cut(" ".join(step.tests), width - 4), "dim")))
    return rows


def _stand(stand: Stand) -> str:
    score = stand.score
    return (
        f"ML Test Score {number(score.observed)} of {SECTION_POINTS} · {number(score.points)} of 28 points · "
        f"{plural(score.enforced, 'test')} enforced · Google level {stand.level}"
    )


def _moved(plan: Plan, width: int) -> list[str]:
    before = dict(plan.now.score.sections)
    said = [
        f"{SECTION_NAMES.get(name, name)} {number(before[name].observed)} to {number(credit.observed)}"
        for name, credit in plan.assumed.score.sections
        if credit.observed != before[name].observed
    ]
    return wrapped(", ".join(said) if said else "no section changes", width - 2)


def plan_json(plan: Plan, report: Report) -> str:
    """`mlrubric-plan/1`: `breaks` as in the report, `steps` as in the report."""
    return dumps(
        {
            "format": "mlrubric-plan/1",
            "repository": {"name": plan.name, "commit": report.repository.commit, "as_of": report.repository.as_of},
            "what_if": list(plan.wishes),
            "now": _stand_document(plan.now),
            "assumed": _stand_document(plan.assumed),
            "after": _stand_document(plan.after),
            "breaks": [{"at": place_document(item.place), "message": item.message, "tests": list(item.tests)} for item in report.breaks],
            "steps": [step_document(step) for step in plan.steps],
        }
    )


def _stand_document(stand: Stand) -> dict[str, object]:
    return {"score": score_document(stand.score), "google": stand.level}
