"""What `check` prints for people: each finding with its line, a caret, what belongs to it and what to type for more."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mlrubric.model.report import Report
from mlrubric.model.verdict import Finding
from mlrubric.report.screen import Row, cut, row, safe, width_of, wrapped
from mlrubric.report.snippets import Snippets, printable
from mlrubric.report.words import KIND_SENTENCES, LEVEL_RANK, advice_of, messages, plural, sorted_findings

if TYPE_CHECKING:
    from mlrubric.report import Options, View

LEVEL_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
MOST_RELATED = 5
UNLIKE = ("none", "template")  # kinds of repositories of which nothing is said because of what they are


def screen(view: View, options: Options) -> list[Row]:
    report = view.report
    snippets = Snippets(view.texts, report.findings)
    rows: list[Row] = []
    for finding in sorted_findings(report.findings):
        rows += [*_finding(finding, snippets, options.width, options.verbosity), row()]
    if options.verbosity < 0:
        return rows
    rows += fixed_rows(report, options.width)
    for message in messages(report):
        at = f"{safe(str(message.place))}: " if message.place else ""
        rows += [row((line, "dim")) for line in wrapped(f"{message.level}: {at}{safe(message.message)}", options.width, 2)]
    rows.append(row((cut(summary(report), options.width), "bold")))
    hint = fixable(report)
    return [*rows, row((cut(hint, options.width), "dim"))] if hint else rows


def fixed_rows(report: Report, width: int) -> list[Row]:
    """What this run mended, file by file."""
    rows: list[Row] = []
    for path in sorted({one.path for one in report.fixed}):
        rows.append(row((cut(f"fixed in {safe(path)}:", width), "green")))
        counted = Counter((one.rule, one.title) for one in report.fixed if one.path == path)
        rows += [row("  ", cut(f"{count} x {rule}  {safe(title)}", width - 2)) for (rule, title), count in sorted(counted.items())]
    return [*rows, row()] if rows else rows


def fixable(report: Report) -> str:
    """How many findings could be mended, and by what."""
    safe_ones = sum(finding.fix == "safe" for finding in report.findings)
    unsafe = sum(finding.fix == "unsafe" for finding in report.findings)
    if report.unsafe_asked:
        safe_ones, unsafe = safe_ones + unsafe, 0
    said = [f"{safe_ones} can be fixed with `check --fix{' --unsafe-fixes' if report.unsafe_asked else ''}`"] if safe_ones else []
    if unsafe:
        said.append(f"{unsafe} {'more ' if safe_ones else ''}can be fixed with `check --fix --unsafe-fixes`")
    return ", ".join(said) + "." if said else ""


def summary(report: Report) -> str:
    """One line: how many findings of which level, what could be fixed, what was not read."""
    findings = report.findings
    read = report.repository.analysed
    files = read if read is not None else sum(count for _, count in report.repository.files)
    if report.fixed:
        left = f"{len(findings)} remaining" if findings else "none remaining"
        said = (
            f"Found {plural(len(findings) + len(report.fixed), 'finding')} ({len(report.fixed)} fixed, {left}) in {plural(files, 'file')}"
        )
    elif not findings:
        said = f"No findings in {plural(files, 'file')}"
    else:
        levels = Counter(finding.level for finding in findings)
        counted = ", ".join(plural(levels[level], level) for level in sorted(levels, key=lambda level: LEVEL_RANK.get(level, 3)))
        said = f"Found {plural(len(findings), 'finding')} ({counted}) in {plural(files, 'file')}"
    unread = len({message.place.path if message.place else message.message for message in report.repository.unreadable})
    ignored = len(report.suppressed)
    if report.repository.kind in UNLIKE and not findings and not report.fixed:
        said += f": {KIND_SENTENCES[report.repository.kind]}"
    return said + (f", {ignored} ignored in the code" if ignored else "") + (f"; {plural(unread, 'file')} not read" if unread else "") + "."


def position(finding: Finding, snippets: Snippets) -> str:
    """path:line:column; in notebooks path:cell N:line:column."""
    return f"{safe(str(finding.place))}:{snippets.columns(finding.place)[0]}"


def _finding(finding: Finding, snippets: Snippets, width: int, verbosity: int) -> list[Row]:
    at = position(finding, snippets)
    level = f"[{finding.level}]"
    said = safe(finding.message)
    head = f"{at}: {finding.rule} {level} "
    if width_of(head) + width_of(said) <= width:
        rows = [row((f"{at}: ", "bold"), (finding.rule, "red"), " ", (level, LEVEL_STYLES.get(finding.level, "")), " ", said)]
    else:
        rows = [row((cut(f"{at}: ", width), "bold"), (finding.rule, "red"), " ", (level, LEVEL_STYLES.get(finding.level, "")))]
        rows += [row("  ", line) for line in wrapped(said, width - 2)]
    rows += _snippet(finding, snippets, width)
    for related in finding.related[: MOST_RELATED if verbosity < 1 else None]:
        rows.append(row("  = ", cut(f"see: {safe(str(related.place))}: {safe(related.message)}", width - 4)))
    if verbosity > 0:
        for step in finding.flow:
            rows.append(row("  = ", cut(f"path: {safe(str(step.place))}: {step.kind} {safe(step.label)}", width - 4)))
    for number, line in enumerate(wrapped(f"help: {safe(advice_of(finding))}", width - 4) if finding.advice else ()):
        rows.append(row("    " if number else "  = ", line))
    rows.append(row("  = ", cut(f"more: mlrubric explain {finding.rule}", width - 4)))
    return rows


def _snippet(finding: Finding, snippets: Snippets, width: int) -> list[Row]:
    """The line before, the line with its caret, the line after; nothing where the file has no such line."""
    place = finding.place
    marked = snippets.marked(place)
    if not marked.text.strip():
        return []
    number = place.cell_line or 1 if place.cell is not None else place.line
    gutter = max(3, len(str(number + 1)))
    room = width - gutter - 3
    marked = marked.window(room)
    rows = [row(" " * gutter, (" │", "cyan"))]
    before, after = printable(snippets.near(place, -1)), printable(snippets.near(place, 1))
    if before.strip():
        rows.append(row((f"{number - 1:>{gutter}} │ ", "cyan"), cut(before, room)))
    rows.append(row((f"{number:>{gutter}} │ ", "cyan"), marked.text))
    rows.append(row(" " * gutter, (" │ ", "cyan"), (cut(marked.carets(), room), "bold red")))
    if after.strip():
        rows.append(row((f"{number + 1:>{gutter}} │ ", "cyan"), cut(after, room)))
    return rows
