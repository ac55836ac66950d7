"""What people vouch for, in words: who, since when, until when, and what for."""

from __future__ import annotations

from mlrubric.model.report import Report
from mlrubric.model.verdict import TestResult


def by_whom(test: TestResult) -> str:
    """Owner, date and last day; "" for a test that nobody attests."""
    if test.attested is None:
        return test.attestation or ""
    one = test.attested
    return f"{one.owner}, {one.date}, until {one.expires}" + ("" if one.counts else ", lifts nothing")


def as_what(test: TestResult) -> str:
    """What is said of it: run by hand, automated elsewhere, not applicable."""
    if test.attested is None:
        return "attested"
    words = {"manual": "attested", "automated": f"attested as automated, {test.attested.cadence}", "not_applicable": "said not to apply"}
    return words.get(test.attested.status, "attested")


def vouched_for(report: Report) -> list[TestResult]:
    """The tests that somebody attests."""
    return [test for test in report.tests if test.attestation]
