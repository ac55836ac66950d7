"""EventSource and Sensor of Argo Events: what comes in, and the workflows, objects or requests that it starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlrubric.model.facts import Command, EventSource, Fact, Job, Listener, Workflow
from mlrubric.read.kubernetes.kinds.argo_workflow import workflow
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node

GROUP = "argoproj.io"
OBJECTS = ((GROUP, "EventSource"), (GROUP, "Sensor"))
OTHER = ("service", "template", "eventBusName", "replicas")  # keys of an event source that are no events
RESOURCES = ("argoWorkflow", "k8s")
STARTS = ("submit", "submit-from", "create", "resume", "resubmit", "retry", "")


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    if spec is None:
        return
    yield from _events(document, manifest, spec) if manifest.resource.kind == "EventSource" else _sensor(document, manifest, spec)


def _events(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    for kind, events in spec.pairs():
        if kind in OTHER or events.kind != "map":
            continue
        for key, config in events.entries:
            place = document.place(key.span, f"{manifest.symbol}.{kind}.{key.text}")
            address = f"{manifest.resource.name}-eventsource-svc{config.scalar('endpoint')}" if kind == "webhook" else ""
            schedule = config.scalar("schedule") or (f"every {config.scalar('interval')}" if config.scalar("interval") else "")
            yield EventSource(place, manifest.resource.name, key.text, kind, address, schedule if kind == "calendar" else "")


def _sensor(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    """A sensor is a workflow that its events start; each of its triggers is a job."""
    symbol = manifest.symbol
    yield Workflow(manifest.resource.place, manifest.resource.name, "argo-events")
    dependencies, triggers = spec.get("dependencies"), spec.get("triggers")
    for item in dependencies.items if dependencies is not None else ():
        place = document.place(item.span, f"{symbol}.dependencies.{item.scalar('name')}")
        yield Listener(place, symbol, item.scalar("eventSourceName"), item.scalar("eventName"))
    for index, item in enumerate(triggers.items if triggers is not None else ()):
        template = item.get("template")
        if template is not None:
            yield from _trigger(document, manifest, template, f"{symbol}.triggers[{index}]")


def _trigger(document: Document, manifest: Manifest, template: Node, route: str) -> Iterator[Fact]:
    name = f"{manifest.resource.name}.{template.scalar('name')}"
    place = document.place(template.span, route)
    for key in RESOURCES:
        action = template.get(key)
        if action is None or action.scalar("operation") not in STARTS:
            continue
        resource = action.get("source", "resource")
        arguments = action.strings("args")
        target = next((f"@WorkflowTemplate/{a.partition('/')[2]}" for a in arguments if a.lower().startswith("workflowtemplate/")), None)
        yield Job(place, name, manifest.symbol, uses=target)
        if resource is None:
            return
        kind, own = resource.scalar("kind"), resource.scalar("metadata", "name") or resource.scalar("metadata", "generateName")
        spec = resource.get("spec")
        if kind == "Workflow" and spec is not None:
            started = f"{route}.{kind}/{own}"
            yield Workflow(replace(document.place(resource.span), symbol=started), own, "argo")
            yield Job(document.place(resource.span, f"{route}.start"), f"{name}.start", route, uses=f"#{started}")
            yield from workflow(document, started, f"{name}.{own}", spec)
        return
    yield Job(place, name, manifest.symbol)
    request = template.get("http")
    if request is not None and request.scalar("url"):
        method = request.scalar("method") or "POST"
        yield Command(document.place(request.span, f"{route}.http"), route, ("curl", "-X", method, request.scalar("url")))
