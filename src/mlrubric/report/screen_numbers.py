"""What the repository is and what it scores: the upper part of the first screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mlrubric.model.report import Report
from mlrubric.report.beside import progress
from mlrubric.report.screen import Row, bar, cut, pad, row, safe, width_of, wrapped
from mlrubric.report.words import (
    FILE_WORDS,
    KIND_SENTENCES,
    RELEASE_WORDS,
    SECTION_NAMES,
    SECTION_POINTS,
    decided_by,
    number,
    plural,
    unseen_counts,
)

SHORT_KINDS = ("research", "library", "template")
NOT_VISIBLE = ("serving not visible: in another repository?", "score that one too, or attest it")
Block = list[Row]


def what_it_is(report: Report, width: int) -> Block:
    repository = report.repository
    name = safe(repository.name) + (f" @ {repository.commit[:7]}" if repository.commit else "")
    name += f", model {safe(report.model)}" if report.model else ""
    about = _about(report)
    gap = max(3, 40 - width_of(name))
    if width_of(name) + gap + width_of(about) <= width:
        rows = [row((name, "bold"), " " * gap, about)]
    else:
        rows = [row((cut(name, width), "bold")), *(row(line) for line in wrapped(about, width, 2))]
    files = [plural(count, *FILE_WORDS.get(kind, (kind.replace("_", " ") + " file",))) for kind, count in _main_files(repository.files)]
    unread = len({message.place.path if message.place else message.message for message in repository.unreadable})
    while len(files) > 1 and width_of(", ".join(files)) + 20 > width:
        files.pop()
    rows.append(row(cut(f"{', '.join(files) or 'no files that can be read'} · {unread:,} unreadable", width)))
    if repository.members:
        rows.append(row(cut(f"one system with {', '.join(safe(member.root) for member in repository.members)}", width)))
    if repository.kind not in ("none", *SHORT_KINDS):
        labels = list(dict.fromkeys(safe(step.label) for step in repository.triggers))
        rows.append(row(cut(f"runs on {', '.join(labels)}" if labels else "nothing starts by itself: no live trigger", width)))
    return rows


def _main_files(files: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The formats that say most, Python and notebooks first, then the most frequent."""
    first = [entry for entry in files if entry[0] in ("python", "notebook") and entry[1]]
    others = sorted(
        (entry for entry in files if entry not in first and entry[1]), key=lambda entry: (entry[0] not in FILE_WORDS, -entry[1], entry[0])
    )
    return [*sorted(first, reverse=True), *others[:4]]


def _about(report: Report) -> str:
    """One sentence on kind, models and releases, so that a wrong guess of ours is seen at once."""
    repository, models = report.repository, report.models
    said = KIND_SENTENCES.get(repository.kind, repository.kind)
    if repository.kind in ("none", *SHORT_KINDS):
        return said
    if not models:
        return f"{said}; no model of its own"
    released = Counter(RELEASE_WORDS[model.release] for model in models if model.release in RELEASE_WORDS)
    if not released:
        how = "not released"
    elif len(models) == 1:
        how = next(iter(released))
    else:
        how = ", ".join(f"{count} {word}" for word, count in sorted(released.items()))
    return f"{said}; {plural(len(models), 'model')}, {how}" + ("" if repository.serving_visible else "; no serving here")


def numbers(report: Report, width: int, detail: int) -> Block:
    score = report.score
    lowest = [SECTION_NAMES.get(name, name) for name in decided_by(report)]
    seen = [
        *([f"attested {number(score.attested)}"] if score.attested > score.observed else []),
        *([f"at most {number(score.lenient)} by lenient rules"] if score.lenient > score.observed else []),
    ]
    head = f"ML Test Score {number(score.observed)} of {SECTION_POINTS}"
    why = f"(lowest section: {', '.join(lowest)})" if 0 < len(lowest) < 4 else "(all sections alike)"
    points = f"{number(score.points)} of 28 points"
    checks = f"{plural(score.exist, 'check exists', 'checks exist')} · {score.enforced} enforced"
    following = progress(report.google)
    level = f"Google level {report.google.level}" + (f", {following}" if following else "")
    if report.azure is not None:
        level += f" · Azure {report.azure.level}"
    rows: Block = []
    for left, extra, right in ((head, why, points), (checks, "", level)):
        whole = f"{left}   {extra}" if extra else left
        if max(width_of(whole) + 3, 54) + width_of(right) <= width:
            rows.append(row((left, "bold"), pad(whole[len(left) :] + "   ", 54 - width_of(left)), (right, "bold")))
        else:
            rows += [row((cut(whole, width), "bold")), row((cut(right, width), "bold"))]
    unseen = [unseen_counts(score)] if report.repository.kind not in SHORT_KINDS else []
    if (seen or unseen) and detail:
        rows.append(row(cut(" · ".join([*seen, *unseen]), width)))
    if report.policy:
        rows.append(row(cut("by policy " + ", ".join(f"{name} = {value}" for name, value in report.policy), width)))
    for one in score.rescaled:
        where = "" if one.observed else " in the lenient number"
        said = (
            f"{SECTION_NAMES[one.section]}: {plural(one.left_out, 'test does', 'tests do')} not apply, the others count as {SECTION_POINTS}"
        )
        rows += [row(cut(said + where, width))] if one.observed or detail else []
    return rows


def sections(report: Report, width: int) -> Block:
    cells = 20 if width >= 72 else 10
    lowest = decided_by(report)
    rows: Block = []
    for name, credit in report.score.sections:
        drawn = bar(credit.observed, SECTION_POINTS, cells)
        mark = "  ← decides" if name in lowest and len(lowest) < 4 else ""
        rows.append(
            row(
                "  ",
                pad(SECTION_NAMES.get(name, name), 9),
                (pad(drawn, cells), "cyan"),
                " ",
                (f"{number(credit.observed):>4}", "bold"),
                (mark, "yellow"),
            )
        )
        if name == "monitor" and not report.repository.serving_visible:
            used = width_of(rows[-1].text) + 2
            if width - used >= width_of(NOT_VISIBLE[0]):
                rows[-1] = row(*rows[-1].parts, "  ", (NOT_VISIBLE[0], "dim"))
                rows.append(row(" " * used, (NOT_VISIBLE[1], "dim")))
            else:
                rows += [row(" " * 4, (line, "dim")) for line in wrapped(" ".join(NOT_VISIBLE), width - 4)]
    return rows
