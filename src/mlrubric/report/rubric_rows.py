"""The 28 rows of the rubric for `score -v`: status, credit, where the evidence is, where it breaks."""

from __future__ import annotations

from mlrubric.model.report import Report
from mlrubric.model.verdict import TestResult
from mlrubric.report.screen import Row, cut, pad, row, safe, wrapped
from mlrubric.report.vouched import as_what, by_whom
from mlrubric.report.words import RELEASE_WORDS, SECTION_NAMES, SECTION_POINTS, SECTION_TITLES, broken_words, number, short, status_word

STATUS_STYLES = {"automated": "green", "manual": "yellow", "present": "yellow", "none": "red"}


def rows_of_tests(report: Report, width: int) -> list[Row]:
    """Each test in one row, with one more for its evidence or break."""
    rows: list[Row] = [row(line) for line in wrapped(report.score.band, width)]
    rows += [row((line, "dim")) for line in wrapped(_ceiling(report), width) if line]
    section = ""
    for test in report.tests:
        if test.section != section:
            section = test.section
            rows += [row(), row((SECTION_TITLES.get(section, section), "bold"))]
        rows += _rows(test, width)
    rows += _models(report, width)
    return rows


def _ceiling(report: Report) -> str:
    """What no repository can show by itself: the paper's 7 points of a section."""
    low = [f"{SECTION_NAMES.get(name, name)} {number(most)}" for name, most in report.ceilings if most < SECTION_POINTS]
    at_most = f"A repository alone can show at most {', '.join(low)} of {SECTION_POINTS}"
    return f"{at_most}: some tests are done outside of it; attest them." if low else ""


def _models(report: Report, width: int) -> list[Row]:
    """The models of a repository that has several, those that count first."""
    if len(report.models) < 2:
        return []
    rows = [row(), row(("Models", "bold"), "  (the repository has the lowest of those with a *)")]
    for model in sorted(report.models, key=lambda one: not one.counts):
        score = f"{number(model.score.observed)} of {SECTION_POINTS}, {number(model.score.points)} points" if model.score else ""
        how = RELEASE_WORDS.get(model.release, "not released")
        rows.append(row("  ", "* " if model.counts else "  ", pad(score, 22), cut(f"{safe(model.id)}  {how}", width - 26)))
    return rows


def _rows(test: TestResult, width: int) -> list[Row]:
    credit = number(test.credit.observed)
    status = status_word(test)
    head = row(
        "  ", pad(test.id, 10), (pad(status, 15), STATUS_STYLES.get(test.status, "")), f"{credit:>4}  ", cut(safe(test.title), width - 33)
    )
    read = f"read as {safe(test.reading)}" if test.reading else ""
    rest = " · ".join(part for part in (_evidence(test), _broken(test), _attested(test), read) if part)
    return [head, *(row(" " * 12, (line, "dim")) for line in wrapped(rest, width - 12, 2) if rest)]


def _evidence(test: TestResult) -> str:
    if not test.evidence:
        return ""
    evidence = test.evidence[0]
    more = f" (+{len(test.evidence) - 1})" if len(test.evidence) > 1 else ""
    if not evidence.path:
        return safe(evidence.pattern) + more
    last = evidence.path[-1]
    return f"{safe(short(last.place))} {safe(last.label)}{more}"


def _broken(test: TestResult) -> str:
    if test.broken is None:
        return ""
    told = test.broken.place is None or test.broken.message.startswith(str(test.broken.place))
    at = "" if told or test.broken.place is None else f" at {safe(short(test.broken.place))}"
    of = f"model {safe(test.model)}: " if test.model else ""
    by = f"; to see it, {safe(test.visible_by)}" if test.visible_by else ""
    return f"{of}{broken_words(test)}{at}: {safe(test.broken.message)}{by}"


def _attested(test: TestResult) -> str:
    return f"{safe(as_what(test))}: {safe(by_whom(test))}" if test.attestation else ""
