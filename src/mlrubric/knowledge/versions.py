"""Versions as requirement clauses leave them: the least and the greatest that can come, compared by their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MOVING_NAMES = frozenset({"main", "master", "head", "develop", "dev", "trunk", "latest"})
"""What branches are called, and the newest version, where a commit or a version is asked for."""

_RELEASE = re.compile(r"v?(?:\d+!)?(\d+(?:\.\d+)*)(.*)", re.IGNORECASE)
_EARLY = re.compile(r"[-_.]?(a|b|c|rc|alpha|beta|pre|preview|dev)(?![a-z])", re.IGNORECASE)
_CLAUSE = re.compile(r"\s*(===|==|~=|!=|<>|<=|>=|<|>|=|\^|~)?\s*([^\s,]+)\s*")
_EXACT = ("==", "===", "=", "")

Key = tuple[tuple[int, ...], int]
_LEAST: Key = ((), -1)


def key(version: str) -> Key:
    """What versions are ordered by: the numbers without closing noughts, then early releases before the release itself."""
    match = _RELEASE.match(version.strip())
    if match is None:
        return _LEAST
    return _shortened(match[1].split(".")), -1 if _EARLY.match(match[2]) else 0


def _shortened(parts: Iterable[str]) -> tuple[int, ...]:
    numbers = [int(part) for part in parts]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The versions that some clauses allow: from `lower` (taken with it) to `upper` (with it when `closed`); `exact` is the one version,
    when there is only one. An empty text is no bound."""

    lower: str = ""
    upper: str = ""
    closed: bool = False
    exact: str = ""

    def at_least(self, version: str) -> bool:
        """Whether every version that is allowed is this one or a later one."""
        return bool(self.lower) and key(self.lower) >= key(version)

    def below(self, version: str) -> bool:
        """Whether every version that is allowed comes before this one."""
        if not self.upper:
            return False
        return key(self.upper) < key(version) if self.closed else key(self.upper) <= key(version)

    def allows(self, version: str) -> bool:
        """Whether a version lies between the bounds."""
        here = key(version)
        above = not self.upper or here < key(self.upper) or (self.closed and here == key(self.upper))
        return (not self.lower or here >= key(self.lower)) and above

    @property
    def likely(self) -> str:
        """The version that a meaning which differs between versions is asked for: the exact one, or the least of a range that ends; an open
        range may be the newest, which is the empty text."""
        return self.exact or (self.lower if self.upper else "")


def bounds_of(specifiers: Iterable[str]) -> Bounds:
    """The bounds of clauses that all hold, as pip, poetry and conda write them; alternatives (`|`) bound nothing."""
    lower, upper, closed, exact = "", "", False, ""
    for text in specifiers:
        if "|" in text:
            continue
        for operator, version in _CLAUSE.findall(text):
            low, high, included, one = _of(operator, version)
            exact = exact or one
            if low and (not lower or key(low) > key(lower)):
                lower = low
            if high and (not upper or key(high) < key(upper)):
                upper, closed = high, included
    return Bounds(lower, upper, closed, exact)


def _of(operator: str, version: str) -> tuple[str, str, bool, str]:
    """One clause: least, greatest, whether the greatest is allowed, the only one."""
    match = _RELEASE.match(version)
    if match is None or operator in ("!=", "<>"):
        return "", "", False, ""
    numbers = match[1].split(".")
    if operator in _EXACT:
        if "*" in version or (operator == "=" and len(numbers) < 3):  # `1.2.*`, conda's `=1.2`
            return match[1], _following(numbers, len(numbers)), False, ""
        return version, version, True, version
    if operator in (">=", ">"):
        return version, "", False, ""
    if operator in ("<", "<="):
        return "", version, operator == "<=", ""
    if operator == "~=":
        return version, _following(numbers, len(numbers) - 1), False, ""
    if operator == "~":
        return version, _following(numbers, min(len(numbers), 2)), False, ""
    first = next((i for i, part in enumerate(numbers) if int(part)), len(numbers) - 1)
    return version, _following(numbers, first + 1), False, ""  # `^0.7` ends at 0.8, `^1.2` at 2


def _following(numbers: list[str], kept: int) -> str:
    """The first version after all that begin with the first `kept` numbers."""
    if kept < 1:
        return ""
    return ".".join([*numbers[: kept - 1], str(int(numbers[kept - 1]) + 1)])
