"""The mutation proof as a table, and as JSON (`mlrubric-proof/1`); so are the examples of rules that were run."""

from __future__ import annotations

from collections.abc import Sequence

from mlrubric.model.proof import Miss, Proof, Trial
from mlrubric.report.json_report import place_document
from mlrubric.report.json_text import dumps
from mlrubric.report.screen import Row, cut, pad, row, safe, wrapped
from mlrubric.report.words import plural, short
from mlrubric.rules.rule import Rule

STYLES = {"ok": "green", "wrong": "bold red", "not_tried": "dim"}
MOST_EDITS = 2


def proof_rows(proof: Proof, width: int) -> list[Row]:
    rows = [row((cut(f"{safe(proof.name)}: {plural(len(proof.automated), 'automated test')}", width), "bold"))]
    if not proof.automated:
        return [*rows, row("no test is automated here: there is nothing to break")]
    for test in proof.automated:
        rows += [row(), row((test, "bold"))]
        for trial in proof.trials:
            if trial.test == test:
                rows += _rows(trial, width)
    summary = f"{proof.count('ok')} as predicted · {proof.count('wrong')} wrong · {proof.count('not_tried')} not tried"
    return [*rows, row(), row((summary, "bold"))]


def _rows(trial: Trial, width: int) -> list[Row]:
    outcome = trial.outcome.replace("_", " ")
    said = f"{trial.status.replace('_', ' ')}, {trial.broken.replace('_', ' ')} broken" if trial.status else trial.message
    head = row("  ", pad(trial.condition.replace("_", " "), 15), (pad(outcome, 11), STYLES[trial.outcome]), cut(said, width - 28))
    edits = [f"{safe(short(place))}: {safe(words)}" for place, words in trial.edits[:MOST_EDITS]]
    edits += [f"{len(trial.edits) - MOST_EDITS} more changes"] if len(trial.edits) > MOST_EDITS else []
    told = [*edits, *([trial.message] if trial.outcome == "wrong" else [])]
    return [head, *(row(" " * 28, (line, "dim")) for text in told for line in wrapped(text, width - 28))]


def proof_json(proof: Proof) -> str:
    return dumps(
        {
            "format": "mlrubric-proof/1",
            "repository": {"name": proof.name},
            "automated": list(proof.automated),
            "trials": [
                {
                    "test": trial.test,
                    "condition": trial.condition,
                    "outcome": trial.outcome,
                    "message": trial.message,
                    "edits": [{"at": place_document(place), "message": words} for place, words in trial.edits],
                    "seen": {"status": trial.status, "broken": trial.broken} if trial.status else None,
                    "repaired": trial.repaired,
                }
                for trial in proof.trials
            ],
            "counts": {outcome: proof.count(outcome) for outcome in ("ok", "wrong", "not_tried")},
        }
    )


def examples_rows(rules: Sequence[Rule], wrong: Sequence[Miss], width: int) -> list[Row]:
    """What of the examples of rules is not as they say, and how many were run."""
    rows: list[Row] = []
    for miss in wrong:
        rows.append(row((f"{miss.path}:{miss.line}", "bold")))
        rows += [row("  ", line) for line in wrapped(safe(f"{miss.rule}, example {miss.number}, {miss.side}: {miss.message}"), width - 2)]
    bare = [rule.id for rule in rules if not rule.examples]
    if bare:
        rows += [row((line, "dim")) for line in wrapped(f"without an example: {', '.join(bare)}", width)]
    examples = sum(len(rule.examples) for rule in rules)
    summary = f"{plural(len(rules), 'rule')}, {plural(examples, 'example')}, {plural(len(wrong), 'difference')}"
    return [*rows, row((summary, "bold"))]


def examples_json(rules: Sequence[Rule], wrong: Sequence[Miss]) -> str:
    return dumps(
        {
            "format": "mlrubric-examples/1",
            "rules": [{"id": rule.id, "examples": len(rule.examples)} for rule in rules],
            "differences": [
                {
                    "rule": miss.rule,
                    "example": miss.number,
                    "side": miss.side,
                    "message": miss.message,
                    "file": str(miss.path),
                    "line": miss.line,
                }
                for miss in wrong
            ],
        }
    )
