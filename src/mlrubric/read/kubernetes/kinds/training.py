"""Jobs of the training operators, of Ray and of Spark: what runs once, or on a schedule of its own."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Command, Fact, Job, Workflow
from mlrubric.read.kubernetes.clocks import clocks
from mlrubric.read.kubernetes.container import container
from mlrubric.read.kubernetes.kinds.workload import containers
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import embedded

KUBEFLOW, RAY, SPARK = "kubeflow.org", "ray.io", "sparkoperator.k8s.io"
REPLICAS = {
    "PyTorchJob": "pytorchReplicaSpecs",
    "TFJob": "tfReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "PaddleJob": "paddleReplicaSpecs",
    "JAXJob": "jaxReplicaSpecs",
}
OBJECTS = (
    *((KUBEFLOW, kind) for kind in REPLICAS),
    (RAY, "RayJob"),
    (SPARK, "SparkApplication"),
    (SPARK, "ScheduledSparkApplication"),
)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec, kind = manifest.get("spec"), manifest.resource.kind
    if spec is None:
        return
    yield Workflow(manifest.resource.place, manifest.resource.name, "kubernetes")
    if kind in REPLICAS:
        yield from _replicas(document, manifest, spec.get(REPLICAS[kind]), manifest.symbol)
    elif kind == "RayJob":
        node = spec.get("entrypoint")
        if node is not None and node.text:
            route = f"{manifest.symbol}.entrypoint"
            yield Job(document.place(node.span, route), manifest.resource.name, manifest.symbol)
            yield embedded(document, node, f"{route}.text", route, options=frozenset({"errexit"}))
    else:
        inner = spec.get("template") if kind.startswith("Scheduled") else spec
        if kind.startswith("Scheduled"):
            yield from clocks(document, manifest.symbol, spec, "schedule")
        if inner is not None:
            yield from _spark(document, manifest, inner)


def _replicas(document: Document, manifest: Manifest, groups: Node | None, symbol: str) -> Iterator[Fact]:
    """The containers of every kind of replica."""
    for name, group in groups.pairs() if groups is not None else ():
        pod = group.get("template", "spec")
        for item, route in containers(manifest, pod) if pod is not None else ():
            own = f"{symbol}.{name}{route.removeprefix(manifest.symbol)}"
            yield Job(document.place(item.span, own), f"{name} {item.scalar('name')}", symbol)
            yield from container(document, item, own, own)


def _spark(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    """The program that an application runs: `local:///opt/app/train.py`."""
    file = spec.get("mainApplicationFile")
    if file is not None and file.text.endswith(".py"):
        route = f"{manifest.symbol}.mainApplicationFile"
        yield Job(document.place(file.span, route), manifest.resource.name, manifest.symbol)
        argv = ("spark-submit", file.text.partition("://")[2] or file.text, *spec.strings("arguments"))
        yield Command(document.place(file.span, f"{route}.command[0]"), route, argv)
