"""Documented results that are much older than the code that they speak of: they are trusted less, and it is said. Section 2.4."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from mlrubric.graph.attestations import Stale
from mlrubric.model.report import Message
from mlrubric.model.verdict import TestResult

LONGEST = 90  # days
LESS = 0.2


def aged(results: Iterable[TestResult], changed: Callable[[str], str | None]) -> tuple[tuple[TestResult, ...], tuple[Stale, ...]]:
    """`changed` tells the day of the last commit that touched a file, None where there is no history: then nothing is said."""
    found, old = list[TestResult](), list[Stale]()
    for result in results:
        late = _days_behind(result, changed)
        if late is not None and late > LONGEST and result.document is not None:
            code = result.evidence[0].path[-1].place
            old.append(Stale(result.id, late, result.document, code))
            result = replace(result, confidence=round(max(result.confidence - LESS, 0.0), 3))
        found.append(result)
    return tuple(found), tuple(old)


def notices(old: Iterable[Stale]) -> tuple[Message, ...]:
    """The same in words."""
    said = ((one, f"{one.test}: this result is {one.days} days older than {one.code.path}, of which it speaks") for one in old)
    return tuple(Message("note", words, one.document) for one, words in said)


def _days_behind(result: TestResult, changed: Callable[[str], str | None]) -> int | None:
    """How many days later the code of a check was changed than the document of its result."""
    document = result.document
    if document is None or not result.evidence or not result.evidence[0].path:
        return None
    code = result.evidence[0].path[-1].place
    if code.path == document.path or code.repository or document.repository:
        return None
    written, made = changed(document.path), changed(code.path)
    if written is None or made is None:
        return None
    return (date.fromisoformat(made) - date.fromisoformat(written)).days
