"""Alertmanager: routes and receivers."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.source.document import Document
from mlrubric.source.monitoring import alertmanager
from mlrubric.source.yaml_facts import first_map

FORMAT = "alertmanager"


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    if not alertmanager.looks_like(document.text):
        return
    root, problems = first_map(document, FORMAT, template=True)
    if root is None:
        yield from problems
    elif root.get("route") is not None and root.get("receivers") is not None and root.get("kind") is None:
        yield from problems
        yield from alertmanager.config(document, root)
