"""Puts `new` in the place of the one match of `pattern` within what the finding covers, or, in a block of braces, within the block."""

from __future__ import annotations

import re

from mlrubric.fix.lines import Lines
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    lines, span = site.lines(), site.finding.place.span
    start, end = lines.offsets_of(span)
    if site.path.endswith(".tf"):
        end = max(end, lines.offset(_closing(lines, span.line)))
    found = list(re.finditer(site.option("pattern"), lines.text[start:end]))
    if len(found) != 1:
        return None
    new = found[0].expand(site.option("new"))
    return Edits((lines.edit(start + found[0].start(), start + found[0].end(), new),))


def _closing(lines: Lines, number: int) -> int:
    """The line on which the block that begins on a line is closed."""
    indent = lines.indent(number)
    for following in range(number + 1, len(lines) + 1):
        if lines.row(following).rstrip() == f"{indent}}}":
            return following
    return number
