"""What a service does with the predictions that it hands out: whether they are kept, whether the time is measured, and whether the cluster
asks its containers if they are ready."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World

CALLS = frozenset({"call"})
SPEED = frozenset({"performance", "throughput", "exposed"})
WRITES = ("data.write", "file.write", "run.log_artifact", "run.log_data", "notify.send", "log.write")
HOLDS = ("model.predict", "model.load", "code.predict")
LOADED = frozenset({"model.load", "model.lookup", "model.predict", "model.service", "artifact.download"})
ANSWERS = ("serve.handle", *HOLDS)


def mark_handled(world: World) -> None:
    """On predictions that answer requests: `kept` (recorded somewhere, with what came in or what went out) and `clocked` (a metric measures
    the time); `probed` on the containers of a cluster that serve a model of their own."""
    graph, code = world.graph, world.code
    handlers = [n for n in graph.with_role("serve.handle") if not is_test_code(graph.nodes[n].place.path)]
    inside = graph.sweep(handlers, CALLS)
    predictions = [n for n in graph.with_role("model.predict") if n in code.node_op and code.holder(code.node_op[n]) in inside]
    if predictions:
        logs = graph.with_role("serve.log")
        watched = [n for n in graph.with_role("metric.emit") if not is_test_code(graph.nodes[n].place.path)]
        clocked = any(SPEED & set(graph.nodes[n].attributes.get("subject", "").split()) for n in watched) or bool(
            graph.with_role("trace.span")
        )
        counted = any("prediction" in graph.nodes[n].attributes.get("subject", "") for n in watched)
        writes = {code.node_op[n] for n in graph.with_role(*WRITES) if n in code.node_op and code.holder(code.node_op[n]) in inside}
        for node in predictions:
            kept = bool(logs) or counted or not writes.isdisjoint(_following(world, code.node_op[node]))
            graph.nodes[node].attributes.update(kept="true" if kept else "false", clocked="true" if clocked else "false")
    _probed(world)


def _following(world: World, op: int) -> set[int]:
    """What a prediction comes to, and the calls that it is handed to."""
    reached = world.code.flow.reach([op])
    return {use for here in reached for use in (here, *world.code.resolver.uses[here])}


def _probed(world: World) -> None:
    graph = world.graph
    asked = {above.source for n in graph.with_role("serve.probe") for above in graph.predecessors(n, ("run",))}
    hosted = set(graph.with_role("model.service"))
    answering = set(graph.with_role(*ANSWERS)) - hosted
    for node in graph.of_kind("service"):
        attributes = graph.nodes[node].attributes
        above = [e.source for e in graph.predecessors(node, ("run",)) if graph.nodes[e.source].kind == "service"]
        if attributes.get("tool") != "kubernetes" or "part" in attributes or not above:
            continue
        inside = graph.sweep([node], RUNS)
        here = [n for n in inside if n in answering]
        held = any(LOADED & set(graph.nodes[n].roles) for n in inside)  # else there is nothing that has to be loaded first
        if here and held and (hosted.isdisjoint(inside) or any(set(HOLDS) & set(graph.nodes[n].roles) for n in here)):
            attributes["probed"] = "true" if asked & set(above) else "false"
