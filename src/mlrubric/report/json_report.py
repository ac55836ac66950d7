"""The report as JSON: `mlrubric-report/1` for `score`, `mlrubric-findings/1` for `check`; keys are always there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric import RULES_VERSION, __version__
from mlrubric.model.measures import Measures
from mlrubric.model.place import Place
from mlrubric.model.report import SECTIONS, Member, Message, Model, Report, Rescaled, Score
from mlrubric.model.verdict import Attested, Break, Broken, Credit, Evidence, Finding, Maturity, NextStep, Step, TestResult
from mlrubric.report.json_text import dumps
from mlrubric.report.measures_document import maturity_document, measures_document
from mlrubric.report.snippets import Snippets
from mlrubric.report.words import messages, sorted_findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlrubric.report import Options, View

NAME = "json"
ALL_NUMBERS = True  # whatever the profile
REPORT_SCHEMA = "urn:mlrubric:schema:report:1"
FINDINGS_SCHEMA = "urn:mlrubric:schema:findings:1"
Json = dict[str, object]


def render(view: View, options: Options) -> str:
    report = view.report
    data = findings_document(report, view.texts) if options.command == "check" else report_document(report, view.texts)
    return dumps(data)


def report_document(report: Report, texts: Callable[[str], str]) -> Json:
    """The whole report, contract 4.2."""
    repository = report.repository
    snippets = Snippets(texts)
    return {
        "$schema": REPORT_SCHEMA,
        "format": "mlrubric-report/1",
        "tool": _tool(),
        "repository": {
            "root": repository.root,
            "name": repository.name,
            **({"members": [_member(member) for member in repository.members]} if repository.members else {}),
            "commit": repository.commit,
            "as_of": repository.as_of,
            "kind": repository.kind,
            "files": dict(sorted(repository.files)),
            "triggers": [_step(step) for step in repository.triggers],
            "unreadable": [_message(message) for message in repository.unreadable],
            "serving_visible": repository.serving_visible,
        },
        "score": score_document(report.score),
        "ceilings": dict(report.ceilings),
        "policy": dict(report.policy),
        "model": report.model or None,
        "tests": [_test(test) for test in report.tests],
        "models": [_model(model) for model in report.models],
        "breaks": [_break(item) for item in report.breaks],
        "released_unchecked": [
            {"at": place_document(release.place), "message": release.message, "path": [_step(step) for step in release.path]}
            for release in report.released_unchecked
        ],
        "steps": [step_document(step) for step in report.steps],
        "maturity": {"google": _maturity(report.google), "azure": _maturity(report.azure) if report.azure is not None else {}},
        **measures_document(report.measures or Measures(), place_document, _step),
        "findings": [_finding(finding, snippets) for finding in sorted_findings(report.findings)],
        "notices": [_message(message) for message in messages(report)],
        "audit": {"status": report.audit},
    }


def findings_document(report: Report, texts: Callable[[str], str]) -> Json:
    """The findings alone, as `check` prints them."""
    snippets = Snippets(texts)
    return {
        "$schema": FINDINGS_SCHEMA,
        "format": "mlrubric-findings/1",
        "tool": _tool(),
        "findings": [_finding(finding, snippets) for finding in sorted_findings(report.findings)],
        "notices": [_message(message) for message in messages(report)],
    }


def _tool() -> Json:
    return {"name": "mlrubric", "version": __version__, "rules": RULES_VERSION}


def _member(member: Member) -> Json:
    return {"name": member.name, "root": member.root, "commit": member.commit}


def score_document(score: Score) -> Json:
    given = dict(score.sections)
    return {
        "edition": score.edition,
        "observed": score.observed,
        "attested": score.attested,
        "lenient": score.lenient,
        "band": score.band,
        "points": score.points,
        "checks": {
            "exist": score.exist,
            "enforced": score.enforced,
            "absent": score.absent,
            "not_visible": score.not_visible,
            "not_analysed": score.not_analysed,
        },
        "sections": {name: credit_document(given.get(name, Credit())) for name in SECTIONS},
        "rescaled": [_rescaled(item) for item in score.rescaled],
    }


def _rescaled(item: Rescaled) -> Json:
    """The numbers in which a section with tests that do not apply counts as a share of the others."""
    numbers = ["observed", "attested", "lenient"] if item.observed else ["lenient"]
    return {"section": item.section, "not_applicable": item.left_out, "numbers": numbers}


def credit_document(credit: Credit) -> Json:
    return {"observed": credit.observed, "attested": credit.attested, "lenient": credit.lenient}


def place_document(place: Place | None) -> Json | None:
    """File and raw line; in notebooks the cell and its line besides."""
    if place is None:
        return None
    at: Json = {"file": place.path, "line": place.line}
    if place.cell is not None:
        at |= {"cell": place.cell, "cell_line": place.cell_line}
    if place.repository:
        at["repository"] = place.repository
    return at


def _step(step: Step) -> Json:
    at = place_document(step.place) or {}
    return {**at, "kind": step.kind, "label": step.label, "edge": step.edge, "certain": step.certain}


def _evidence(evidence: Evidence) -> Json:
    return {"pattern": evidence.pattern, "path": [_step(step) for step in evidence.path]}


def step_document(step: NextStep) -> Json:
    return {
        "gain": step.gain,
        "action": step.action,
        "at": place_document(step.place),
        "score": step.score,
        "tests": list(step.tests),
        "fix": step.fix,
        "edits": step.edits,
    }


def broken_document(broken: Broken | None) -> Json | None:
    if broken is None:
        return None
    return {"condition": broken.condition, "at": place_document(broken.place), "message": broken.message}


def _test(test: TestResult) -> Json:
    return {
        "id": test.id,
        "title": test.title,
        "section": test.section,
        "status": test.status,
        "mode": test.mode,
        "quality": test.quality,
        "credit": credit_document(test.credit),
        "confidence": test.confidence,
        "attestation": test.attestation,
        "attested": _attested(test.attested),
        "sight": test.sight,
        "visible_by": test.visible_by or None,
        "evidence": [_evidence(evidence) for evidence in test.evidence],
        "broken": broken_document(test.broken),
        "next": [step_document(step) for step in test.next],
        "model": test.model or None,
        "reading": test.reading or None,
        "document": place_document(test.document),
    }


def _attested(one: Attested | None) -> Json | None:
    if one is None:
        return None
    return {
        "status": one.status,
        "claim": one.claim,
        "owner": one.owner,
        "date": one.date,
        "expires": one.expires,
        "evidence": list(one.evidence),
        "cadence": one.cadence or None,
        "reviewer": one.reviewer or None,
        "counts": one.counts,
        "at": place_document(one.place),
    }


def _model(model: Model) -> Json:
    return {
        "id": model.id,
        "release": model.release,
        "at": place_document(model.place),
        "fits": [place_document(place) for place in model.fits],
        "score": score_document(model.score) if model.score is not None else {},
        "counts": model.counts,
        "tests": [_test(test) for test in model.tests],
    }


def _break(item: Break) -> Json:
    return {
        "at": place_document(item.place),
        "message": item.message,
        "tests": list(item.tests),
        "path": [_step(step) for step in item.path],
    }


def _maturity(maturity: Maturity) -> Json:
    return maturity_document(maturity, place_document, _step)


def _finding(finding: Finding, snippets: Snippets) -> Json:
    """In a notebook `line` and `column` count in the cell, as people read it; `raw_line` is the line of the file, always."""
    place, span = finding.place, finding.place.span
    line, column, end_line, end_column = span.line, span.column, span.end_line, span.end_column
    if place.cell is not None:
        line = place.cell_line or 1
        end_line = line + span.end_line - span.line
        column, end_column = snippets.columns(place)
    return {
        "rule": finding.rule,
        "name": finding.name,
        "level": finding.level,
        "confidence": finding.confidence,
        "message": finding.message,
        "advice": finding.advice,
        "file": place.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "cell": place.cell,
        "raw_line": span.line,
        "tests": list(finding.tests),
        "fix": finding.fix,
        **({"repository": place.repository} if place.repository else {}),
        "flow": [_step(step) for step in finding.flow],
        "related": [{**(place_document(related.place) or {}), "message": related.message} for related in finding.related],
        "fingerprint": finding.fingerprint,
    }


def _message(message: Message) -> Json:
    place = message.place
    return {
        "level": message.level,
        "message": message.message,
        "file": place.path if place else None,
        "line": place.line if place else None,
        "column": place.span.column if place else None,
        **({"repository": place.repository} if place is not None and place.repository else {}),
    }
