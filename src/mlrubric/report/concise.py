"""One line per finding, as compilers print it: `path:line:column: ID [level] message`; then one per file that could not be read, and for
`check` one per notice about a line, and the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.report.findings_screen import fixable, position, summary
from mlrubric.report.screen import safe
from mlrubric.report.snippets import Snippets
from mlrubric.report.words import SECTION_NAMES, SECTION_POINTS, messages, number, sorted_findings

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "concise"


def render(view: View, options: Options) -> str:
    report = view.report
    snippets = Snippets(view.texts)
    lines = [f"{position(f, snippets)}: {f.rule} [{f.level}] {safe(f.message)}" for f in sorted_findings(report.findings)]
    unread = set(report.repository.unreadable)
    for message in messages(report):
        place = message.place
        if message in unread or (place is not None and options.command == "check" and options.verbosity >= 0):
            where = f"{safe(place.path)}:{place.span.line}:{place.span.column}: " if place else ""
            lines.append(f"{where}[{'unreadable' if message in unread else message.level}] {safe(message.message)}")
    if options.command == "check" and options.verbosity >= 0:
        lines += [said for said in (summary(report), fixable(report)) if said]
    if options.command == "score":
        score = report.score
        sections = ", ".join(f"{SECTION_NAMES.get(name, name)} {number(credit.observed)}" for name, credit in score.sections)
        lines.append(
            f"ML Test Score {number(score.observed)} of {SECTION_POINTS} ({sections}), {number(score.points)} of 28 points, "
            f"Google level {report.google.level}"
        )
    return "".join(line + "\n" for line in lines)
