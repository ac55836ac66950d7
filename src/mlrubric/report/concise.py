"""One line per finding, as compilers print it: `path:line:column: ID [level] message`; then one per file that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.report.findings_screen import position
from mlrubric.report.screen import safe
from mlrubric.report.snippets import Snippets
from mlrubric.report.words import SECTION_NAMES, SECTION_POINTS, number, sorted_findings

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "concise"


def render(view: View, options: Options) -> str:
    report = view.report
    snippets = Snippets(view.texts)
    lines = [f"{position(f, snippets)}: {f.rule} [{f.level}] {safe(f.message)}" for f in sorted_findings(report.findings)]
    for message in report.repository.unreadable:
        place = message.place
        where = f"{safe(place.path)}:{place.span.line}:{place.span.column}: " if place else ""
        lines.append(f"{where}[unreadable] {safe(message.message)}")
    if options.command == "score":
        score = report.score
        sections = ", ".join(f"{SECTION_NAMES.get(name, name)} {number(credit.observed)}" for name, credit in score.sections)
        lines.append(
            f"ML Test Score {number(score.observed)} of {SECTION_POINTS} ({sections}), {number(score.points)} of 28 points, "
            f"Google level {report.google.level}"
        )
    return "".join(line + "\n" for line in lines)
