"""The configuration of a collector of telemetry: its pipelines, and what receives and exports them."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.monitoring import TelemetryPipeline
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node


def looks_like(text: str) -> bool:
    return "pipelines:" in text and "exporters:" in text and "receivers:" in text and "service:" in text


def config(document: Document, root: Node, route: str = "") -> Iterator[TelemetryPipeline]:
    """One fact for each pipeline that the service runs; an exporter that is named and not defined is none."""
    pipelines = root.get("service", "pipelines")
    defined = {name for name, _ in _entries(root.get("exporters"))} | {name for name, _ in _entries(root.get("connectors"))}
    for name, pipeline in _entries(pipelines):
        place = document.place(pipeline.span, f"{route}service.pipelines.{name}")
        exporters = tuple(e for e in pipeline.strings("exporters") if e in defined)
        yield TelemetryPipeline(place, name.partition("/")[0], pipeline.strings("receivers"), exporters)


def _entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    return node.pairs() if node is not None and node.kind == "map" else iter(())
