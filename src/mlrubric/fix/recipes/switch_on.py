"""Switches on what is switched off in the line of the finding: `suspend: true`, `paused: true`, `enabled: false`."""

from __future__ import annotations

import re

from mlrubric.fix.site import Edits, Site

SIGN = r"""["']?\s*[:=]\s*"""
OFF = re.compile(rf"\b(suspend|suspended|paused|pause|disabled)({SIGN})(true|True)\b|\b(enabled|active)({SIGN})(false|False)\b")


def remedy(site: Site) -> Edits | None:
    lines, number = site.lines(), site.finding.place.line
    row = lines.row(number)
    found = [one for one in OFF.finditer(row) if "#" not in row[: one.start()]]
    if len(found) != 1:
        return None
    group = 3 if found[0][3] else 6
    said = found[0][group]
    new = {"true": "false", "True": "False", "false": "true", "False": "True"}[said]
    start = lines.offset(number, found[0].start(group) + 1)
    return Edits((lines.edit(start, start + len(said), new),))
