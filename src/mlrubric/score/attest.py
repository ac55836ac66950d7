"""Attestations: what people say of tests that a repository cannot show. A valid one lifts the attested number to half a point at most."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from mlrubric.config import Attestation, Settings
from mlrubric.model.report import Message
from mlrubric.model.verdict import TestResult

SHORTEST_CLAIM = 40
LONGEST_DAYS = 180
NUMBERED = frozenset({"model-2", "model-3", "model-4", "data-2", "data-3", "data-6"})


def attested(
    results: Sequence[TestResult], settings: Settings, files: Collection[str], today: str | None
) -> tuple[tuple[TestResult, ...], tuple[Message, ...]]:
    """The results with attested credit, and a message for every attestation that does not count. Source: section 2.5 of the rubric."""
    by_test = {result.id: result for result in results}
    notices: list[Message] = []
    lifted: Counter[str] = Counter()
    for entry in settings.attest:
        result = by_test.get(entry.test)
        problem = _problem(entry, files, today)
        if (
            problem is None
            and result is not None
            and entry.status != "not_applicable"
            and lifted[result.section] >= settings.attest_max_per_section
        ):
            problem = f"only {settings.attest_max_per_section} attested tests may lift one section"
        if problem is not None or result is None:
            notices.append(Message("warning", f"attestation of {entry.test} does not count: {problem or 'no such test'}", entry.place))
            continue
        said = f"{entry.owner}, {entry.date}"
        if entry.status == "not_applicable":
            by_test[entry.test] = replace(
                result, status="not_applicable", credit=replace(result.credit, observed=0.0, attested=0.0), attestation=said
            )
            continue
        lifted[result.section] += 1
        by_test[entry.test] = replace(result, credit=replace(result.credit, attested=max(0.5, result.credit.observed)), attestation=said)
    return tuple(by_test[result.id] for result in results), tuple(notices)


def _problem(entry: Attestation, files: Collection[str], today: str | None) -> str | None:
    """Why an attestation does not count, or None."""
    if len(entry.claim) < SHORTEST_CLAIM:
        return f"the claim has fewer than {SHORTEST_CLAIM} characters"
    if entry.test in NUMBERED and entry.status != "not_applicable" and not re.search(r"\d", entry.claim):
        return "the claim tells no number"
    if not entry.owner:
        return "no owner"
    made, ends = _day(entry.date), _day(entry.expires)
    if made is None or ends is None:
        return "`date` and `expires` must be dates (YYYY-MM-DD)"
    if ends < made or (ends - made).days > LONGEST_DAYS:
        return f"it must expire within {LONGEST_DAYS} days after its date"
    now = _day(today or "")
    if now is not None and made > now:
        return "its date is in the future"
    if now is not None and ends < now:
        return f"it expired on {entry.expires}"
    if not entry.evidence:
        return "no evidence"
    for link in entry.evidence:
        if not link.startswith("https://") and link not in files:
            return f"its evidence {link} is not in the repository"
    if entry.status == "automated" and (not entry.reviewer or entry.reviewer == entry.owner):
        return "an automated test needs a reviewer who is not the owner"
    return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
