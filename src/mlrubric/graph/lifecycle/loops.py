"""The closed loop: whether what notices drift or bad quality starts a training, whether what it trains is held back when it is bad, comes
to a share of the traffic, and is taken back by what is measured there."""

from __future__ import annotations

from mlrubric.graph.automation import Schedule
from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.world import World

FITS = ("model.fit", "model.tune")
SIGNALS = ("data.drift", "check.drift", "check.monitor", "model.monitor", "check.skew")
WATCHED = frozenset({"drift", "quality", "skew", "input", "inputs", "data", "age", "staleness", "prediction", "predictions"})
RELEASES = ("model.register", "model.promote", "model.deploy", "serve.split", "artifact.upload")


def mark_loops(world: World, real: Schedule) -> None:
    """On what notices (`loop` = signal): `retrains` (a training starts by it), `held` (what that run releases is guarded), `shifts` (it
    comes to a share of the traffic); `reverts` on what takes a version back; `action` on alerts: notify, roll back or retrain."""
    graph = world.graph
    fits = {n for n in graph.with_role(*FITS) if not is_test_code(graph.nodes[n].place.path)}
    signals = _signals(world)
    starting = graph.sweep(fits, RUNS, back=True, stop=graph.of_kind("test")) if fits else {}
    _mark_rollbacks(world)
    rollbacks = graph.sweep(graph.with_role("serve.rollback"), RUNS, back=True)
    for node in signals:
        attributes = graph.nodes[node].attributes
        attributes["loop"] = "signal"
        started = _started(world, node)
        trains = sorted(n for n in started if n in starting)
        attributes["retrains"] = "true" if trains else "false"
        if trains:
            below = graph.sweep(trains, RUNS)
            releases = [n for n in graph.with_role(*RELEASES) if n in below and graph.nodes[n].attributes.get("guarded")]
            guarded = bool(releases) and all(graph.nodes[n].attributes["guarded"] in ("true", "later") for n in releases)
            attributes["held"] = "true" if guarded else "false"
            after = graph.sweep([*releases, *(f for f in fits if f in below)], (*FLOWS, *RUNS))
            splits = graph.with_role("serve.split", "serve.shadow")
            attributes["shifts"] = "true" if any(n in below or n in after for n in splits) else "apart" if splits else "false"
    for node in graph.with_role("alert.rule", "slo.objective"):
        one = graph.nodes[node]
        started = _started(world, node)
        actions = [
            *(["notify"] if one.attributes.get("receiver") == "notifying" else []),
            *(["roll back"] if any(n in rollbacks for n in started) else []),
            *(["retrain"] if any(n in starting for n in started) else []),
        ]
        one.attributes["action"] = ", ".join(actions) or "nothing"


def _signals(world: World) -> list[int]:
    graph = world.graph
    found = {n for n in graph.with_role(*SIGNALS) if not is_test_code(graph.nodes[n].place.path)}
    for node in graph.with_role("alert.rule"):
        if WATCHED & set(graph.nodes[node].attributes.get("subject", "").split()):
            found.add(node)
    return sorted(found)


def _started(world: World, node: int) -> list[int]:
    """What is started by what a node notices: what the alert's receivers start, what is run or dispatched beside a check in the code, and
    what a later step of the same job starts."""
    graph = world.graph
    one = graph.nodes[node]
    if one.kind == "monitor":
        reached = graph.sweep([node], RUNS)
        return [
            n
            for n in reached
            if n != node and graph.nodes[n].kind in ("workflow", "job", "function", "op", "task", "service", "step", "command")
        ]
    found: set[int] = set()
    op = world.code.node_op.get(node)
    holder = world.code.holder(op) if op is not None else node
    above = graph.sweep([holder], RUNS, back=True, stop=graph.of_kind("test"))
    own = graph.sweep([n for n in above if graph.nodes[n].kind in ("function", "module", "op")], RUNS, stop=graph.of_kind("test"))
    jobs = [n for n in above if graph.nodes[n].kind in ("job", "workflow", "stage")]
    beside = graph.sweep(jobs, RUNS, stop=graph.of_kind("test"))
    for start in graph.with_role("flow.run"):
        if start in own or start in beside:
            named = [int(n) for n in graph.nodes[start].attributes.get("starts", "").split()]
            found.update(graph.sweep([*named, *(e.target for e in graph.successors(start, ("trigger", "run", "call")))], RUNS))
    if one.attributes.get("acts") or "check" in one.roles or one.gate:
        found.update(n for n in own if "model.fit" in graph.nodes[n].roles and _under(world, n, node))
    for task in above:
        if graph.nodes[task].kind == "task" or "flow.branch" in graph.nodes[task].roles:
            found.update(_waiting(world, task))
    return sorted(found - {node})


def _waiting(world: World, task: int) -> set[int]:
    """What runs after a task that decides, in the same pipeline."""
    return {later for later, (decides, _) in world.conditional.items() if decides == task}


def _under(world: World, fit: int, check: int) -> bool:
    """Whether a training stands on one side of a condition that asks what the check found."""
    code, op = world.code, world.code.node_op.get(fit)
    if op is None:
        return False
    frontier, seen = [op], set[int]()
    for _ in range(4):
        for here in frontier:
            for condition in code.checks.guards(here):
                if {"data.drift", "check.drift", "model.monitor", "data.distance", "model.evaluate"} & code.about(condition):
                    return True
        seen.update(frontier)
        scopes = {code.program.scope_id(here) for here in frontier}
        frontier = sorted({c for s in scopes for c in code.resolver.callers.get(s, ())} - seen)
    return False


def _mark_rollbacks(world: World) -> None:
    """`reverts` on what takes a version back: by analysis, by a failed rollout, by an alert, or by hand."""
    graph = world.graph
    alerts = graph.sweep([n for n in graph.with_role("alert.rule") if graph.nodes[n].kind == "monitor"], RUNS)
    for node in graph.with_role("serve.rollback"):
        one = graph.nodes[node]
        if node in alerts:
            by = "alert"
        elif one.attributes.get("analysis") == "true" or one.attributes.get("part") in ("split", "undo") or one.kind == "service":
            by = "analysis"
        elif one.kind in ("command", "step"):
            by = "failed rollout"
        else:
            by = "code"
        one.attributes["reverts"] = by
