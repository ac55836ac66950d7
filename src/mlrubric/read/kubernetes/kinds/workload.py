"""Workloads: containers that keep running, and jobs that run once when they are applied."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Job, Part, Service, Workflow
from mlrubric.read.kubernetes.container import container
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.read.kubernetes.parts import children, objects_mounted, probes
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place

LASTING = (
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("extensions", "Deployment"),
    ("extensions", "DaemonSet"),
    ("", "ReplicationController"),
    ("apps.openshift.io", "DeploymentConfig"),
)
OBJECTS = (*LASTING, ("", "Pod"), ("batch", "Job"))
CONTAINERS = ("initContainers", "containers")


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    resource = manifest.resource
    pod = manifest.get("spec") if resource.kind == "Pod" else manifest.get("spec", "template", "spec")
    if pod is None:
        return
    if resource.kind == "Job" or (resource.kind == "Pod" and pod.scalar("restartPolicy") in ("Never", "OnFailure")):
        yield from once(document, manifest, pod)
    else:
        yield from lasting(document, manifest, pod)
        spec = manifest.get("spec")
        if spec is not None and spec.scalar("revisionHistoryLimit") == "0":
            place = entry_place(document, spec, "revisionHistoryLimit", f"{manifest.symbol}.revisionHistoryLimit")
            yield Part(place, manifest.symbol, "forgets", resource.name)


def once(document: Document, manifest: Manifest, pod: Node) -> Iterator[Fact]:
    """A workflow that what applies it starts."""
    yield Workflow(manifest.resource.place, manifest.resource.name, "kubernetes")
    for item, route in containers(manifest, pod):
        yield Job(document.place(item.span, route), item.scalar("name"), manifest.symbol)
        yield from container(document, item, route, route)


def lasting(document: Document, manifest: Manifest, pod: Node) -> Iterator[Fact]:
    """One service a container, with its probes; none runs when there are to be no replicas."""
    spec = manifest.get("spec")
    if spec is not None and spec.scalar("replicas") == "0":
        yield Part(entry_place(document, spec, "replicas", f"{manifest.symbol}.replicas"), manifest.symbol, "off", "replicas: 0")
    for item, route in containers(manifest, pod):
        ports = tuple(port.scalar("containerPort") for port in children(item.get("ports")))
        mounts = tuple(f"{mount.scalar('name')}:{mount.scalar('mountPath')}" for mount in children(item.get("volumeMounts")))
        words = (*item.strings("command"), *item.strings("args"))
        name, image = item.scalar("name") or manifest.resource.name, item.scalar("image") or None
        yield Service(document.place(item.span, route), name, image, None, words, ports, mounts)
        yield from container(document, item, route, route)
        yield from objects_mounted(document, pod, item, route)
        yield from probes(document, item, route, manifest.symbol)


def containers(manifest: Manifest, pod: Node) -> Iterator[tuple[Node, str]]:
    """Every container with the symbol of its place."""
    for key in CONTAINERS:
        for number, item in enumerate(children(pod.get(key))):
            yield item, f"{manifest.symbol}.{key}.{item.scalar('name') or number}"
