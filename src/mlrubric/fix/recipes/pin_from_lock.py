"""Pins the open lines of a list of requirements to the versions that a lock file, or a pinned list, of the repository has."""

from __future__ import annotations

import posixpath
import re

from mlrubric.fix.site import Edits, Site
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.versions import bounds_of
from mlrubric.model.facts import Requirement

LINE = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?P<extras>\s*\[[^\]]*\])?(?P<clauses>[^;#@()]*?)(?P<rest>\s*(?:;.*)?)")
EXACT = re.compile(r"===?\s*([\w.!+-]+)")


def remedy(site: Site) -> Edits | None:
    lines, folder = site.lines(), posixpath.dirname(site.path)
    safe, edits = True, []
    for node in site.alike():
        if node.place.path != site.path:
            continue
        start, end = lines.span(node.place.span)
        found = LINE.fullmatch(lines.text[start:end])
        versions = _versions(site, node.label, node.attributes.get("specifiers", ""))
        if found is None or node.attributes.get("manager") == "conda" or len(set(versions.values())) != 1:
            return None
        version = next(iter(versions.values()))
        safe = safe and any(_beside(path, folder) for path in versions)
        edits.append(lines.edit(start, end, f"{found['name']}{found['extras'] or ''}=={version}{found['rest']}"))
    return Edits(tuple(edits), safety="safe" if safe else "unsafe")


def _versions(site: Site, name: str, clauses: str) -> dict[str, str]:
    """File -> the exact version that it gives a distribution, where the open clauses allow it."""
    wanted, bounds, found = normal_name(name), bounds_of(clauses.split(",") if clauses else ()), dict[str, str]()
    for path, one in site.picture.world.every(Requirement):
        exact = EXACT.fullmatch(one.specifiers[0]) if len(one.specifiers) == 1 else None
        if not _of_one_project(path, site.path):
            continue
        if exact is not None and normal_name(one.name) == wanted and "*" not in exact[1] and bounds.allows(exact[1]):
            found[path] = exact[1]
    return found


def _beside(path: str, folder: str) -> bool:
    """Whether a file stands in a folder or above it."""
    above = posixpath.dirname(path)
    return not above or above == folder or folder.startswith(f"{above}/")


def _of_one_project(one: str, other: str) -> bool:
    """Whether two files lie in the same folder at the top of the repository, or one of them at its root."""
    first, second = one.rpartition("/")[0].partition("/")[0], other.rpartition("/")[0].partition("/")[0]
    return not first or not second or first == second
