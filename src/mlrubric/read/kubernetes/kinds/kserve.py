"""KServe: InferenceService in its versions, TrainedModel, InferenceGraph; where models come from, how traffic is divided, what explains."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Part
from mlrubric.read.kubernetes.container import container
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.read.kubernetes.parts import children, probes, server, shares
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place

OBJECTS = (
    ("serving.kserve.io", "InferenceService"),
    ("serving.kubeflow.org", "InferenceService"),
    ("serving.kserve.io", "TrainedModel"),
    ("serving.kserve.io", "InferenceGraph"),
)
GROUPS = ("serving.kserve.io/", "serving.kubeflow.org/")
PLAIN = ("rawdeployment", "standard")  # modes without a split of traffic
COMPONENTS = ("predictor", "transformer", "explainer")
PERCENT = "canaryTrafficPercent"


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    if spec is None:
        return
    kind = manifest.resource.kind
    if kind == "TrainedModel":
        model = spec.get("model")
        if model is not None:
            yield from server(document, manifest, model, f"{manifest.symbol}.model", "storageUri", manifest.resource.name)
    elif kind == "InferenceGraph":
        yield from _graph(document, manifest, spec)
    elif manifest.resource.version.startswith("v1alpha"):
        yield from _first(document, manifest, spec)
    else:
        yield from _second(document, manifest, spec)


def _second(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    """`v1beta1`: predictor, transformer and explainer stand below the spec; the predictor says the share of its newest version."""
    for name in COMPONENTS:
        node = spec.get(name)
        if node is not None:
            yield from _component(document, manifest, node, f"{manifest.symbol}.{name}", name)
    canary = spec.get("canary")
    if canary is not None:
        yield from _third(document, manifest, spec, canary)
        return
    predictor = spec.get("predictor")
    if predictor is not None and predictor.scalar(PERCENT):
        yield _percent(document, manifest, predictor, f"{manifest.symbol}.predictor")
    elif spec.scalar(PERCENT):
        problem = f"`{PERCENT}` stands in the spec, where v1beta1 does not look: it belongs below `predictor`"
        yield Part(entry_place(document, spec, PERCENT, f"{manifest.symbol}.{PERCENT}"), manifest.symbol, "split", problem=problem)
    annotations = manifest.get("metadata", "annotations")
    key = next((name for name, _ in annotations.pairs() if name.endswith("/" + PERCENT)), "") if annotations is not None else ""
    if annotations is not None and key:
        yield _percent(document, manifest, annotations, f"{manifest.symbol}.annotations", key)


def _third(document: Document, manifest: Manifest, spec: Node, canary: Node) -> Iterator[Fact]:
    """`canary` of a v1beta1 service: a list of predictors with their shares (since 0.20); a map is the shape of v1alpha2."""
    place = entry_place(document, spec, "canary", f"{manifest.symbol}.canary")
    if canary.kind != "list":
        problem = "`spec.canary` is written as in v1alpha2, and v1beta1 has no such field: nothing is divided"
        yield Part(place, manifest.symbol, "split", "canary", problem=problem)
        return
    divided = shares(children(canary), "predictor.name", weight="trafficPercent", default="0")
    known = [int(share) for _, share in divided if share.isdigit()]
    rest = str(100 - sum(known)) if len(known) == len(divided) else ""
    yield Part(place, manifest.symbol, "split", manifest.resource.name, shares=(*divided, ("predictor", rest)))
    for number, item in enumerate(children(canary)):
        predictor = item.get("predictor")
        if predictor is not None:
            yield from _component(document, manifest, predictor, f"{manifest.symbol}.canary[{number}].predictor", "predictor")


def _percent(document: Document, manifest: Manifest, node: Node, route: str, key: str = PERCENT) -> Part:
    share = node.scalar(key)
    rest = str(100 - int(share)) if share.isdigit() and int(share) <= 100 else ""
    problem = ""
    mode = _annotation(manifest, "deploymentMode")
    if mode.lower() in PLAIN and key == PERCENT:
        problem = f"deployment mode {mode} knows no revisions: `{PERCENT}` does nothing there"
    place = entry_place(document, node, key, f"{route}.{PERCENT}")
    return Part(place, manifest.symbol, "split", manifest.resource.name, shares=(("newest", share), ("before", rest)), problem=problem)


def _annotation(manifest: Manifest, name: str) -> str:
    annotations = manifest.get("metadata", "annotations")
    found = [value.text for key, value in annotations.pairs() if key in tuple(g + name for g in GROUPS)] if annotations is not None else []
    return found[0] if found else ""


def _first(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    """`v1alpha2`: `default` and `canary` are two endpoints, the spec says the share of the second."""
    for end in ("default", "canary"):
        for name in COMPONENTS:
            node = spec.get(end, name)
            if node is not None:
                yield from _component(document, manifest, node, f"{manifest.symbol}.{end}.{name}", name)
    if spec.get("canary") is not None:
        share = spec.scalar(PERCENT, default="0")
        rest = str(100 - int(share)) if share.isdigit() and int(share) <= 100 else ""
        key = PERCENT if spec.get(PERCENT) is not None else "canary"
        place = entry_place(document, spec, key, f"{manifest.symbol}.{key}")
        yield Part(place, manifest.symbol, "split", "canary", shares=(("canary", share), ("default", rest)))


def _component(document: Document, manifest: Manifest, node: Node, route: str, name: str) -> Iterator[Fact]:
    """A part of a service: its models in any framework's spelling, its own containers, its log."""
    loaded = 0
    for framework, model in node.pairs():
        if model.kind == "map" and framework not in ("logger", "batcher"):
            for part in server(document, manifest, model, f"{route}.{framework}", "storageUri", framework):
                loaded += 1
                yield part
            path = model.scalar("storage", "path")
            if path:
                place = entry_place(document, model, "storage", f"{route}.{framework}.storage")
                loaded += 1
                yield Part(place, manifest.symbol, "server", framework, path)
    if name == "explainer" and node.kind == "map" and node.entries:
        kinds = [key for key, value in node.pairs() if value.kind == "map" and key not in ("logger", "batcher")]
        yield Part(document.place(node.span, route), manifest.symbol, "explainer", kinds[0] if kinds else "explainer")
    logger = node.get("logger")
    if logger is not None and logger.kind == "map":
        place = entry_place(document, node, "logger", f"{route}.logger")
        yield Part(place, manifest.symbol, "logger", logger.scalar("mode", default="all"), logger.scalar("url"))
    for key in ("containers", "initContainers"):
        for number, item in enumerate(children(node.get(key))):
            own = f"{route}.{key}.{item.scalar('name') or number}"
            yield from container(document, item, own, manifest.symbol)
            yield from probes(document, item, own, manifest.symbol)
            if key == "containers" and name == "predictor" and not loaded:
                source = next((e.scalar("value") for e in children(item.get("env")) if e.scalar("name") == "STORAGE_URI"), "")
                if source:
                    yield Part(document.place(item.span, own), manifest.symbol, "server", item.scalar("name"), source)


def _graph(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    """Splitters of a graph of services."""
    nodes = spec.get("nodes")
    for name, node in nodes.pairs() if nodes is not None else ():
        if node.scalar("routerType") == "Splitter":
            route = f"{manifest.symbol}.nodes.{name}"
            divided = shares(children(node.get("steps")), "serviceName", "nodeName", "serviceUrl", "name")
            yield Part(entry_place(document, node, "steps", route), manifest.symbol, "split", name, shares=divided)
