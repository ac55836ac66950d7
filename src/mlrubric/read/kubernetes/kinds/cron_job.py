"""CronJob: a schedule that starts the containers of its template."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Job, Workflow
from mlrubric.read.kubernetes.container import container
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.automation_facts import clock
from mlrubric.source.document import Document
from mlrubric.source.yaml_facts import entry_place

OBJECTS = (("batch", "CronJob"),)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    symbol = manifest.symbol
    spec = manifest.get("spec")
    if spec is None:
        return
    yield Workflow(manifest.resource.place, manifest.resource.name, "kubernetes")
    dead = "suspend: true" if spec.scalar("suspend").lower() == "true" else ""
    yield clock(entry_place(document, spec, "schedule", f"{symbol}.schedule"), symbol, spec.scalar("schedule"), dead=dead, names=True)
    pod = manifest.get("spec", "jobTemplate", "spec", "template", "spec")
    for key in ("initContainers", "containers"):
        node = pod.get(key) if pod is not None else None
        for item in node.items if node is not None else ():
            route = f"{symbol}.{key}.{item.scalar('name')}"
            yield Job(document.place(item.span, route), item.scalar("name"), symbol)
            yield from container(document, item, route, route)
