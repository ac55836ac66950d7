"""Objectives of services, what alerts do, which layer of an answer is timed, and importance that is computed where the model serves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.knowledge.metrics import load_metrics
from mlrubric.model.facts import Heading, LoadTest, Watch
from mlrubric.model.graph import Node
from mlrubric.model.measures import AlertAction, Importance, Latency, Objective

PROMISED = frozenset({"performance", "availability", "latency", "throughput"})
TEXT = re.compile(r"\bS[LA]{1,2}[OA]s?\b|\bSL[AO]s?\b|service[- ]level", re.IGNORECASE)
LIMIT = re.compile(r"(?:>=|<=|==|>|<)\s*(-?[\d.]+(?:[eE]-?\d+)?)\s*\)*\s*$")
LAYERS = (
    ("features", re.compile(r"feature|pre_?process|transform|encod|vectori|tokeni|embed|fetch|lookup", re.IGNORECASE)),
    ("post-processing", re.compile(r"post_?process|format|render|decod|serialis|serializ|rank|explain", re.IGNORECASE)),
    ("inference", re.compile(r"infer|predict|model|score|scoring|forward|generat", re.IGNORECASE)),
)
WHOLE = re.compile(r"request|http|response|endpoint|total", re.IGNORECASE)
TIMES = re.compile(r"latency|duration|second|_ms\b|_ms_|time|millis", re.IGNORECASE)
EMITTED = (("metric", ("metric.emit",)), ("log", ("serve.log", "log.write", "run.log_metric", "run.log_artifact", "data.write")))


def objectives(picture: Picture) -> tuple[Objective, ...]:
    """Objectives of tools, limits on latency and availability in alerts and load tests, and texts that only speak of them."""
    found = [*_watched(picture), *_loads(picture)]
    if not found:
        found = list(_documented(picture))
    return tuple(sorted(found, key=lambda one: (one.place, one.name)))


def _watched(picture: Picture) -> Iterator[Objective]:
    graph, world = picture.graph, picture.world
    facts = {node: watch for path, watch in world.every(Watch) if (node := world.node(path, watch.place.symbol)) is not None}
    serving = graph.sweep([*graph.with_role("serve.handle", "serve.app")], (*RUNS, *FLOWS))
    for node in graph.with_role("slo.objective", "alert.rule"):
        one, watch = graph.nodes[node], facts.get(node)
        about = set(one.attributes.get("subject", "").split())
        objective = "slo.objective" in one.roles
        if one.kind != "monitor" or not (objective or about & PROMISED):
            continue
        emitting = [graph.nodes[e.source] for e in graph.predecessors(node, ("join",)) if "metric.emit" in graph.nodes[e.source].roles]
        metrics = tuple(sorted({m for e in emitting if (m := e.attributes.get("metric"))}))
        unit = next((u.name for m in metrics if (u := load_metrics().unit(m)) is not None), "")
        limit = LIMIT.search(watch.expressions[-1]) if watch is not None and watch.expressions else None
        target = watch.target if watch is not None and watch.target else watch.limit if watch is not None and watch.limit else ""
        yield Objective(
            one.label,
            "objective" if objective else "alert",
            one.place,
            target or (limit[1] if limit is not None else ""),
            unit,
            " ".join(sorted(about & PROMISED)) or " ".join(sorted(about)),
            metrics or tuple(filter(None, [one.attributes.get("missing", "").replace("`", "")])),
            tuple(e.place for e in emitting),
            any(e.id in serving or _module_serves(picture, e) for e in emitting),
            one.attributes.get("loaded") == "true",
            _problem(one),
        )


def _module_serves(picture: Picture, emitting: Node) -> bool:
    graph = picture.graph
    return any(graph.nodes[n].place.path == emitting.place.path for n in graph.with_role("serve.handle", "serve.app"))


def _problem(one: Node) -> str:
    attributes = one.attributes
    if attributes.get("misfit"):
        return f"{attributes['limit']} is no value in {attributes['unit']}"
    if attributes.get("known") == "false":
        return f"nothing emits {attributes.get('missing', 'its metric')}"
    if attributes.get("loaded") == "false":
        return attributes.get("reason") or "nothing loads it"
    if attributes.get("receiver") == "none":
        return attributes.get("untold") or "nobody is told"
    return ""


def _loads(picture: Picture) -> Iterator[Objective]:
    for _, test in picture.world.every(LoadTest):
        for metric, limit in test.limits:
            if TIMES.search(metric) or "fail" in metric:
                yield Objective(metric, "load test", test.place, limit, "ms" if "duration" in metric else "", "performance", (metric,))


def _documented(picture: Picture) -> Iterator[Objective]:
    """A section that names a service level, with a number in it: a promise that nothing watches."""
    for _, heading in picture.world.every(Heading):
        if TEXT.search(heading.text) and (heading.numbers > 0 or heading.has_table):
            yield Objective(heading.text.strip("# "), "documented", heading.place, problem="only a text speaks of it")


def alert_actions(picture: Picture) -> tuple[AlertAction, ...]:
    """What every alert leads to, with its severity as its labels say it."""
    graph, world = picture.graph, picture.world
    labels = {node: dict(watch.labels) for path, watch in world.every(Watch) if (node := world.node(path, watch.place.symbol)) is not None}
    found = []
    for node in graph.with_role("alert.rule"):
        one = graph.nodes[node]
        if one.kind == "monitor":
            said = labels.get(node, {})
            severity = next((said[key] for key in ("severity", "priority", "level") if key in said), "")
            found.append(
                AlertAction(one.label, severity, one.attributes.get("subject", ""), one.attributes.get("action", "nothing"), one.place)
            )
    return tuple(sorted(found, key=lambda one: (one.place, one.name)))


def latencies(picture: Picture) -> tuple[Latency, ...]:
    """Metrics and spans of time in code that serves, with the layer that they time."""
    graph, code = picture.graph, picture.world.code
    serving = graph.sweep([*graph.with_role("serve.handle", "code.predict")], frozenset({"call"}))
    files = {graph.nodes[n].place.path for n in graph.with_role("serve.handle", "serve.app", "code.predict")}
    found: dict[tuple[str, str], Latency] = {}
    for node in graph.with_role("metric.emit", "trace.span"):
        one = graph.nodes[node]
        op = code.node_op.get(node)
        inside = op is not None and code.holder(op) in serving
        if is_test_code(one.place.path) or not (inside or one.place.path in files):
            continue
        span = "trace.span" in one.roles
        name = one.attributes.get("metric") or one.attributes.get("@name", "")
        if not name or name in ("given", "none") or not (span or TIMES.search(name)):
            continue
        layer = next((layer for layer, words in LAYERS if words.search(name)), "whole")
        if layer == "inference" and WHOLE.search(name):
            layer = "whole"
        watched = one.attributes.get("alerted") == "true" or one.attributes.get("shown") == "true"
        found.setdefault((layer, name), Latency(layer, "span" if span else "metric", name, one.place, watched))
    return tuple(found[key] for key in sorted(found))


def importances(picture: Picture) -> tuple[Importance, ...]:
    """Explanations and importance in the code that answers requests or predicts, and where they go."""
    graph, code = picture.graph, picture.world.code
    serving = graph.sweep([*graph.with_role("serve.handle", "code.predict")], frozenset({"call"}))
    handlers = set(graph.with_role("serve.handle"))
    found = []
    for node in graph.with_role("feature.importance", "model.explain"):
        op = code.node_op.get(node)
        if op is None or is_test_code(graph.nodes[node].place.path) or code.holder(op) not in serving:
            continue
        reached = graph.sweep([node], FLOWS)
        goes = next((where for where, roles in EMITTED if any(n in reached for n in graph.with_role(*roles))), "")
        if not goes:
            returns = {o for o in code.flow.reach([op]) if code.program.ops[o].kind == "return"}
            answers = any(code.scope_node.get(code.program.scope_id(o)) in handlers for o in returns)
            goes = "answer" if answers else "nowhere that is seen"
        found.append(Importance(graph.nodes[node].api or graph.nodes[node].label, graph.nodes[node].place, goes))
    return tuple(sorted(found, key=lambda one: one.place))
