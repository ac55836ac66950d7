"""Pins what a command installs without a version; in a notebook `!pip` becomes `%pip`, which installs into the kernel that runs."""

from __future__ import annotations

import re

from mlrubric.fix.pins import pinned
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    lines, span = site.lines(), site.finding.place.span
    start, end = lines.offsets_of(span)
    edits = []
    for name in site.node.attributes.get("unpinned", "").replace(",", " ").split():
        new = pinned(site, name)
        found = re.search(rf"(?<![\w.\[-]){re.escape(name)}(?![\w.\[<>=!~-])", lines.text[start:end])
        if new is None or found is None:
            return None
        edits.append(lines.edit(start + found.start(), start + found.end(), new[0]))
    if edits and lines.text[start - 1 : start] == "!" and lines.text[start:end].startswith("pip "):
        edits.append(lines.edit(start - 1, start, "%"))
    return Edits(tuple(edits)) if edits else None
