"""Objects of the OpenTelemetry operator: a collector whose configuration is a text or a map."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.monitoring import collector
from mlrubric.source.monitoring.inner import inner
from mlrubric.source.syntax.node import SyntaxProblem
from mlrubric.source.syntax.yaml import parse_template

OBJECTS = (("opentelemetry.io", "OpenTelemetryCollector"),)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    config = manifest.get("spec", "config")
    if config is None:
        return
    route = f"{manifest.symbol}.spec.config"
    if config.kind == "map":
        yield from collector.config(document, config, f"{route}.")
        return
    try:
        roots = parse_template(config.text)
    except SyntaxProblem:
        return
    for root in roots[:1]:
        yield from collector.config(inner(document, config, "config", route), root)
