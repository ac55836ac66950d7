"""Switches on what is switched off where the finding stands: `suspend: true`, `paused: true`, `enabled: false`."""

from __future__ import annotations

import re

from mlrubric.fix.site import Edits, Site

SIGN = r"""["']?\s*[:=]\s*"""
OFF = re.compile(
    rf"\b(suspend|suspended|paused|pause|disabled|is_paused_upon_creation|cron_suspend)({SIGN})(true|True)\b|\b(enabled|active)({SIGN})(false|False)\b"
)


def remedy(site: Site) -> Edits | None:
    lines, span = site.lines(), site.finding.place.span
    first, last = lines.offset(span.line), lines.offset(max(span.end_line, span.line) + 1)
    found = [one for one in OFF.finditer(lines.text, first, last) if "#" not in lines.text[first : one.start()].rpartition("\n")[2]]
    if len(found) != 1:
        return None
    group = 3 if found[0][3] else 6
    said = found[0][group]
    new = {"true": "false", "True": "False", "false": "true", "False": "True"}[said]
    start = found[0].start(group)
    return Edits((lines.edit(start, start + len(said), new),))
