"""One requirement as pip and PEP 508 write it: name, version clauses, extras, marker, where it comes from, whether it is pinned.

Follows pip without its look at the disk: what looks like a path is one (pip/_internal/req/constructors.py).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from packaging.requirements import Requirement as PackagingRequirement
    from packaging.specifiers import SpecifierSet

VCS_SCHEMES = frozenset(
    f"{tool}+{transport}"
    for tool, transports in {
        "git": "http https ssh git file",
        "hg": "file http https ssh static-http",
        "svn": "ssh http https svn file",
        "bzr": "http https ssh sftp ftp lp file",
    }.items()
    for transport in transports.split()
)
_SCHEMES = VCS_SCHEMES | {"http", "https", "file", "ftp"}
_ARCHIVES = (".zip", ".whl", ".tar.bz2", ".tbz", ".tar.gz", ".tgz", ".tar", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma")
_NAME_AT_URL = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\]\s*)?@(\s*)(\S.*)")
_TRAILING_EXTRAS = re.compile(r"(.+)\[([^\]]+)\]$")
_WHEEL = re.compile(r"(?P<name>.+?)-(?P<version>.*?)(?:-\d[^-]*?)?-[^-]+-[^-]+-[^-]+\.whl$")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HASH = re.compile(r"[#&](?:md5|sha1|sha224|sha256|sha384|sha512)=[0-9a-fA-F]+")
_USER = re.compile(r"(?<=://)([^/@\s]+)@")


class RequirementProblem(Exception):
    """The text is no requirement; the message says why in words for a person."""


@dataclass(frozen=True, slots=True)
class RequirementText:
    """What one requirement says. `name` is "" when only building the project tells it; `url` is a URL or a local path as written."""

    name: str
    specifiers: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    marker: str | None = None
    pinned: bool = False
    url: str | None = None
    editable: bool = False


def parse_requirement(text: str) -> RequirementText:
    """A PEP 508 requirement, as metadata holds it."""
    requirement = _pep508(text)
    return RequirementText(
        requirement.name,
        _in_order(text, requirement.specifier),
        _normal_extras(requirement.extras),
        str(requirement.marker) if requirement.marker else None,
        is_exact(requirement.specifier) or bool(requirement.url and fixes_content(requirement.url)),
        hide_credentials(requirement.url) if requirement.url else None,
    )


def _in_order(text: str, specifier: SpecifierSet) -> tuple[str, ...]:
    """The clauses in the order in which they are written, which the library forgets."""
    closed = "".join(text.split())
    return tuple(sorted(map(str, specifier), key=lambda clause: (closed.find(clause), clause)))


def parse_argument(text: str) -> RequirementText:
    """What stands on a line of a requirements file or as an argument of `pip install`: PEP 508, a URL, a path or an archive."""
    bare, marker = _split_marker(text)
    if not _is_url(bare) and _is_name_at_url(bare):
        return replace(parse_requirement(bare), marker=marker)
    if _is_url(bare):
        return replace(_from_location(bare), marker=marker)
    path, extras = _strip_extras(bare)
    if "/" in bare or bare.startswith(".") or path.lower().endswith(_ARCHIVES):
        if any(character.isspace() for character in bare) and bare[0] not in "./~":
            raise RequirementProblem("neither a requirement nor a path")
        found = _from_location(path)
        return replace(found, extras=_normal_extras(extras) or found.extras, marker=marker)
    return replace(parse_requirement(bare), marker=marker)


def parse_editable(text: str) -> RequirementText:
    """The argument of `-e`: a project directory, or a repository of a version control system."""
    text = text.strip()
    if not _is_url(text) and _is_name_at_url(text):
        return replace(parse_argument(text), editable=True)
    path, extras = _strip_extras(text)
    if _is_url(text) or re.match(r"(?:git|hg|svn|bzr|ssh|sftp):", text, re.I):
        if text.lower().startswith("file:"):
            return replace(_from_location(path), editable=True, extras=_normal_extras(extras))
        return replace(_from_location(text), editable=True)
    if not path:
        raise RequirementProblem("an editable requirement without a project")
    return replace(_from_location(path), editable=True, extras=_normal_extras(extras))


def is_exact(specifiers: SpecifierSet) -> bool:
    """Exactly one version can come: an `==X` without wildcard or `===X`, which every other clause lets through."""
    exact = [clause for clause in specifiers if clause.operator == "===" or (clause.operator == "==" and not clause.version.endswith(".*"))]
    if not exact:
        return False
    if len(specifiers) == 1:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        version = Version(exact[0].version)
    except InvalidVersion:
        return len({clause.version for clause in exact}) == len(specifiers)
    return specifiers.contains(version, prereleases=True)


def fixes_content(url: str) -> bool:
    """The URL can only ever give one content: a hash in its fragment, or a full commit id."""
    if _HASH.search(url):
        return True
    path = urlsplit(url).path
    return any(_COMMIT.fullmatch(re.sub(r"\.(?:zip|tar\.gz|git|tgz)$", "", part)) for part in re.split(r"[/@]", path))


def hide_credentials(url: str) -> str:
    """The URL without the name and password in it; `git@` and references to the environment stay."""

    def hidden(match: re.Match[str]) -> str:
        user = match.group(1)
        return match.group() if user in ("git", "hg", "svn") or re.fullmatch(r"(?:\$\{\w+\}|\$\w+|:)+", user) else "***@"

    return _USER.sub(hidden, url)


def _pep508(text: str) -> PackagingRequirement:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text.strip())
    except InvalidRequirement as problem:
        raise RequirementProblem(f"not a valid requirement: {_reason(text.strip(), str(problem))}") from problem


def _reason(text: str, message: str) -> str:
    """Why the text is no requirement, in the words of the version clause when it is that."""
    if _is_url(text):
        return "a URL needs the name before it, `name @ https://...`"
    clauses = re.match(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*\(?([=<>!~][^;]*)", text)
    for clause in clauses.group(1).rstrip(") ").split(",") if clauses else ():
        operator = clause.strip()[: len(clause.strip()) - len(clause.strip().lstrip("=<>!~"))]
        if operator == "=":
            return "`=` is not a version operator, pip wants `==`"
        if operator not in ("==", "===", "!=", "<=", ">=", "<", ">", "~="):
            return f"`{operator}` is not a version operator"
        if not _is_clause(clause.strip()):
            return f"`{clause.strip()}` is not a version clause"
    return message.split("\n", 1)[0]


def _is_clause(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, Specifier

    try:
        Specifier(text)
    except InvalidSpecifier:
        return False
    return True


def _split_marker(text: str) -> tuple[str, str | None]:
    from packaging.markers import InvalidMarker, Marker

    bare, _, condition = text.partition("; " if _is_url(text) else ";")
    if not condition.strip():
        return bare.strip(), None
    try:
        return bare.strip(), str(Marker(condition.strip()))
    except InvalidMarker as problem:
        raise RequirementProblem(f"not a valid environment marker: {str(problem).splitlines()[0]}") from problem


def _from_location(location: str) -> RequirementText:
    """A requirement given by a URL or path: the name comes from the wheel's file name or `#egg=`, otherwise it is unknown."""
    if location.lower().startswith("file:") and "../" in location:
        # pip resolves the path and drops the fragment with the name.
        return RequirementText("", url=hide_credentials(location))
    file_name = unquote(posixpath.basename(urlsplit(location).path.rstrip("/") if _is_url(location) else location.split("#", 1)[0]))
    named = RequirementText("")
    if file_name.lower().endswith(".whl"):
        wheel = _WHEEL.match(file_name)
        if wheel is None:
            raise RequirementProblem(f"`{file_name}` is not a valid wheel file name")
        named = parse_requirement(f"{wheel['name'].replace('_', '-')}=={wheel['version'].replace('_', '-')}")
    else:
        egg = re.search(r"[#&]egg=([^&]*)", location)
        if egg and egg.group(1):
            named = parse_requirement(egg.group(1))
    return replace(named, url=hide_credentials(location), pinned=named.pinned or fixes_content(location))


def _is_url(text: str) -> bool:
    return text.split(":", 1)[0].lower() in _SCHEMES if ":" in text else False


def _is_name_at_url(text: str) -> bool:
    match = _NAME_AT_URL.match(text)
    return match is not None and (bool(match.group(1)) or text.split("@", 1)[0].endswith(" ") or _is_url(match.group(2)))


def _strip_extras(text: str) -> tuple[str, tuple[str, ...]]:
    match = _TRAILING_EXTRAS.match(text)
    return (match.group(1), tuple(extra.strip() for extra in match.group(2).split(","))) if match else (text, ())


def _normal_extras(extras: tuple[str, ...] | set[str]) -> tuple[str, ...]:
    return tuple(sorted({extra.lower() for extra in extras if extra}))
