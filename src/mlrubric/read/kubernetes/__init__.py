"""Kubernetes manifests: any YAML document with `apiVersion` and `kind`; what a kind says is read by the modules of `kinds/`.

A module of `kinds/` has
    OBJECTS: tuple[tuple[str, str], ...]    (API group without version, kind) of what it reads
    def read(document: Document, manifest: Manifest) -> Iterable[Fact]
The symbols of its facts begin with `manifest.symbol`. Every object gives a `Resource` fact, whether or not a module reads it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Protocol, cast

from mlrubric.model.facts import Embedded, Fact, Unreadable
from mlrubric.read.kubernetes import kinds
from mlrubric.read.kubernetes.manifest import Manifest, manifests
from mlrubric.source.document import Document
from mlrubric.source.relocate import relocated

FORMAT = "kubernetes"
LANGUAGE = "kubernetes"
PROSE = (".md", ".rst", ".txt")


_OBJECT = re.compile(r"""^[ \t]*(?:- )?["']?apiVersion["']?[ \t]*:|\{\s*"(?:apiVersion|kind)"\s*:""", re.MULTILINE)


class Kind(Protocol):
    """A module of `kinds/`."""

    OBJECTS: tuple[tuple[str, str], ...]

    def read(self, document: Document, manifest: Manifest) -> Iterable[Fact]: ...


def accepts(path: str) -> bool:
    return path.endswith((".yaml", ".yml", ".json")) and ".github/" not in path


def read_embedded(embedded: Embedded) -> Iterator[Fact]:
    """Manifests in a text that a command is fed with, at the lines of the file that holds it."""
    if embedded.place.path.lower().endswith(PROSE):
        return  # what a document shows is an example
    starts = embedded.lines or ((embedded.place.line, 1),)

    def line(number: int) -> int:
        known = starts[min(number, len(starts)) - 1][0]
        return known + max(number - len(starts), 0)

    for fact in read(Document(embedded.place.path, embedded.text)):
        if not isinstance(fact, Unreadable):
            yield relocated(fact, line)


def read(document: Document) -> Iterator[Fact]:
    if "apiVersion" not in document.text or "kind" not in document.text or not _OBJECT.search(document.text):
        return
    for found in manifests(document, FORMAT):
        if isinstance(found, Unreadable):
            yield found
            continue
        yield found.resource
        module = _modules().get((found.resource.group, found.resource.kind))
        if module is not None:
            yield from module.read(document, found)


@cache
def _modules() -> dict[tuple[str, str], Kind]:
    names = sorted(info.name for info in pkgutil.iter_modules(kinds.__path__, kinds.__name__ + "."))
    modules = [cast(Kind, importlib.import_module(name)) for name in names]
    found: dict[tuple[str, str], Kind] = {}
    for module in modules:
        for key in module.OBJECTS:
            if key in found:
                raise ValueError(f"two modules of kinds/ read {key[1]} of {key[0]}")
            found[key] = module
    return found
