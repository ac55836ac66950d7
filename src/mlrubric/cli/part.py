"""A part of a repository: what is said of the files and folders that were named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis


def fits(path: str, wanted: Sequence[str]) -> bool:
    """Whether a file is one of those that were named, or lies below one; "" stands for everything."""
    return any(not prefix or path == prefix or path.startswith(prefix + "/") for prefix in wanted)


def part_of(analysis: Analysis, wanted: Sequence[str]) -> Analysis:
    """The analysis with what concerns these files and folders alone, and a notice for each in which nothing is read."""
    from mlrubric.analyze import narrowed
    from mlrubric.model.facts import Unreadable
    from mlrubric.model.report import Message
    from mlrubric.rules.fold import unfolded

    if "" in wanted:
        return analysis
    report = analysis.report
    facts = [one for one in analysis.facts if one.facts and fits(one.path, wanted)]
    counts = Counter(one.format for one in facts)
    files = tuple((name, counts[name]) for name, _ in report.repository.files if counts[name])
    analysed = len({one.path for one in facts if any(not isinstance(fact, Unreadable) for fact in one.facts)})
    silent = [one for one in wanted if not any(fits(fact.path, [one]) for fact in facts)]
    notices = [message for message in report.notices if message.place is None or fits(message.place.path, wanted)]
    notices += [Message("note", f"nothing of `{one}` is read: {_why(one, analysis)}") for one in silent]
    unreadable = tuple(message for message in report.repository.unreadable if message.place is None or fits(message.place.path, wanted))
    report = replace(
        report,
        suppressed=tuple(finding for finding in report.suppressed if fits(finding.place.path, wanted)),
        notices=tuple(notices),
        repository=replace(report.repository, files=files, analysed=analysed, unreadable=unreadable),
    )
    kept = [finding for finding in unfolded(report.findings) if fits(finding.place.path, wanted)]
    return narrowed(replace(analysis, report=report), kept)


def _why(named: str, analysis: Analysis) -> str:
    if any(fits(path, [named]) for path in analysis.files):
        return "no format that is known here, or the settings exclude it"
    return "git ignores it, or the settings exclude it"
