"""Findings as the diagnostics of an editor: severity, range in the client's units, and a link to the rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from lsprotocol import types

from mlrubric.knowledge.location import pages_directory, rules_directory
from mlrubric.model.place import Place, Span
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding

Lines = Callable[[str], Sequence[str]]
"""The lines of a file of the repository, as the editor or the disk has it."""

_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
SOURCE = "mlrubric"


def lines_of(text: str) -> list[str]:
    """Lines as the protocol counts them: only these three line ends, no form feed or Unicode separator."""
    return re.split(r"\r\n|\r|\n", text)


def units(text: str, encoding: str) -> int:
    """The length of a text in the units of the negotiated position encoding."""
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    if encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def range_of(span: Span, lines: Sequence[str], encoding: str) -> types.Range:
    """The range of a span; a span without width becomes its line, and one beyond the text (it has changed) its last line."""
    last = max(len(lines) - 1, 0)
    start_line, end_line = min(span.line - 1, last), min(span.end_line - 1, last)
    start_text, end_text = (lines[start_line], lines[end_line]) if lines else ("", "")
    start_column, end_column = span.column - 1, span.end_column - 1
    if (start_line, start_column) >= (end_line, end_column):
        start_column = len(start_text) - len(start_text.lstrip()) if start_column <= 0 else start_column
        end_line, end_text, end_column = start_line, start_text, len(start_text.rstrip())
    return types.Range(
        start=types.Position(start_line, units(start_text[:start_column], encoding)),
        end=types.Position(end_line, units(end_text[:end_column], encoding)),
    )


@cache
def rule_link(rule: str) -> types.CodeDescription | None:
    """The page of the rule: what is judged, why, and what to do; else its file."""
    files = [*pages_directory().glob(f"{rule}.md"), *sorted(rules_directory().rglob(f"{rule}-*.toml"))]
    return types.CodeDescription(href=files[0].resolve().as_uri()) if files else None


def diagnostic_of(finding: Finding, range_: types.Range, root: Path, lines: Lines, encoding: str) -> types.Diagnostic:
    """One finding; what is on the way to it becomes related information."""
    related = [(row.place, row.message) for row in finding.related]
    related += [(step.place, f"{step.edge} {step.kind} {step.label}".strip()) for step in finding.flow]
    return types.Diagnostic(
        range=range_,
        message=f"{finding.message}\n{finding.advice}" if finding.advice else finding.message,
        severity=_SEVERITY.get(finding.level, types.DiagnosticSeverity.Warning),
        code=finding.rule,
        code_description=rule_link(finding.rule),
        source=SOURCE,
        related_information=[_related(place, message, root, lines, encoding) for place, message in related] or None,
        data={"fingerprint": finding.fingerprint, "fix": finding.fix},
    )


def unreadable_of(message: Message, range_: types.Range) -> types.Diagnostic:
    """A file that could not be read is not a clean file."""
    return types.Diagnostic(
        range=range_, message=message.message, severity=types.DiagnosticSeverity.Information, code="unreadable", source=SOURCE
    )


def cell_range(place: Place, lines: Sequence[str], encoding: str) -> types.Range:
    """The whole line of a notebook cell: the span of the place speaks of the raw `.ipynb` file."""
    return range_of(Span(max(place.cell_line or 1, 1)), lines, encoding)


def _related(place: Place, message: str, root: Path, lines: Lines, encoding: str) -> types.DiagnosticRelatedInformation:
    location = types.Location(uri=(root / place.path).as_uri(), range=range_of(place.span, lines(place.path), encoding))
    return types.DiagnosticRelatedInformation(location=location, message=message)
