"""Facts of a repository moved below the folder that stands for it, and values whose texts and places are changed throughout."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from mlrubric.model.facts import Fact, Include, Job, Pin, Stage, Step
from mlrubric.model.place import Place
from mlrubric.model.python import PythonModule

T = TypeVar("T")
ROOTED = ("dvc", "mlproject")  # tools whose stages have a folder that counts from the root


def moved(fact: Fact, root: str) -> Fact:
    """A fact of a repository that lies below `root`: its places, and the paths that count from the repository's root."""
    fact = _with_places(fact, root)
    if isinstance(fact, Job):
        return replace(fact, uses=local(fact.uses, root))
    if isinstance(fact, Step):
        directory = fact.working_directory
        return replace(fact, uses=local(fact.uses, root), working_directory=directory and _below(directory, root))
    if isinstance(fact, Include) and fact.kind in ("workflow", "action"):
        return replace(fact, target=local(fact.target, root) or fact.target)
    if isinstance(fact, Stage) and fact.tool in ROOTED:
        return replace(fact, directory=_below(fact.directory, root))
    if isinstance(fact, Pin):
        return replace(fact, path=_below(fact.path, root))
    return fact


def local(uses: str | None, root: str) -> str | None:
    """A hop that counts from a root, seen from above it."""
    return f"./{root}/{uses.removeprefix('./')}" if root and uses is not None and uses.startswith("./") else uses


def _below(path: str, root: str) -> str:
    return path if path.startswith(("/", "$", "~")) or "://" in path else posixpath.normpath(posixpath.join(root, path))


def _with_places(fact: Fact, root: str) -> Fact:
    """The fact with every place in it moved; a module's operations have no places of their own."""

    def change(value: str | Place) -> str | Place:
        return replace(value, path=f"{root}/{value.path}" if value.path else root) if isinstance(value, Place) else value

    return replace(fact, place=cast(Place, change(fact.place))) if isinstance(fact, PythonModule) else mapped(fact, change)


def mapped(value: T, change: Callable[[str | Place], str | Place]) -> T:
    """A frozen value with every text and every place in it changed; itself when nothing of it is."""
    found: object = value
    if isinstance(value, (str, Place)):
        found = change(value)
    elif isinstance(value, (tuple, list)):
        items = [mapped(item, change) for item in value]
        if any(new is not old for new, old in zip(items, value, strict=True)):
            found = tuple(items) if isinstance(value, tuple) else items
    elif isinstance(value, Mapping):
        found = {mapped(key, change): mapped(item, change) for key, item in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        given = {one.name: getattr(value, one.name) for one in fields(value)}
        changed = {name: new for name, old in given.items() if (new := mapped(old, change)) is not old}
        found = replace(value, **changed) if changed else value
    return cast("T", found)
