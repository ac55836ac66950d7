"""Pins the open lines of a list of requirements to the versions that a lock file, or a pinned list, of the repository has; safe where it is
the lock file beside it."""

from __future__ import annotations

import posixpath

from mlrubric.fix.pins import locks, pinned
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    lines, folder, locked = site.lines(), posixpath.dirname(site.path), site.shelf.once(locks)
    safe, edits = True, []
    meant = {site.node.id, *(site.picture.graph.nodes[one.node].id for one in site.finding.others)}  # not what is ignored, or known
    for node in site.alike(site.path):
        if node.id not in meant:
            continue
        start, end = lines.offsets_of(node.place.span)
        found = pinned(site, lines.text[start:end]) if node.attributes.get("manager") != "conda" else None
        if found is None:
            return None
        safe = safe and any(path in locked and _beside(path, folder) for path in found[1])
        edits.append(lines.edit(start, end, found[0]))
    return Edits(tuple(edits), safety="safe" if safe else "unsafe")


def _beside(path: str, folder: str) -> bool:
    """Whether a file stands in a folder or above it."""
    above = posixpath.dirname(path)
    return not above or above == folder or folder.startswith(f"{above}/")
