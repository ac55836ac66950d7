"""Reviewdog's diagnostic format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.fix.lines import Lines
from mlrubric.model.place import Span
from mlrubric.model.verdict import Finding
from mlrubric.report.json_text import dumps
from mlrubric.report.words import own_findings, with_advice

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "rdjson"
Json = dict[str, object]
SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render(view: View, options: Options) -> str:
    diagnostics = []
    for finding in own_findings(view.report.findings):
        page = options.page(view.cards.get(finding.rule))
        diagnostic: Json = {
            "message": with_advice(finding),
            "code": {"value": finding.rule, **({"url": page} if page else {})},
            "severity": SEVERITIES[finding.level],
            "location": {"path": finding.place.path, "range": _range(finding.place.span)},
        }
        suggestions = _suggestions(finding, view)
        if suggestions:
            diagnostic["suggestions"] = suggestions
        diagnostics.append(diagnostic)
    return dumps({"source": {"name": "mlrubric"}, "diagnostics": diagnostics})


def _range(span: Span) -> Json:
    return {"start": {"line": span.line, "column": span.column}, "end": {"line": span.end_line, "column": span.end_column}}


def _suggestions(finding: Finding, view: View) -> list[Json]:
    """The fix, where it is of this file alone: a suggestion changes the file that it is shown in."""
    remedy, path = finding.remedy, finding.place.path
    if remedy is None or remedy.paths != {path} or remedy.files:
        return []
    lines = Lines(path, view.texts(path))
    return [{"range": _range(lines.place(edit.start, edit.end)), "text": edit.new} for edit in remedy.edits]
