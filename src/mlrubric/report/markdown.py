"""Markdown for a step summary or a pull request: numbers, breaks, next steps, findings, and the 28 rows folded away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlrubric.model.report import Report
from mlrubric.model.verdict import Maturity
from mlrubric.report.vouched import as_what, by_whom, vouched_for
from mlrubric.report.words import (
    KIND_SENTENCES,
    SECTION_NAMES,
    SECTION_POINTS,
    SECTION_TITLES,
    decided_by,
    messages,
    number,
    plural,
    sorted_findings,
    status_word,
    unseen_counts,
)
from mlrubric.source.escape import for_code_span, for_markdown

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "markdown"
MOST_FINDINGS = 50
_BAR = re.compile(r"(?<!\\)\|")  # a bar in a cell, unless it is escaped


def render(view: View, options: Options) -> str:
    report = view.report
    found = _findings(report, view.pages(options))
    parts = [found] if options.command == "check" else _score(report, found)
    notices = [f"- {message.level}: {_at(message.place)}{prose(message.message)}" for message in messages(report)]
    if notices:
        parts.append("\n".join(["## Notices", "", *notices]))
    return "\n\n".join(part for part in parts if part) + "\n"


def prose(text: str) -> str:
    """A message of ours, in which what stands between backticks is code of the repository."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its twin
        return for_markdown(text)
    return "".join(for_code_span(part) if index % 2 and part else for_markdown(part) for index, part in enumerate(parts))


def _score(report: Report, found: str) -> list[str]:
    name, score = for_markdown(report.repository.name), report.score
    if report.repository.kind == "none":
        return [f"# {name}: {KIND_SENTENCES['none']}", found]
    return [
        f"# ML Test Score of {name}: {number(score.observed)} of {SECTION_POINTS}",
        f"{number(score.points)} of 28 points · {plural(score.exist, 'check exists', 'checks exist')} · {score.enforced} enforced · "
        f"{unseen_counts(score)} · Google level {report.google.level} · "
        f"{KIND_SENTENCES.get(report.repository.kind, report.repository.kind)}",
        for_markdown(score.band),
        _sections(report),
        _breaks(report),
        _steps(report),
        _level("Google", report.google),
        _level("Azure", report.azure),
        found,
        _vouched(report),
        _tests(report),
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(cell, cells))} |" for cells in rows)])


def cell(text: str) -> str:
    return _BAR.sub(r"\|", text)


def _at(place: object | None) -> str:
    return f"{for_code_span(str(place))} " if place is not None else ""


def _sections(report: Report) -> str:
    lowest = decided_by(report)
    rows = [
        (
            SECTION_NAMES.get(name, name),
            number(credit.observed),
            number(credit.attested),
            number(credit.lenient),
            "decides" if name in lowest and len(lowest) < 4 else "",
        )
        for name, credit in report.score.sections
    ]
    return table(("Section", "Observed", "Attested", "Lenient", ""), rows)


def _breaks(report: Report) -> str:
    lines = [
        f"- {_at(item.place)}{prose(item.message)} — disarms {', '.join(f'`{test}`' for test in item.tests)}" for item in report.breaks
    ]
    lines += [f"- {_at(item.place)}released unchecked: {prose(item.message)}" for item in report.released_unchecked]
    return "\n".join(["## What breaks", "", *lines]) if lines else ""


def _steps(report: Report) -> str:
    if not report.steps:
        return ""
    rows = [
        (
            str(index),
            prose(step.action) + (f" ({for_code_span(str(step.place))})" if step.place else ""),
            f"{step.gain:+.1f}",
            number(step.score) if step.score is not None else "",
        )
        for index, step in enumerate(report.steps[:5], 1)
    ]
    return "## Next\n\n" + table(("", "Step", "Points", "Score"), rows)


def _level(name: str, maturity: Maturity | None) -> str:
    """A model of maturity with what its next level lacks, the fewest edits first."""
    if maturity is None:
        return ""
    known = {one.id: one for one in maturity.capabilities}
    counted = ", ".join(f"L{one.level}: {one.met}/{one.required}" for one in maturity.progress)
    rows = [
        (
            f"`{step.id}`",
            for_markdown(known[step.id].title),
            known[step.id].status.replace("_", " "),
            prose(known[step.id].message),
            prose(step.action),
        )
        for step in maturity.next
    ]
    parts = [f"## {name} level {maturity.level}", counted, prose(maturity.reason) if not rows else ""]
    parts.append(table(("", "Capability", "Status", "Why", "Do"), rows) if rows else "")
    parts.append(f"Not assessed: {'; '.join(maturity.not_assessed)}." if maturity.not_assessed else "")
    return "\n\n".join(part for part in parts if part)


def _findings(report: Report, pages: Mapping[str, str]) -> str:
    findings = sorted_findings(report.findings)
    if not findings:
        return "## Findings\n\nNone."
    rows = [
        (
            f"[`{finding.rule}`]({pages[finding.rule]})" if finding.rule in pages else f"`{finding.rule}`",
            finding.level,
            for_code_span(str(finding.place)),
            prose(finding.message),
        )
        for finding in findings[:MOST_FINDINGS]
    ]
    more = len(findings) - len(rows)
    return (
        f"## {plural(len(findings), 'finding').capitalize()}\n\n"
        + table(("Rule", "Level", "Where", "What"), rows)
        + (f"\n\n{more} more." if more else "")
    )


def _vouched(report: Report) -> str:
    rows = [
        (
            f"`{test.id}`",
            for_markdown(as_what(test)),
            for_markdown(by_whom(test)),
            for_markdown(test.attested.claim if test.attested else ""),
        )
        for test in vouched_for(report)
    ]
    return "## Attested\n\n" + table(("Test", "", "By", "Claim"), rows) if rows else ""


def _tests(report: Report) -> str:
    parts = ["<details><summary>All 28 tests</summary>"]
    for section in dict.fromkeys(test.section for test in report.tests):
        rows = []
        for test in (test for test in report.tests if test.section == section):
            broken = test.broken
            why = f"{_at(broken.place)}{prose(broken.message)}" if broken else ""
            why += f" — to see it, {prose(test.visible_by)}" if test.visible_by else ""
            rows.append((f"`{test.id}`", for_markdown(test.title), status_word(test), number(test.credit.observed), why))
        parts += [f"**{SECTION_TITLES.get(section, section)}**", table(("Test", "", "Status", "Credit", "Where it breaks"), rows)]
    return "\n\n".join([*parts, "</details>"])
