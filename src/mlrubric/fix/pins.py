"""Which version the other files of a repository give a distribution."""

from __future__ import annotations

import re

from mlrubric.fix.site import Shelf, Site
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.versions import bounds_of
from mlrubric.model.facts import Manifest, Requirement

REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?P<extras>\s*\[[^\]]*\])?(?P<clauses>[^;#@()]*?)(?P<rest>\s*(?:;.*)?)")
EXACT = re.compile(r"===?\s*([\w.!+-]+)")


def versions_of(site: Site, name: str, clauses: str) -> dict[str, str]:
    """File -> the exact version that it gives a distribution, where the open clauses allow it; files of the same project only."""
    bounds = bounds_of(clauses.split(",") if clauses.strip() else ())
    given = site.shelf.once(_exact).get(normal_name(name), ())
    return {path: version for path, version in given if _of_one_project(path, site.path) and bounds.allows(version)}


def pinned(site: Site, written: str) -> tuple[str, dict[str, str]] | None:
    """A requirement with its version, and the files that have it; None when they have none, or several."""
    found = REQUIREMENT.fullmatch(written)
    versions = versions_of(site, found["name"], found["clauses"]) if found is not None else {}
    if found is None or len(set(versions.values())) != 1:
        return None
    return f"{found['name']}{found['extras'] or ''}=={next(iter(versions.values()))}{found['rest']}", versions


def locks(shelf: Shelf) -> frozenset[str]:
    """The lock files: what they name is installed already."""
    return frozenset(path for path, manifest in shelf.picture.world.every(Manifest) if manifest.kind == "lock")


def _exact(shelf: Shelf) -> dict[str, list[tuple[str, str]]]:
    """By distribution, the files that give it one exact version, and which."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path, one in shelf.picture.world.every(Requirement):
        exact = EXACT.fullmatch(one.specifiers[0]) if len(one.specifiers) == 1 else None
        if exact is not None and "*" not in exact[1]:
            found.setdefault(normal_name(one.name), []).append((path, exact[1]))
    return found


def _of_one_project(one: str, other: str) -> bool:
    """Whether two files lie in the same folder at the top of the repository, or one of them at its root."""
    first, second = one.rpartition("/")[0].partition("/")[0], other.rpartition("/")[0].partition("/")[0]
    return not first or not second or first == second
