"""Seldon Core: SeldonDeployment of version 1; Model, Pipeline and Experiment of version 2."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Part, Service
from mlrubric.read.kubernetes.container import container
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.read.kubernetes.parts import children, probes, server, shares
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place

OBJECTS = (
    ("machinelearning.seldon.io", "SeldonDeployment"),
    ("mlops.seldon.io", "Model"),
    ("mlops.seldon.io", "Experiment"),
)
DEPTH = 20  # of an inference graph


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    if spec is None:
        return
    if manifest.resource.kind == "SeldonDeployment":
        yield from _deployment(document, manifest, spec)
    elif manifest.resource.kind == "Model":
        yield from server(document, manifest, spec, f"{manifest.symbol}", "storageUri", manifest.resource.name)
        if spec.get("explainer") is not None:
            place = entry_place(document, spec, "explainer", f"{manifest.symbol}.explainer")
            yield Part(place, manifest.symbol, "explainer", spec.scalar("explainer", "type"))
    else:
        yield from _experiment(document, manifest, spec)


def _deployment(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    predictors = children(spec.get("predictors"))
    for number, predictor in enumerate(predictors):
        name = predictor.scalar("name") or str(number)
        yield from _predictor(document, manifest, predictor, f"{manifest.symbol}.predictors.{name}", name)
    answering = [p for p in predictors if p.scalar("shadow").lower() != "true"]
    for predictor in predictors:
        if predictor not in answering and answering:
            place = entry_place(document, predictor, "shadow", f"{manifest.symbol}.predictors.{predictor.scalar('name')}.shadow")
            yield Part(place, manifest.symbol, "shadow", predictor.scalar("name"))
    weighed = [p for p in answering if p.scalar("traffic")]
    if len(answering) > 1 and weighed:
        place = entry_place(document, weighed[-1], "traffic", f"{manifest.symbol}.traffic")
        yield Part(place, manifest.symbol, "split", manifest.resource.name, shares=shares(answering, "name", weight="traffic", default="0"))
    elif len(answering) == 1 and weighed and len(predictors) == 1:
        place = entry_place(document, weighed[0], "traffic", f"{manifest.symbol}.traffic")
        problem = "there is one predictor, which gets everything whatever its `traffic` says"
        yield Part(
            place, manifest.symbol, "split", manifest.resource.name, shares=shares(weighed, "name", weight="traffic"), problem=problem
        )


def _predictor(document: Document, manifest: Manifest, predictor: Node, route: str, name: str) -> Iterator[Fact]:
    graph = predictor.get("graph")
    if graph is not None:
        yield from _unit(document, manifest, graph, f"{route}.graph", DEPTH)
    explainer = predictor.get("explainer")
    if explainer is not None and explainer.kind == "map" and (explainer.scalar("type") or explainer.get("containerSpec") is not None):
        yield Part(
            entry_place(document, predictor, "explainer", f"{route}.explainer"), manifest.symbol, "explainer", explainer.scalar("type")
        )
    for number, component in enumerate(children(predictor.get("componentSpecs"))):
        for place, item in enumerate(children(component.get("spec", "containers"))):
            own = f"{route}.componentSpecs[{number}].{item.scalar('name') or place}"
            if item.scalar("image"):
                yield Service(document.place(item.span, own), item.scalar("name") or name, item.scalar("image"))
                yield from container(document, item, own, own)
            yield from probes(document, item, own, manifest.symbol)


def _unit(document: Document, manifest: Manifest, node: Node, route: str, depth: int) -> Iterator[Fact]:
    """A unit of the inference graph and what stands behind it."""
    name = node.scalar("implementation") or node.scalar("name")
    yield from server(document, manifest, node, route, "modelUri", name)
    logger = node.get("logger")
    if logger is not None and logger.kind == "map":
        place = entry_place(document, node, "logger", f"{route}.logger")
        yield Part(place, manifest.symbol, "logger", logger.scalar("mode", default="all"), logger.scalar("url"))
    behind = children(node.get("children"))
    if node.scalar("implementation") == "RANDOM_ABTEST" and len(behind) > 1:
        ratio = next((p.scalar("value") for p in children(node.get("parameters")) if p.scalar("name") == "ratioA"), "0.5")
        yield Part(document.place(node.span, route), manifest.symbol, "split", node.scalar("name"), shares=_ratio(ratio), proportional=True)
    for number, child in enumerate(behind if depth else ()):
        yield from _unit(document, manifest, child, f"{route}.children[{number}]", depth - 1)


def _ratio(text: str) -> tuple[tuple[str, str], ...]:
    try:
        first = float(text)
    except ValueError:
        return (("A", text), ("B", ""))
    return (("A", f"{first * 100:g}"), ("B", f"{100 - first * 100:g}"))


def _experiment(document: Document, manifest: Manifest, spec: Node) -> Iterator[Fact]:
    """Candidates with weights that are shares of their sum, and a mirror."""
    candidates = children(spec.get("candidates"))
    if candidates:
        place = entry_place(document, spec, "candidates", f"{manifest.symbol}.candidates")
        problem = "there is one candidate: nothing is divided" if len(candidates) == 1 and spec.get("mirror") is None else ""
        if len(candidates) > 1 or problem:
            divided = shares(candidates, "name", default="1")
            yield Part(place, manifest.symbol, "split", manifest.resource.name, shares=divided, problem=problem, proportional=True)
    mirror = spec.get("mirror")
    if mirror is not None and mirror.kind == "map":
        place = entry_place(document, spec, "mirror", f"{manifest.symbol}.mirror")
        problem = "0 per cent are copied" if mirror.scalar("percent") == "0" else ""
        share = ((mirror.scalar("name"), mirror.scalar("percent", default="100")),)
        yield Part(place, manifest.symbol, "shadow", mirror.scalar("name"), shares=share, problem=problem)
