"""Objects of GitOps controllers, which keep a cluster as a repository says: Argo CD applications, Flux kustomizations and releases."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Delivery, Fact, Trigger, Workflow
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.read.kubernetes.parts import children
from mlrubric.source.automation_facts import by_hand
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place

OBJECTS = (
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    if spec is None:
        return
    kind = manifest.resource.kind
    yield Workflow(manifest.resource.place, manifest.resource.name, "argo-cd" if kind.startswith("Application") else "flux")
    if kind == "Application":
        yield from _application(document, manifest, spec)
    elif kind == "ApplicationSet":
        folders = [d.scalar("path") for g in children(spec.get("generators")) for d in children(g.get("git", "directories"))]
        inner = spec.get("template", "spec")
        if inner is not None:
            yield from _application(document, manifest, inner, tuple(folders))
    elif kind == "Kustomization":
        yield _clock(document, manifest, spec)
        needs = spec.scalar("sourceRef", "name")
        place = entry_place(document, spec, "path", f"{manifest.symbol}.path")
        yield Delivery(place, manifest.symbol, "flux", (spec.scalar("path", default="./"),), repository=needs, deep=True)
    else:
        yield _clock(document, manifest, spec)
        chart = spec.get("chart", "spec")
        place = entry_place(document, spec, "chart", f"{manifest.symbol}.chart")
        if chart is not None and chart.scalar("sourceRef", "kind") in ("GitRepository", "Bucket", ""):
            values = spec.get("values")
            inline = _text(document, values) if values is not None else ""
            files = chart.strings("valuesFiles")
            yield Delivery(place, manifest.symbol, "helm", (chart.scalar("chart"),), values=files, inline=inline)


def _application(document: Document, manifest: Manifest, spec: Node, folders: tuple[str, ...] = ()) -> Iterator[Fact]:
    automated = spec.get("syncPolicy", "automated")
    enabled = automated is not None and automated.scalar("enabled").lower() != "false" and automated.kind in ("map", "null")
    if enabled:
        place = entry_place(document, spec.get("syncPolicy") or spec, "automated", f"{manifest.symbol}.automated")
        yield Trigger(place, "event", manifest.symbol, reason="Argo CD keeps the cluster as this repository says")
    else:
        yield by_hand(
            document.place(spec.span, f"{manifest.symbol}.sync"), manifest.symbol, "it is synchronised by hand: no `syncPolicy.automated`"
        )
    one = spec.get("source")
    for number, source in enumerate((one,) if one is not None else children(spec.get("sources"))):
        path = source.scalar("path")
        if not path and source.scalar("chart"):
            continue  # a chart of a registry
        place = document.place(source.span, f"{manifest.symbol}.source[{number}]")
        helm = source.get("helm")
        values = helm.strings("valueFiles") if helm is not None else ()
        inline = helm.scalar("values") if helm is not None else ""
        if helm is not None and helm.get("valuesObject") is not None:
            inline = _text(document, helm.get("valuesObject"))
        sources = tuple(f for f in folders if f) if "{{" in path and folders else (path,)
        if path:
            deep = source.scalar("directory", "recurse").lower() == "true"
            origin = source.scalar("repoURL")
            yield Delivery(place, manifest.symbol, "argo-cd", sources, values=values, inline=inline, repository=origin, deep=deep)


def _clock(document: Document, manifest: Manifest, spec: Node) -> Trigger:
    """The interval at which Flux brings the cluster back to what the repository says."""
    dead = "suspend: true" if spec.scalar("suspend").lower() == "true" else ""
    place = entry_place(document, spec, "interval", f"{manifest.symbol}.interval")
    return Trigger(place, "event", manifest.symbol, None, (), not dead, True, dead or "Flux keeps the cluster as this repository says")


def _text(document: Document, node: Node | None) -> str:
    """A block of the document as YAML text of its own."""
    if node is None or node.kind != "map":
        return ""
    lines = document.lines()[node.span.line - 1 : node.span.end_line]
    margin = node.span.column - 1
    return "\n".join(line[margin:] if not line[:margin].strip() else line for line in lines)
