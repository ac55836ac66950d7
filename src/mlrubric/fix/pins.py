"""Which version the other files of a repository give a distribution."""

from __future__ import annotations

import re

from mlrubric.fix.site import Site
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.versions import bounds_of
from mlrubric.model.facts import Requirement

REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?P<extras>\s*\[[^\]]*\])?(?P<clauses>[^;#@()]*?)(?P<rest>\s*(?:;.*)?)")
EXACT = re.compile(r"===?\s*([\w.!+-]+)")


def versions_of(site: Site, name: str, clauses: str) -> dict[str, str]:
    """File -> the exact version that it gives a distribution, where the open clauses allow it; files of the same project only."""
    wanted, bounds, found = normal_name(name), bounds_of(clauses.split(",") if clauses.strip() else ()), dict[str, str]()
    for path, one in site.picture.world.every(Requirement):
        if not _of_one_project(path, site.path):
            continue
        exact = EXACT.fullmatch(one.specifiers[0]) if len(one.specifiers) == 1 else None
        if exact is not None and normal_name(one.name) == wanted and "*" not in exact[1] and bounds.allows(exact[1]):
            found[path] = exact[1]
    return found


def pinned(site: Site, written: str) -> tuple[str, dict[str, str]] | None:
    """A requirement with its version, and the files that have it; None when they have none, or several."""
    found = REQUIREMENT.fullmatch(written)
    versions = versions_of(site, found["name"], found["clauses"]) if found is not None else {}
    if found is None or len(set(versions.values())) != 1:
        return None
    return f"{found['name']}{found['extras'] or ''}=={next(iter(versions.values()))}{found['rest']}", versions


def _of_one_project(one: str, other: str) -> bool:
    """Whether two files lie in the same folder at the top of the repository, or one of them at its root."""
    first, second = one.rpartition("/")[0].partition("/")[0], other.rpartition("/")[0].partition("/")[0]
    return not first or not second or first == second
