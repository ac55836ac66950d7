"""Which exact versions the repository's own files fix: requirement facts in, one pin per line out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mlrubric.model.facts import FileFacts, Requirement
from mlrubric.model.place import Place

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_EXACT = re.compile(r"={2,3}\s*([^\s*]+)\Z")


class Pinned(NamedTuple):
    """A requirement line. `version` is None when the line does not fix one, `reason` then says why."""

    name: str
    version: str | None
    place: Place
    reason: str = ""


def pins_of(files: Iterable[FileFacts]) -> tuple[Pinned, ...]:
    """Every requirement line of the repository; a line without a version is left out when another line fixes that package."""
    rows = [_pinned(fact) for file in files for fact in file.facts if isinstance(fact, Requirement) and fact.name]
    fixed = {canonicalize_name(row.name) for row in rows if row.version is not None}
    kept = {row for row in rows if row.version is not None or canonicalize_name(row.name) not in fixed}
    return tuple(sorted(kept, key=lambda row: (row.place, row.name, row.version or "")))


def _pinned(fact: Requirement) -> Pinned:
    if fact.url or fact.editable:
        return Pinned(fact.name, None, fact.place, "comes from a URL or a path, not from an index")
    if fact.manager == "conda":
        return Pinned(fact.name, None, fact.place, "a conda package: the advisory database knows packages of the Python index only")
    exact = [match.group(1) for clause in fact.specifiers if (match := _EXACT.match(clause.strip()))]
    if not exact:
        return Pinned(fact.name, None, fact.place, "no exact version is fixed")
    return Pinned(fact.name, exact[0], fact.place)


def query_of(pin: Pinned) -> tuple[str, str] | str:
    """The canonical (name, public version) that is asked about, or the reason why nothing can be asked.

    The local part of a version (`2.1.0+cu118`) is dropped: advisories speak of the public one, and asking for the local
    one would be answered with nothing.
    """
    if pin.version is None:
        return pin.reason or "no exact version is fixed"
    if not _NAME.match(pin.name):
        return "not a package name"
    try:
        return canonicalize_name(pin.name), Version(pin.version).public
    except InvalidVersion:
        return f"{pin.version!r} is not a version"
