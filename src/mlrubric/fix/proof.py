"""Whether a file can be read after an edit as well as before: it is given to the very readers of an analysis."""

from __future__ import annotations

from mlrubric.model.facts import Unreadable
from mlrubric.read.drive import read_tree
from mlrubric.source.tree import MemoryTree


def problem_after(path: str, before: bytes, after: bytes) -> str:
    """Why a file could not be read after an edit that could be read before; "" when all is well."""
    new = _problems(path, after)
    if not new or len(new) <= len(_problems(path, before)):
        return ""
    return new[0]


def _problems(path: str, data: bytes) -> list[str]:
    return [fact.reason for one in read_tree(MemoryTree({path: data})) for fact in one.facts if isinstance(fact, Unreadable)]
