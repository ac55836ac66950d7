"""Experiment of Katib: a search over the arguments of the containers of its trials."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Command, Fact, Job, Workflow
from mlrubric.read.kubernetes.container import container
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.automation_facts import by_hand
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place

OBJECTS = (("kubeflow.org", "Experiment"),)
UNSENT = "an experiment that nothing in this repository creates"


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    if spec is None:
        return
    symbol, name = manifest.symbol, manifest.resource.name
    yield Workflow(manifest.resource.place, name, "katib")
    yield by_hand(manifest.resource.place, symbol, UNSENT)
    if _searches(spec):
        place = entry_place(document, spec, "parameters", f"{symbol}.search")
        yield Command(place, symbol, ("katib", "create", name))
    trial = spec.get("trialTemplate", "trialSpec")
    for index, item in enumerate(_containers(trial)):
        route = f"{symbol}.trial[{index}]"
        yield Job(document.place(item.span, route), f"{name}.trial", symbol)
        yield from container(document, item, route, route)


def _searches(spec: Node) -> bool:
    """Whether there is more than one candidate."""
    parameters = spec.get("parameters")
    return parameters is not None and bool(parameters.items) and spec.scalar("maxTrialCount") not in ("0", "1")


def _containers(node: Node | None) -> Iterator[Node]:
    """The containers below a specification of any kind of job."""
    if node is None:
        return
    for key, value in node.pairs() if node.kind == "map" else ():
        if key == "containers" and value.kind == "list":
            yield from value.items
        elif value.kind == "map":
            yield from _containers(value)
