"""What conda calls a match spec (`numpy=1.21.2`, `pytorch::pytorch>=1.9`), and the lines of `conda list --export`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_SPEC = re.compile(r"(?:(?P<channel>[\w./:@*-]+?)::)?(?P<name>[A-Za-z0-9_][\w.-]*|\*)\s*(?P<rest>.*)", re.S)
_BRACKETS = re.compile(r"\s*\[(?P<inside>[^\]]*)\]$")
_EXPORT = re.compile(r"(?P<name>[A-Za-z0-9_][\w.-]*)=(?P<version>[0-9][\w.!+]*)(?:=(?P<build>[\w.]+))?$")
_ARCHIVE = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-(?P<build>[^-]+?)(?:\.tar\.bz2|\.conda)$")


class CondaProblem(Exception):
    """The text is no match spec; the message says why."""


@dataclass(frozen=True, slots=True)
class CondaSpec:
    """`specifiers` are as written (`=1.21.2` stays fuzzy, a bare version after a space is exact), `version` the fixed one if any."""

    name: str
    specifiers: tuple[str, ...] = ()
    pinned: bool = False
    version: str = ""
    build: str = ""
    channel: str = ""
    url: str | None = None


def parse_spec(text: str) -> CondaSpec:
    """A match spec.

    `=X.Y.Z` is fuzzy for conda (1.21.2.1 matches `=1.21.2`), but three parts leave no room that releases use: pinned.
    `=X.Y` is not. `==X`, `=X=build` and `name X` (a bare version after a space) are exact.
    """
    text = text.split(" #", 1)[0].strip()
    if re.match(r"(?:https?|file)://\S+", text):
        return parse_archive(text)
    brackets = _BRACKETS.search(text)
    match = _SPEC.fullmatch(text[: brackets.start()] if brackets else text)
    if match is None:
        raise CondaProblem(f"`{text}` is not a conda match spec")
    name, channel, rest = match["name"], match["channel"] or "", match["rest"].strip()
    options = dict(re.findall(r"(\w+)\s*=\s*['\"]?([^'\",]*)['\"]?", brackets["inside"])) if brackets else {}
    if brackets and "version" in options:
        versions = re.search(r"version\s*=\s*(['\"])(.*?)\1", brackets["inside"])
        rest = versions.group(2) if versions else options["version"]
    build = options.get("build", "")
    if not rest:
        return CondaSpec(name, channel=channel)
    if not re.match(r"[=<>!~*^0-9v]|\$\{?\w", rest):
        raise CondaProblem(f"`{text}` is not a conda match spec: `{rest}` is no version")
    glued = re.fullmatch(r"(={1,2})\s*([^=<>!~,|\s]+)(?:(?:=|\s+)([^=<>!~,|\s]+))?", rest)
    bare = re.fullmatch(r"([0-9v][^=<>!~,|\s]*)(?:(?:=|\s+)([^=<>!~,|\s]+))?", rest)
    if glued or bare:
        # A bare version is exact, except that `name 1.2` with a wildcard is a prefix.
        operator, version, given = (glued[1], glued[2], glued[3]) if glued else ("==", bare[1], bare[2]) if bare else ("", "", "")
        build = given or build
        wild = "*" in version
        full = operator == "==" or bool(build and "*" not in build) or version.count(".") >= 2
        return CondaSpec(name, (f"{operator}{version}",), full and not wild, "" if wild else version, build, channel)
    if not all(re.fullmatch(r"\s*(?:[=!~]=|[<>]=?|=|\^)?\s*[^=<>!~^\s]+\s*", clause) for clause in re.split("[,|]", rest)):
        raise CondaProblem(f"`{text}` is not a conda match spec: `{rest}` is no list of version clauses")
    clauses = tuple(clause.strip() for clause in rest.split(",") if clause.strip()) if "|" not in rest else (rest,)
    exact = [clause for clause in clauses if re.fullmatch(r"==\s*[^*|]+", clause)]
    return CondaSpec(name, clauses, bool(exact), exact[0].lstrip("= ") if exact else "", build, channel)


def parse_export_line(text: str) -> CondaSpec:
    """`name=version=build` (or a package's URL of `--explicit`): exactly one package."""
    if "://" in text:
        return parse_archive(text)
    match = _EXPORT.fullmatch(text)
    if match is None:
        raise CondaProblem(f"`{text}` is not of the form name=version=build")
    return CondaSpec(match["name"], (f"=={match['version']}",), True, match["version"], match["build"] or "")


def parse_archive(url: str) -> CondaSpec:
    """A package file of a channel: its name tells everything."""
    match = _ARCHIVE.fullmatch(urlsplit(url).path.rsplit("/", 1)[-1])
    if match is None:
        raise CondaProblem(f"`{url}` does not name a conda package file")
    return CondaSpec(match["name"], (f"=={match['version']}",), True, match["version"], match["build"], url=url)
