"""CronJob: a schedule that starts the containers of its template."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Job, Workflow
from mlrubric.read.kubernetes.clocks import clocks
from mlrubric.read.kubernetes.container import container
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document

OBJECTS = (("batch", "CronJob"),)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    symbol = manifest.symbol
    spec = manifest.get("spec")
    if spec is None:
        return
    yield Workflow(manifest.resource.place, manifest.resource.name, "kubernetes")
    yield from clocks(document, symbol, spec, "schedule")
    pod = manifest.get("spec", "jobTemplate", "spec", "template", "spec")
    for key in ("initContainers", "containers"):
        node = pod.get(key) if pod is not None else None
        for item in node.items if node is not None else ():
            route = f"{symbol}.{key}.{item.scalar('name')}"
            yield Job(document.place(item.span, route), item.scalar("name"), symbol)
            yield from container(document, item, route, route)
