"""Routes that divide or copy traffic: Istio, Gateway API, Knative, service meshes and ingress controllers."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Part
from mlrubric.read.kubernetes.kinds.workload import lasting
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.read.kubernetes.parts import children, shares
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place

OBJECTS = (
    ("networking.istio.io", "VirtualService"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("gateway.networking.k8s.io", "GRPCRoute"),
    ("gateway.networking.k8s.io", "TCPRoute"),
    ("gateway.networking.k8s.io", "TLSRoute"),
    ("policy.linkerd.io", "HTTPRoute"),
    ("serving.knative.dev", "Service"),
    ("serving.knative.dev", "Route"),
    ("split.smi-spec.io", "TrafficSplit"),
    ("traefik.io", "TraefikService"),
    ("traefik.containo.us", "TraefikService"),
    ("projectcontour.io", "HTTPProxy"),
    ("networking.k8s.io", "Ingress"),
    ("extensions", "Ingress"),
)
CANARY = "nginx.ingress.kubernetes.io/canary"


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    kind, group = manifest.resource.kind, manifest.resource.group
    if kind == "Ingress":
        yield from _ingress(document, manifest)
    elif spec is None:
        return
    elif kind == "VirtualService":
        for protocol in ("http", "tcp", "tls"):
            for number, rule in enumerate(children(spec.get(protocol))):
                yield from _istio(document, manifest, rule, f"{manifest.symbol}.{protocol}[{number}]")
    elif group == "serving.knative.dev":
        pod = manifest.get("spec", "template", "spec")
        if kind == "Service" and pod is not None:
            yield from lasting(document, manifest, pod)
        yield from _split(document, manifest, spec, "traffic", manifest.symbol, "revisionName", "tag", weight="percent", default="0")
    elif kind == "TrafficSplit":
        yield from _split(document, manifest, spec, "backends", manifest.symbol, "service", proportional=True)
    elif kind == "TraefikService":
        weighted, mirroring = spec.get("weighted"), spec.get("mirroring")
        if weighted is not None:
            yield from _split(document, manifest, weighted, "services", manifest.symbol, "name", default="1", proportional=True)
        for mirror in children(mirroring.get("mirrors") if mirroring is not None else None):
            yield Part(document.place(mirror.span, f"{manifest.symbol}.mirrors"), manifest.symbol, "shadow", mirror.scalar("name"))
    elif kind == "HTTPProxy":
        for number, rule in enumerate(children(spec.get("routes"))):
            route = f"{manifest.symbol}.routes[{number}]"
            answering = [s for s in children(rule.get("services")) if s.scalar("mirror") != "true"]
            if len(answering) > 1:
                divided = shares(answering, "name", default="0")
                yield Part(entry_place(document, rule, "services", route), manifest.symbol, "split", shares=divided, proportional=True)
            for service in children(rule.get("services")):
                if service.scalar("mirror") == "true":
                    yield Part(document.place(service.span, f"{route}.mirror"), manifest.symbol, "shadow", service.scalar("name"))
    else:
        for number, rule in enumerate(children(spec.get("rules"))):
            yield from _gateway(document, manifest, rule, f"{manifest.symbol}.rules[{number}]")


def _split(
    document: Document,
    manifest: Manifest,
    node: Node,
    key: str,
    route: str,
    *names: str,
    weight: str = "weight",
    default: str = "",
    proportional: bool = False,
) -> Iterator[Part]:
    """A list of two or more that share the traffic."""
    items = children(node.get(key))
    if len(items) > 1:
        divided = shares(items, *names, weight=weight, default=default)
        place = entry_place(document, node, key, f"{route}.{key}")
        yield Part(place, manifest.symbol, "split", manifest.resource.name, shares=divided, proportional=proportional)


def _istio(document: Document, manifest: Manifest, rule: Node, route: str) -> Iterator[Part]:
    items = children(rule.get("route"))
    if len(items) > 1:
        divided = shares(items, "destination.subset", "destination.host", default="0")
        yield Part(entry_place(document, rule, "route", f"{route}.route"), manifest.symbol, "split", manifest.resource.name, shares=divided)
    for key in ("mirror", "mirrors"):
        node = rule.get(key)
        if node is None:
            continue
        target = node if node.kind == "map" else next(iter(children(node)), node)
        who = target.scalar("subset") or target.scalar("host") or target.scalar("destination", "host")
        percent = rule.scalar("mirrorPercentage", "value") or rule.scalar(
            "mirrorPercent", default=rule.scalar("mirror_percent", default="100")
        )
        problem = "0 per cent are copied" if percent in ("0", "0.0") else ""
        place = entry_place(document, rule, key, f"{route}.{key}")
        yield Part(place, manifest.symbol, "shadow", who, shares=((who, percent),), problem=problem)


def _gateway(document: Document, manifest: Manifest, rule: Node, route: str) -> Iterator[Part]:
    yield from _split(document, manifest, rule, "backendRefs", route, "name", default="1", proportional=True)
    for item in children(rule.get("filters")):
        if item.scalar("type") == "RequestMirror":
            who = item.scalar("requestMirror", "backendRef", "name")
            percent = item.scalar("requestMirror", "percent", default="100")
            problem = "0 per cent are copied" if percent == "0" else ""
            place = document.place(item.span, f"{route}.filters")
            yield Part(place, manifest.symbol, "shadow", who, shares=((who, percent),), problem=problem)


def _ingress(document: Document, manifest: Manifest) -> Iterator[Part]:
    """The canary annotations of ingress-nginx: an ingress beside the main one gets a share."""
    annotations = manifest.get("metadata", "annotations")
    if annotations is None or annotations.scalar(CANARY).lower() != "true":
        return
    weight = annotations.scalar(f"{CANARY}-weight")
    total = annotations.scalar(f"{CANARY}-weight-total", default="100")
    if not weight:
        return  # by header or cookie: those who ask for it, no share of all
    rest = f"{float(total) - float(weight):g}" if _number(weight) and _number(total) else ""
    place = entry_place(document, annotations, f"{CANARY}-weight", f"{manifest.symbol}.canary-weight")
    divided = (("canary", weight), ("main", rest))
    yield Part(place, manifest.symbol, "split", manifest.resource.name, shares=divided, proportional=total != "100")


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
