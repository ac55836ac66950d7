"""What a change did to the score, as text, Markdown (for a comment) and JSON (`mlrubric-diff/1`)."""

from __future__ import annotations

from mlrubric.model.comparison import Cause, Change, Comparison
from mlrubric.model.report import Report
from mlrubric.model.verdict import Finding
from mlrubric.report.json_report import broken_document, credit_document, place_document, score_document
from mlrubric.report.json_text import dumps
from mlrubric.report.markdown import cell, prose
from mlrubric.report.screen import Row, cut, pad, row, safe, wrapped
from mlrubric.report.snippets import covered
from mlrubric.report.words import SECTION_NAMES, number, plural, short, status_word

MOST_FINDINGS = 10


def diff_rows(comparison: Comparison, width: int) -> list[Row]:
    rows = [row((cut(safe(_headline(comparison)), width), "bold")), *(row("  ", line) for line in wrapped(_moved(comparison), width - 2))]
    for title, changes in _sorted(comparison):
        rows += [row(), row((title, "bold"))] if changes else []
        for change in changes:
            said = safe(_step(change))
            rows.append(row("  ", (pad(change.after.id, 11), "bold"), cut(said, width - 13)))
            for line in _reasons(change):
                rows += [row(" " * 13, part) for part in wrapped(safe(line), width - 13)]
    for title, findings in (("NEW FINDINGS", comparison.new), ("FINDINGS GONE", comparison.gone)):
        rows += [row(), row((title, "bold"))] if findings else []
        rows += [row("  ", cut(f"{safe(short(f.place))} {f.rule} {safe(f.message)}", width - 2)) for f in findings[:MOST_FINDINGS]]
        rows += [row(f"  {len(findings) - MOST_FINDINGS} more")] if len(findings) > MOST_FINDINGS else []
    if not comparison.changes:
        rows += [row(), row(f"no test is other than before ({plural(comparison.files, 'file')} changed)")]
    return rows


def diff_markdown(comparison: Comparison) -> str:
    lines = [f"### {prose(_headline(comparison))}", "", prose(_moved(comparison)), ""]
    if comparison.changes:
        lines += ["| test | before | now | why |", "|---|---|---|---|"]
    for change in comparison.changes:
        before, after = (f"{status_word(one)} ({number(one.credit.observed)})" for one in (change.before, change.after))
        lines.append(f"| {change.after.id} {cell(change.after.title)} | {before} | {after} | {cell('; '.join(_reasons(change)))} |")
    if not comparison.changes:
        lines.append("No test is other than before.")
    for title, findings in (("New findings", comparison.new), ("Findings gone", comparison.gone)):
        lines += ["", f"**{title}**", ""] if findings else []
        lines += [f"- {prose(str(f.place))} {f.rule}: {prose(f.message)}" for f in findings[:MOST_FINDINGS]]
        lines += [f"- {len(findings) - MOST_FINDINGS} more"] if len(findings) > MOST_FINDINGS else []
    return "\n".join(lines) + "\n"


def diff_json(comparison: Comparison) -> str:
    return dumps(
        {
            "format": "mlrubric-diff/1",
            "base": _side(comparison.base, comparison.base_name),
            "head": _side(comparison.head, comparison.head_name),
            "tests": [
                {
                    "id": change.after.id,
                    "title": change.after.title,
                    "status": {"base": change.before.status, "head": change.after.status},
                    "credit": {"base": credit_document(change.before.credit), "head": credit_document(change.after.credit)},
                    "gain": change.gain,
                    "broken": broken_document(change.after.broken),
                    "causes": [_cause(cause) for cause in change.causes],
                    "message": _one_line(change),
                }
                for change in comparison.changes
            ],
            "findings": {"new": [_finding(one) for one in comparison.new], "gone": [_finding(one) for one in comparison.gone]},
        }
    )


def _side(report: Report, name: str) -> dict[str, object]:
    return {
        "name": name,
        "commit": report.repository.commit,
        "as_of": report.repository.as_of,
        "score": score_document(report.score),
        "google": report.google.level,
    }


def _cause(cause: Cause) -> dict[str, object]:
    return {"at": place_document(cause.place), "side": cause.side, "message": covered(cause.message), "proven": cause.proven}


def _finding(finding: Finding) -> dict[str, object]:
    return {"rule": finding.rule, "level": finding.level, "at": place_document(finding.place), "message": finding.message}


def _headline(comparison: Comparison) -> str:
    before, after = comparison.base.score, comparison.head.score
    return (
        f"{comparison.base_name} → {comparison.head_name}: ML Test Score {_arrow(before.observed, after.observed)}, "
        f"points {_arrow(before.points, after.points)}, Google level {_levels(comparison)}"
    )


def _levels(comparison: Comparison) -> str:
    before, after = comparison.base.google.level, comparison.head.google.level
    return str(after) if before == after else f"{before} → {after}"


def _moved(comparison: Comparison) -> str:
    before = dict(comparison.base.score.sections)
    moved = [
        f"{SECTION_NAMES.get(name, name)} {_arrow(before[name].observed, credit.observed)}"
        for name, credit in comparison.head.score.sections
        if credit.observed != before[name].observed
    ]
    return ", ".join(moved) if moved else "no section changes"


def _arrow(before: float, after: float) -> str:
    return number(after) if before == after else f"{number(before)} → {number(after)}"


def _sorted(comparison: Comparison) -> list[tuple[str, list[Change]]]:
    return [
        ("LOST", [change for change in comparison.changes if change.gain < 0]),
        ("EARNED", [change for change in comparison.changes if change.gain > 0]),
        ("OTHERWISE", [change for change in comparison.changes if change.gain == 0]),
    ]


def _step(change: Change) -> str:
    words = f"{status_word(change.before)} → {status_word(change.after)}"
    return f"{_arrow(change.before.credit.observed, change.after.credit.observed)}  {words}"


def _reasons(change: Change) -> list[str]:
    """The causes; then what breaks now, when it breaks."""
    said = [f"{covered(cause.message)} at {short(cause.place)}{' of the base' if cause.side == 'base' else ''}" for cause in change.causes]
    causes = " and ".join(said) + ("" if not said or change.causes[0].proven else " (the likely cause)")
    broken = change.after.broken
    breaks = f"{broken.condition.replace('_', ' ')}: {broken.message}" if broken is not None and change.gain <= 0 else ""
    return [line for line in (causes, breaks) if line]


def _one_line(change: Change) -> str:
    reason = next(iter(_reasons(change)), "")
    return f"{change.after.id} {_arrow(change.before.credit.observed, change.after.credit.observed)}" + (f": {reason}" if reason else "")
