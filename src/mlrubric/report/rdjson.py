"""Reviewdog's diagnostic format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.model.place import Span
from mlrubric.model.verdict import Finding
from mlrubric.report.json_text import dumps
from mlrubric.report.words import own_findings, with_advice
from mlrubric.source.lines import LineIndex

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "rdjson"
Json = dict[str, object]
SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render(view: View, options: Options) -> str:
    diagnostics = []
    texts: dict[str, LineIndex] = {}
    for finding in own_findings(view.report.findings):
        path = finding.place.path
        if path not in texts:
            texts[path] = LineIndex(view.texts(path) or "")
        lines = texts[path]
        page = options.page(view.cards.get(finding.rule))
        diagnostic: Json = {
            "message": with_advice(finding),
            "code": {"value": finding.rule, **({"url": page} if page else {})},
            "severity": SEVERITIES[finding.level],
            "location": {"path": path, "range": _range(finding.place.span, lines)},
        }
        suggestions = _suggestions(finding, lines)
        if suggestions:
            diagnostic["suggestions"] = suggestions
        diagnostics.append(diagnostic)
    return dumps({"source": {"name": "mlrubric"}, "diagnostics": diagnostics})


def _range(span: Span, lines: LineIndex) -> Json:
    return {"start": _position(span.line, span.column, lines), "end": _position(span.end_line, span.end_column, lines)}


def _position(line: int, column: int, lines: LineIndex) -> Json:
    """Columns count the bytes of UTF-8, as the format has them."""
    row = lines.row(line)[: column - 1]
    return {"line": line, "column": column + len(row.encode("utf-8", "surrogatepass")) - len(row)}


def _suggestions(finding: Finding, lines: LineIndex) -> list[Json]:
    """The fix, where it is of this file alone: a suggestion changes the file that it is shown in."""
    remedy, path = finding.remedy, finding.place.path
    if remedy is None or remedy.paths != {path} or remedy.files:
        return []
    return [{"range": _range(lines.span_of(edit.start, edit.end), lines), "text": edit.new} for edit in remedy.edits]
