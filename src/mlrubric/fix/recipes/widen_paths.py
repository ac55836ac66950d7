"""Adds to the `paths` of a trigger the folder whose changes start nothing."""

from __future__ import annotations

import re

from mlrubric.fix.site import Edits, Site
from mlrubric.fix.yaml import around

MISSED = re.compile(r"`([\w./-]+)`")


def remedy(site: Site) -> Edits | None:
    said = MISSED.fullmatch(site.node.attributes.get("misses", ""))
    lines = site.lines()
    event = around(lines.text, site.finding.place.span, site.node.label) or around(lines.text, site.finding.place.span, "push")
    paths = event[2].get("paths") if event is not None else None
    if said is None or paths is None or paths.kind != "list" or not paths.items:
        return None
    glob = f"{said[1]}**" if said[1].endswith("/") else said[1]
    last = paths.items[-1]
    row = lines.row(last.span.line)
    if row.lstrip().startswith("- "):
        return Edits((lines.inserted_after(last.span.line, f'{lines.indent(last.span.line)}- "{glob}"'),))
    end = lines.span(last.span)[1]
    return Edits((lines.edit(end, end, f', "{glob}"'),))
