"""What `score` says first, on one screen: what this is, what it scores, what breaks several tests at once, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlrubric.model.report import Report
from mlrubric.report.beside import levels, measures
from mlrubric.report.rubric_rows import rows_of_tests
from mlrubric.report.screen import Row, cut, pad, row, safe, wrapped
from mlrubric.report.screen_breaks import breaks, list_of, released, special
from mlrubric.report.screen_numbers import SHORT_KINDS, Block, numbers, sections, what_it_is
from mlrubric.report.snippets import Snippets
from mlrubric.report.vouched import as_what, by_whom, vouched_for
from mlrubric.report.words import KIND_SENTENCES, LEVEL_RANK, SECTION_POINTS, action_text, decided_by, messages, number, plural, short

if TYPE_CHECKING:
    from mlrubric.report import Options, View

MOST_LINES = 40


def screen(view: View, options: Options) -> list[Row]:
    """The rows to print. Under -v nothing is left out; otherwise details go until it fits one screen."""
    report = view.report
    if options.verbosity < 0:
        return [row(_in_one_line(report))]
    blocks = _short_blocks if report.repository.kind in SHORT_KINDS else _nothing_here if report.repository.kind == "none" else _blocks
    if options.verbosity > 0:
        return _joined(blocks(view, options, 99))
    for detail in (3, 2, 1, 0):
        rows = _joined(blocks(view, options, detail))
        if len(rows) <= MOST_LINES:
            return rows
    rows = [item for item in rows if item.text]  # a narrow terminal: without the empty rows
    return rows if len(rows) <= MOST_LINES else [*rows[: MOST_LINES - 2], row("…"), rows[-1]]


def _joined(blocks: Sequence[Block]) -> list[Row]:
    rows: list[Row] = []
    for block in blocks:
        if block:
            rows += [row(), *block] if rows else block
    return rows


def _blocks(view: View, options: Options, detail: int) -> list[Block]:
    report, width = view.report, options.width
    snippets = Snippets(view.texts, report.findings)
    distrusted, security = special(report, view.cards)
    return [
        what_it_is(report, width),
        numbers(report, width, detail),
        [*sections(report, width), *_vouched(report, width, detail)],
        rows_of_tests(report, width) if options.verbosity > 0 else [],
        levels(report, width) if options.verbosity > 0 else [],
        measures(report, width) if options.verbosity > 0 else [],
        breaks(report, snippets, width, detail),
        released(report, width, detail),
        list_of("NUMBERS NOT TO TRUST", distrusted, width, detail),
        list_of("SECURITY", security, width, detail),
        _next(report, width, detail),
        _notices(report, width, detail),
        [row(cut(_what_to_type(report), width))],
    ]


def _short_blocks(view: View, options: Options, detail: int) -> list[Block]:
    """Nothing is released here, so absences are no news: what it is, its numbers, what is wrong, three steps."""
    report, width = view.report, options.width
    distrusted, security = special(report, view.cards)
    return [
        [*what_it_is(report, width), *numbers(report, width, detail)],
        _vouched(report, width, detail),
        rows_of_tests(report, width) if options.verbosity > 0 else [],
        levels(report, width) if options.verbosity > 0 else [],
        measures(report, width) if options.verbosity > 0 else [],
        list_of("NUMBERS NOT TO TRUST", distrusted, width, min(detail, 2) if detail < 99 else detail),
        list_of("SECURITY", security, width, min(detail, 2) if detail < 99 else detail),
        _next(report, width, detail),
        _notices(report, width, min(detail, 1) if detail < 99 else detail),
        [row(cut(_what_to_type(report), width))],
    ]


def _nothing_here(view: View, options: Options, detail: int) -> list[Block]:
    report, width = view.report, options.width
    _, security = special(report, view.cards)
    known = report.repository.files
    number = sum(count for _, count in known)
    looked = f"{plural(number, 'file')} looked at: nothing in {'it' if number == 1 else 'them'} fits, loads, evaluates or serves a model."
    said = looked if known else "There is no file here that mlrubric reads."
    return [
        [*what_it_is(report, width), *(row(line) for line in wrapped(said, width))],
        list_of("SECURITY", security, width, detail),
        _notices(report, width, detail),
        [row(cut("mlrubric check shows findings · mlrubric graph shows what was seen", width))],
    ]


def _in_one_line(report: Report) -> str:
    if report.repository.kind == "none":
        return f"{safe(report.repository.name)}: {KIND_SENTENCES['none']}"
    score = report.score
    return (
        f"{safe(report.repository.name)}: ML Test Score {number(score.observed)} of {SECTION_POINTS}, {number(score.points)} of 28 points, "
        f"Google level {report.google.level}, {plural(len(report.findings), 'finding')}"
    )


def _vouched(report: Report, width: int, detail: int) -> Block:
    """Who vouches for what the repository does not show."""
    tests = vouched_for(report)
    if detail == 99 or not tests:
        return [row("  ", (cut(f"{test.id} {safe(as_what(test))}: {safe(by_whom(test))}", width - 2), "dim")) for test in tests]
    said = "; ".join(f"{test.id} by {safe(test.attestation or '')}" for test in tests)
    return [row("  ", (cut(f"attested: {said}", width - 2), "dim"))]


def _next(report: Report, width: int, detail: int) -> Block:
    steps = report.steps if detail == 99 else report.steps[:3]
    if not steps:
        return []
    numbers = 14  # "  +0.5    0.5"
    room = width - numbers - 4
    rows = [row(("NEXT", "bold"), " " * (width - 4 - numbers), "points   score"[-numbers:])]
    for index, step in enumerate(steps, 1):
        first, *rest = wrapped(safe(action_text(step)), room, 2 if detail else 1)
        after = f"{number(step.score):>5}" if step.score is not None else ""
        rows.append(row(f"{index:>3} ", pad(first, room), (f"{step.gain:>+6.1f}", "green"), "   ", after))
        rows += [row("    ", line) for line in rest]
    return rows


def _notices(report: Report, width: int, detail: int) -> Block:
    """What could not be read, and what the run itself wants said; mere notes about a place only under -v."""
    ordered = sorted(messages(report), key=lambda message: LEVEL_RANK.get(message.level, 3))
    shown = ordered if detail == 99 else [message for message in ordered if message.level != "note" or message.place is None][:detail]
    rows: Block = []
    for message in shown:
        at = f"{safe(short(message.place))} " if message.place else ""
        rows.append(row((cut(f"{message.level}: {at}{safe(message.message)}", width), "dim")))
    if len(ordered) > len(shown):
        rows.append(row((f"{plural(len(ordered) - len(shown), 'more notice' if shown else 'notice')} under -v", "dim")))
    return rows


def _what_to_type(report: Report) -> str:
    candidates = [
        *(test for item in report.breaks for test in item.tests),
        *(test for step in report.steps for test in step.tests),
        *(test.id for name in decided_by(report) for test in report.tests if test.section == name and test.status != "automated"),
    ]
    parts = [*(f"mlrubric why {test}" for test in candidates[:1])]
    parts.append(f"mlrubric check ({plural(len(report.findings), 'finding')})")
    return " · ".join([*parts, "-v for all 28"])
