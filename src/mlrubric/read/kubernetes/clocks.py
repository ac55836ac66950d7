"""Schedules of manifests, which `suspend: true` switches off."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Trigger
from mlrubric.source.automation_facts import clock
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place


def clocks(document: Document, symbol: str, spec: Node, *keys: str) -> Iterator[Trigger]:
    """A trigger for every line of `keys`; one that is suspended stands where that is said."""
    dead = "suspend: true" if spec.scalar("suspend").lower() == "true" else ""
    for key in keys:
        place = entry_place(document, spec, "suspend" if dead else key, f"{symbol}.{key}")
        for line in spec.strings(key):
            yield clock(place, symbol, line, dead=dead, names=True)
