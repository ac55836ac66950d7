"""The mutation proof as a table, and as JSON (`mlrubric-proof/1`)."""

from __future__ import annotations

from mlrubric.model.proof import Proof, Trial
from mlrubric.report.json_report import place_document
from mlrubric.report.json_text import dumps
from mlrubric.report.screen import Row, cut, pad, row, safe, wrapped
from mlrubric.report.words import plural, short

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
