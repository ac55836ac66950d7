"""What is broken: the line that disarms several tests, releases without a check, numbers not to trust, security."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mlrubric.model.place import Span
from mlrubric.model.report import Release, Report
from mlrubric.model.verdict import Break, Finding, Step
from mlrubric.report.cards import Card
from mlrubric.report.screen import cut, pad, row, safe, width_of, wrapped
from mlrubric.report.screen_numbers import Block
from mlrubric.report.snippets import Snippets
from mlrubric.report.words import CONDITION_WORDS, LEVEL_RANK, plural, short


def breaks(report: Report, snippets: Snippets, width: int, detail: int) -> Block:
    """The line that disarms most tests, with its path and a caret; the others by their place."""
    if not report.breaks:
        return []
    first, *others = sorted(report.breaks, key=lambda item: -len(item.tests))
    marked = snippets.marked(first.place).stripped()
    shown = len(marked.text) > 2 and first.place.span != Span(1)  # a place that is a whole file has no line to show
    rows = [row((f"ONE {'LINE' if shown else 'PLACE'} DISARMS {plural(len(first.tests), 'CHECK', 'CHECKS')}", "bold"))]
    start = next((safe(step.label) for step in first.path if step.kind == "trigger"), "")
    head = "  " + (f"{start} → " if start else "") + safe(short(first.place)) + "  "
    said = safe(first.message)
    if shown and width_of(head) + 24 <= width:
        marked = marked.window(width - width_of(head))
        rows.append(row(cut(head, width), marked.text))
        before = width_of(head) + width_of(marked.text[: marked.start])
        room = width - before - 2
        if width_of(said) <= room:
            rows.append(row(" " * before, ("^", "bold red"), f" {said}"))
        elif width_of(said) + 3 <= before:
            rows.append(row(" " * (before - width_of(said) - 1), said, " ", ("^", "bold red")))
        else:
            rows.append(row(" " * before, ("^", "bold red")))
            rows += [row("    ", line) for line in wrapped(said, width - 4, 2)]
    else:
        rows.append(row(cut(head, width)))
        rows += [row("    ", line) for line in wrapped(said, width - 4, 2)]
    rows += [row("  ", line) for line in wrapped(f"{' '.join(first.tests)} {_consequence(report, first)}", width - 2, 3)]
    for item in others[: max(0, detail - 1)]:
        what = f"{safe(short(item.place))} disarms {plural(len(item.tests), 'check')}: {safe(item.message)}"
        rows.append(row("  ", cut(what, width - 2)))
    return rows


def _consequence(report: Report, item: Break) -> str:
    """What the tests of a break do instead, by the condition that most of them break at."""
    conditions = Counter(test.broken.condition for test in report.tests if test.id in item.tests and test.broken)
    return CONDITION_WORDS.get(conditions.most_common(1)[0][0], "do not count") if conditions else "do not count"


def released(report: Report, width: int, detail: int) -> Block:
    releases = report.released_unchecked
    if not releases:
        return []
    rows = [row(("RELEASED UNCHECKED", "bold"))]
    for release in releases[: max(1, detail - 1)]:
        rows += [row("  ", line) for line in wrapped(_release_path(release), width - 2, 2)]
        rows += [row("  ", line) for line in wrapped(safe(release.message), width - 2, 2)]
    left = len(releases) - max(1, detail - 1)
    if left > 0:
        rows.append(row(f"  {left} more"))
    return rows


def _release_path(release: Release) -> str:
    """Trigger, then each hop with its place; within one file only the line."""
    hops, last = [], ""
    for step in _few(release.path):
        if step.kind == "trigger":
            hops.append(safe(step.label))
            continue
        hops.append(f"{safe(short(step.place, last))} {safe(step.label)}".strip())
        last = step.place.path
    if not hops or not release.path or release.path[-1].place != release.place:
        hops.append(safe(short(release.place, last)))
    return " → ".join(hops)


def _few(path: Sequence[Step]) -> Sequence[Step]:
    """At most six hops: the first two and the last four."""
    return path if len(path) <= 6 else (*path[:2], *path[-4:])


def special(report: Report, cards: Mapping[str, Card]) -> tuple[list[Finding], list[Finding]]:
    """Findings that make published numbers wrong, and findings of security; the worst first."""
    ordered = sorted(report.findings, key=lambda f: (LEVEL_RANK.get(f.level, 3), f.place.path, f.place.span, f.rule))
    secure = [finding for finding in ordered if finding.rule in cards and cards[finding.rule].security]
    return [finding for finding in ordered if finding.rule.startswith("LEAK")], secure


def list_of(title: str, findings: Sequence[Finding], width: int, detail: int) -> Block:
    if not findings:
        return []
    shown = findings[: max(1, detail)]
    names = [safe(short(finding.place)) for finding in shown]
    column = min(max(width_of(name) for name in names), width // 2)
    rows = [row((title, "bold"))]
    for name, finding in zip(names, shown, strict=True):
        said = safe(finding.message)
        room = width - column - 4
        if width_of(name) <= column and room >= 30:
            first, *rest = wrapped(said, room, 2 if detail > 2 else 1)
            rows.append(row("  ", pad(name, column), "  ", first))
            rows += [row(" " * (column + 4), line) for line in rest]
        else:
            rows += [row("  ", cut(name, width - 2)), row("      ", cut(said, width - 6))]
    if len(findings) > len(shown):
        rows.append(row(f"  {len(findings) - len(shown)} more"))
    return rows
