"""The score as a badge: an SVG, or the data of a badge service's endpoint when a `.json` file is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.report.json_text import dumps
from mlrubric.report.words import SECTION_POINTS, number

if TYPE_CHECKING:
    from mlrubric.report import Options, View

NAME = "badge"
LABEL = "ML Test Score"
COLORS = ((0.0, "#8f8f8f"), (1.0, "#c4473a"), (2.0, "#b7791f"), (3.0, "#7c8a12"), (5.0, "#2f855a"), (float("inf"), "#1a6f9c"))
CHARACTER = 7  # width of one character in the badge's font, a little more than the mean


def render(view: View, options: Options) -> str:
    score = view.report.score
    message = f"{number(score.observed)} / {SECTION_POINTS}"
    color = next(color for most, color in COLORS if score.observed <= most)
    if options.target.endswith(".json"):
        return dumps({"schemaVersion": 1, "label": LABEL, "message": message, "color": color})
    left, right = len(LABEL) * CHARACTER + 10, len(message) * CHARACTER + 10
    whole = left + right
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{LABEL}: {message}">
  <title>{LABEL}: {message}</title>
  <rect width="{left}" height="20" fill="#444"/>
  <rect x="{left}" width="{right}" height="20" fill="{color}"/>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{left / 2:g}" y="14">{LABEL}</text>
    <text x="{left + right / 2:g}" y="14">{message}</text>
  </g>
</svg>
"""
