"""Skaffold: the images it builds, and the manifests, kustomizations and charts that it brings into the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Delivery, Fact, ImageName, Stage
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place, first_map

FORMAT = "skaffold"
OWNER = "skaffold"


def accepts(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name.startswith("skaffold") and name.endswith((".yaml", ".yml"))


def read(document: Document) -> Iterator[Fact]:
    root, problems = first_map(document, FORMAT, template=True)
    yield from problems
    if root is None:
        return
    yield Stage(document.place(root.span, OWNER), "skaffold", root.scalar("metadata", "name") or "skaffold")
    for item in _maps(root.get("build", "artifacts")):
        place = document.place(item.span, f"{OWNER}.build")
        context = item.scalar("context", default=".")
        dockerfile = item.scalar("docker", "dockerfile") or item.scalar("kaniko", "dockerfile") or "Dockerfile"
        yield ImageName(place, item.scalar("image"), "built", dockerfile=dockerfile, context=context)
    lists = (
        ("manifests", "rawYaml"),
        ("deploy", "kubectl", "manifests"),
        ("manifests", "kustomize", "paths"),
        ("deploy", "kustomize", "paths"),
    )
    for route in lists:
        node, parent = root.get(*route), root.get(*route[:-1])
        if node is not None and parent is not None:
            place = entry_place(document, parent, route[-1], f"{OWNER}.{'.'.join(route)}")
            yield Delivery(place, OWNER, "skaffold", node.strings(), beside=True)
    for route in (("manifests", "helm", "releases"), ("deploy", "helm", "releases")):
        for release in _maps(root.get(*route)):
            chart = release.scalar("chartPath")
            if chart:
                place = document.place(release.span, f"{OWNER}.helm")
                yield Delivery(place, OWNER, "helm", (chart,), beside=True, values=release.strings("valuesFiles"))


def _maps(node: Node | None) -> tuple[Node, ...]:
    return tuple(item for item in node.items if item.kind == "map") if node is not None else ()
