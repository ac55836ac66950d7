"""Adds to the `paths` of a trigger the folder whose changes start nothing."""

from __future__ import annotations

from mlrubric.fix.site import Edits, Site
from mlrubric.fix.yaml import appended, around


def remedy(site: Site) -> Edits | None:
    missed, lines = site.node.attributes.get("missed_path", ""), site.lines()
    event = around(lines.text, site.finding.place.span, site.node.label) or around(lines.text, site.finding.place.span, "push")
    if not missed or event is None:
        return None
    edit = appended(lines, event[2].get("paths"), f'"{missed}**"' if missed.endswith("/") else f'"{missed}"')
    return None if edit is None else Edits((edit,))
