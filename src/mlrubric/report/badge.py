"""The score, or for `check` the findings, as a badge: an SVG, or the data of a badge service's endpoint when a `.json` file is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.report.json_text import dumps
from mlrubric.report.words import LEVEL_RANK, SECTION_POINTS, number, plural

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "badge"
LABEL, CHECKED = "ML Test Score", "mlrubric"
COLORS = ((0.0, "#8f8f8f"), (1.0, "#c4473a"), (2.0, "#b7791f"), (3.0, "#7c8a12"), (5.0, "#2f855a"), (float("inf"), "#1a6f9c"))
LEVEL_COLORS = {"error": "#c4473a", "warning": "#b7791f", "note": "#1a6f9c"}
NOTHING = "#2f855a"
CHARACTER = 7  # width of one character in the badge's font, a little more than the mean


def render(view: View, options: Options) -> str:
    label, message, color = _findings(view) if options.command == "check" else _score(view)
    if options.target.endswith(".json"):
        return dumps({"schemaVersion": 1, "label": label, "message": message, "color": color})
    left, right = len(label) * CHARACTER + 10, len(message) * CHARACTER + 10
    whole = left + right
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{label}: {message}">
  <title>{label}: {message}</title>
  <rect width="{left}" height="20" fill="#444"/>
  <rect x="{left}" width="{right}" height="20" fill="{color}"/>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{left / 2:g}" y="14">{label}</text>
    <text x="{left + right / 2:g}" y="14">{message}</text>
  </g>
</svg>
"""


def _score(view: View) -> tuple[str, str, str]:
    score = view.report.score
    return LABEL, f"{number(score.observed)} / {SECTION_POINTS}", next(color for most, color in COLORS if score.observed <= most)


def _findings(view: View) -> tuple[str, str, str]:
    """How many there are, in the colour of the gravest."""
    levels = [finding.level for finding in view.report.findings]
    worst = min(levels, key=lambda level: LEVEL_RANK[level], default="")
    return CHECKED, plural(len(levels), "finding") if levels else "no findings", LEVEL_COLORS.get(worst, NOTHING)
