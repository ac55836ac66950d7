"""Roll-outs that go step by step: Argo Rollouts and Flagger, with the analyses that decide about them."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Part
from mlrubric.read.kubernetes.kinds.workload import lasting
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.read.kubernetes.parts import children
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place

OBJECTS = (
    ("argoproj.io", "Rollout"),
    ("argoproj.io", "AnalysisTemplate"),
    ("argoproj.io", "ClusterAnalysisTemplate"),
    ("flagger.app", "Canary"),
    ("flagger.app", "MetricTemplate"),
)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    if spec is None:
        return
    kind = manifest.resource.kind
    if kind == "Rollout":
        pod = spec.get("template", "spec")
        if pod is not None:
            yield from lasting(document, manifest, pod)
        yield from _canary(document, manifest, spec)
        yield from _preview(document, manifest, spec)
    elif kind in ("AnalysisTemplate", "ClusterAnalysisTemplate"):
        dry = {item.scalar("metricName") for item in children(spec.get("dryRun"))}
        metrics = [m for m in children(spec.get("metrics")) if m.scalar("name") not in dry]
        deciding = [m for m in metrics if _decides(m)]
        problem = "" if deciding or children(spec.get("templates")) else "it measures nothing"
        yield Part(manifest.resource.place, manifest.symbol, "analysis", manifest.resource.name, problem=problem)
    elif kind == "MetricTemplate":
        yield Part(manifest.resource.place, manifest.symbol, "analysis", manifest.resource.name)
    else:
        yield from _flagger(document, manifest, spec)


def _decides(metric: Node) -> bool:
    """Whether a measurement can fail: by its condition, or because a job or a judge fails by itself."""
    provider = metric.get("provider")
    if provider is None or provider.kind != "map":
        return False
    return bool(metric.scalar("successCondition") or metric.scalar("failureCondition")) or any(provider.get(k) for k in ("job", "kayenta"))


def _canary(document: Document, manifest: Manifest, spec: Node) -> Iterator[Part]:
    canary = spec.get("strategy", "canary")
    steps = children(canary.get("steps")) if canary is not None else ()
    if canary is None or not steps:
        return  # without steps it is a rolling update
    weights = [step.scalar("setWeight") for step in steps if step.get("setWeight") is not None]
    refers = list(_templates(canary.get("analysis")))
    for step in steps:
        refers += _templates(step.get("analysis"))
        for item in children(step.get("experiment", "analyses")):
            refers.append(_reference(item))
    small = [w for w in weights if not w.isdigit() or 0 < int(w) < 100]
    chosen = small[0] if small else weights[0] if weights else ""
    rest = str(100 - int(chosen)) if chosen.isdigit() and int(chosen) <= 100 else ""
    problem = "" if chosen or not weights else "no step gives it a share"
    if not weights:
        return
    paused = any(step.get("pause") is not None for step in steps)
    by_hand = any((node := step.get("pause")) is not None and not node.scalar("duration") for step in steps)
    if not refers and not paused and not problem and small:
        problem = "its steps follow each other at once: nothing waits and nothing looks at the new version"
    place = entry_place(document, canary, "steps", f"{manifest.symbol}.strategy.canary.steps")
    yield Part(
        place,
        manifest.symbol,
        "split",
        manifest.resource.name,
        shares=(("canary", chosen), ("stable", rest)),
        moves=not by_hand,
        decides="true" if refers else "",
        refers=tuple(dict.fromkeys(refers)),
        reverts=bool(refers),
        problem=problem,
    )


def _preview(document: Document, manifest: Manifest, spec: Node) -> Iterator[Part]:
    """Blue and green: measured before the traffic comes, or only switched."""
    switch = spec.get("strategy", "blueGreen")
    if switch is None:
        return
    before, after = _templates(switch.get("prePromotionAnalysis")), _templates(switch.get("postPromotionAnalysis"))
    refers = tuple(dict.fromkeys((*before, *after)))
    if refers:
        place = entry_place(document, spec.get("strategy") or spec, "blueGreen", f"{manifest.symbol}.strategy.blueGreen")
        kind = "split" if before else "undo"
        yield Part(place, manifest.symbol, kind, manifest.resource.name, decides="preview", refers=refers, reverts=True)


def _templates(node: Node | None) -> list[str]:
    """The analysis templates that an `analysis` refers to."""
    if node is None or node.kind != "map":
        return []
    found = [_reference(item) for item in children(node.get("templates"))]
    return found or ([_reference(node)] if node.scalar("templateName") else [])


def _reference(node: Node) -> str:
    kind = "ClusterAnalysisTemplate" if node.scalar("clusterScope").lower() == "true" else "AnalysisTemplate"
    return f"{kind}/{node.scalar('templateName')}"


def _flagger(document: Document, manifest: Manifest, spec: Node) -> Iterator[Part]:
    key = "analysis" if spec.get("analysis") is not None else "canaryAnalysis"
    analysis = spec.get(key)
    if analysis is None or analysis.kind != "map":
        return
    metrics = children(analysis.get("metrics"))
    refers = tuple(f"MetricTemplate/{m.scalar('templateRef', 'name')}" for m in metrics if m.scalar("templateRef", "name"))
    skipped = spec.scalar("skipAnalysis").lower() == "true"
    gates = [w for w in children(analysis.get("webhooks")) if w.scalar("type") in ("pre-rollout", "confirm-promotion", "confirm-rollout")]
    weight = analysis.scalar("stepWeight") or next(iter(analysis.strings("stepWeights")), "")
    iterations = analysis.scalar("iterations")
    problem = ""
    if not weight and not iterations:
        problem = "neither `stepWeight` nor `iterations`: no share is ever given to the new version"
    elif skipped:
        problem = "`skipAnalysis` sends everything to the new version at once"
    decides = ("true" if weight else "preview") if (metrics or gates) and not skipped else ""
    shares = (("canary", weight), ("primary", str(100 - int(weight)) if weight.isdigit() and int(weight) <= 100 else "")) if weight else ()
    place = entry_place(document, spec, key, f"{manifest.symbol}.{key}")
    reverts = bool(metrics) and not skipped
    yield Part(
        place,
        manifest.symbol,
        "split",
        manifest.resource.name,
        shares=shares,
        moves=True,
        decides=decides,
        refers=refers,
        reverts=reverts,
        problem=problem,
    )
    if analysis.scalar("mirror").lower() == "true":
        yield Part(entry_place(document, analysis, "mirror", f"{manifest.symbol}.{key}.mirror"), manifest.symbol, "shadow", "canary")
