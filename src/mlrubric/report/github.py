"""Workflow commands: annotations that GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.report.screen import safe
from mlrubric.report.words import SECTION_POINTS, messages, number, own_findings, with_advice

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "github"
COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(view: View, options: Options) -> str:
    report = view.report
    lines: list[str] = []
    for finding in own_findings(report.findings):
        span = finding.place.span
        where = {"file": finding.place.path, "line": str(span.line), "col": str(span.column), "endLine": str(span.end_line)}
        if span.end_line == span.line:
            where["endColumn"] = str(max(span.column, span.end_column))
        title = f"{finding.rule} ({finding.name})" if finding.name else finding.rule
        lines.append(
            _command(COMMANDS[finding.level], {"title": title, **where}, f"{finding.place}: {finding.rule} {with_advice(finding)}")
        )
    for message in messages(report):
        file = {"file": message.place.path, "line": str(message.place.line)} if message.place and not message.place.repository else {}
        lines.append(_command("notice", {"title": "mlrubric", **file}, message.message))
    if options.command == "score":
        score = report.score
        said = f"{number(score.observed)} of {SECTION_POINTS}, {number(score.points)} of 28 points, Google level {report.google.level}"
        lines.append(_command("notice", {"title": "ML Test Score"}, said))
    return "".join(line + "\n" for line in lines)


def _command(name: str, properties: dict[str, str], text: str) -> str:
    given = ",".join(f"{key}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for key, value in properties.items())
    return f"::{name} {given}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return safe(text.replace("%", "%25"))
