"""OpenTelemetry collector: what its pipelines export, and to whom."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.source.document import Document
from mlrubric.source.monitoring import collector
from mlrubric.source.yaml_facts import first_map

FORMAT = "otel_collector"


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    if not collector.looks_like(document.text):
        return
    root, _ = first_map(document, FORMAT, template=True)  # a file that is no YAML may be anything
    if root is not None and root.get("kind") is None:
        yield from collector.config(document, root)
