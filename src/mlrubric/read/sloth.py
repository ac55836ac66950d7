"""Specifications of Sloth: files that its command turns into rules."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.source.document import Document
from mlrubric.source.monitoring import objectives
from mlrubric.source.yaml_facts import first_map

FORMAT = "sloth"


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    if "prometheus/v1" not in document.text or "slos:" not in document.text:
        return
    root, problems = first_map(document, FORMAT, template=True)
    if root is None:
        yield from problems
    elif root.scalar("version") == "prometheus/v1":
        yield from problems
        yield from objectives.sloth(document, root)
