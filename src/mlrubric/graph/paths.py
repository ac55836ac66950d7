"""Paths as texts: what a path argument may be, without what only tests hand over; which of two are spellings of one file."""

from __future__ import annotations

from mlrubric.graph.code import Code, texts_of
from mlrubric.graph.values import HOLE, texts


def known_texts(code: Code, argument: int) -> list[str]:
    """All texts of an argument, sorted. In the project's own code, a path that only a test names says nothing about the real run; an
    address that only tests name is still the only one there is."""
    if argument < 0:
        return []
    values = list(texts(code.resolver.of(argument)))
    if not values or code.tested(argument):
        return values
    written = _written(code, argument)
    if not written:
        return values
    kept = [v for v in values if any(part in written for part in _last(v))]
    return kept or [v for v in values if "://" in v]


def ends_alike(one: str, other: str) -> bool:
    """Whether two paths are spellings of one file, no folder and a file in it."""
    return one.rpartition("/")[2] == other.rpartition("/")[2]


def _written(code: Code, argument: int) -> str:
    """All texts outside of tests that reach an argument; empty when no test hands anything over."""
    if argument not in code.told_by_tests:
        return ""
    found, tests = list[str](), False
    for op in code.flow.reach([argument], back=True, stop=lambda o: not code.holds_text(o)):
        here = texts_of(code.program.ops[op])
        if here and code.tested(op):
            tests = True
        else:
            found.extend(here)
    return ("\n".join(found) or "\n") if tests else ""


def _last(text: str) -> list[str]:
    """The known parts of the last part of a path."""
    return [part for part in text.rstrip("/").rpartition("/")[2].split(HOLE) if len(part) > 2] or [text]
