"""What a status is worth, and the sums: sections, their minimum, the paper's words for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlrubric.model.policy import DEFAULTS
from mlrubric.model.report import SECTIONS, Rescaled, Score
from mlrubric.model.verdict import Credit, TestResult

BANDS = (
    (0.0, "More of a research project than a productionized system."),
    (1.0, "Not totally untested, but it is worth considering the possibility of serious holes in reliability."),
    (2.0, "There's been first pass at basic productionization, but additional investment may be needed."),
    (3.0, "Reasonably tested, but it's possible that more of those tests and procedures may be automated."),
    (5.0, "Strong levels of automated testing and monitoring, appropriate for mission-critical systems."),
    (99.0, "Exceptional levels of automated testing and monitoring."),
)
HALF, FULL = 0.5, 1.0
LOW = 0.5  # below this confidence a test never earns more than half a point
EARNED = {"automated": FULL, "manual": HALF}
LENIENT = {"automated": FULL, "manual": HALF, "present": HALF}
MOST = 7


def credit_of(status: str, covers_a_part: bool, confidence: float, policy: Mapping[str, str] = DEFAULTS) -> Credit:
    """The three numbers of one test. `covers_a_part`: it is automated with all that belongs to it, and half only because it covers a
    part; a check that merely records is no such case. Source: the table in section 2.2 of the rubric."""
    observed, lenient = EARNED.get(status, 0.0), LENIENT.get(status, 0.0)
    if covers_a_part and status == "manual":
        lenient = FULL
        observed = FULL if policy["partial"] == "full" else observed
    most = HALF if confidence < LOW else FULL
    return Credit(min(observed, most), min(observed, most), min(lenient, most))


def score_of(results: Sequence[TestResult], policy: Mapping[str, str] = DEFAULTS) -> Score:
    """Sums of the sections, the minimum, the band, points, and how many checks exist and are enforced. A section with tests that do not
    apply is taken as a share of those that do: in the lenient number always, in the others where the policy says so."""
    sections, rescaled = [], []
    for section in SECTIONS:
        own = [r for r in results if r.section == section]
        left_out = sum(r.status == "not_applicable" for r in own)
        asked = [r.credit for r in own if r.status != "not_applicable"]
        scaled = policy["not_applicable"] == "rescale"
        if left_out and asked:
            rescaled.append(Rescaled(section, left_out, scaled))
        factor = MOST / (MOST - left_out) if left_out < MOST else 0.0
        plain = factor if scaled else 1.0
        sums = (sum(c.observed for c in asked) * plain, sum(c.attested for c in asked) * plain, sum(c.lenient for c in asked) * factor)
        sections.append((section, Credit(*(round(number, 3) for number in sums))))
    observed = min(c.observed for _, c in sections)
    return Score(
        observed,
        min(c.attested for _, c in sections),
        min(c.lenient for _, c in sections),
        band(observed),
        points=round(sum(c.observed for _, c in sections), 3),
        exist=sum(r.status not in ("none", "not_visible", "not_applicable") for r in results),
        enforced=sum(r.status == "automated" for r in results),
        sections=tuple(sections),
        rescaled=tuple(rescaled),
        absent=sum(r.status == "none" and r.sight == "seen" for r in results),
        not_visible=sum(r.status == "not_visible" and r.sight != "not_analysed" for r in results),
        not_analysed=sum(r.sight == "not_analysed" and r.status in ("none", "not_visible", "present") for r in results),
    )


def band(score: float) -> str:
    """The paper's words for a score (Table V); the edges belong to the lower band."""
    return next(words for edge, words in BANDS if score <= edge)
