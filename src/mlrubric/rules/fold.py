"""Several defects of one kind in a file, a folder or the repository, told as one: each is ignored and known by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mlrubric.model.verdict import Finding

MORE = "{more}"  # where a message says how many it stands for


def folded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first of each fold for all of it, with their number in its message; those without a fold as they are."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    order: list[list[Finding]] = []
    for one in findings:
        if one.fold:
            groups.setdefault((one.rule, one.fold), []).append(one)
            if len(groups[one.rule, one.fold]) == 1:
                order.append(groups[one.rule, one.fold])
        else:
            order.append([one])
    return tuple(_first(group) for group in order)


def unfolded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each by itself, in the order of the first ones."""
    return tuple(member for one in findings for member in (_alone(one), *map(_alone, one.others)))


def _first(group: list[Finding]) -> Finding:
    first, *others = group
    return replace(first, message=first.pattern.replace(MORE, f" (and {len(others)} more)"), others=tuple(others)) if others else first


def _alone(one: Finding) -> Finding:
    return replace(one, message=one.pattern.replace(MORE, ""), others=()) if one.others else one
