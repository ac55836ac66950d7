"""What starts what: trainings that only a person starts, trainings that the data starts, audits that no clock runs, and triggers whose path
filter leaves out the very code that they would test."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from mlrubric.graph.automation import Schedule
from mlrubric.graph.code import is_test_code
from mlrubric.graph.filters import fires
from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World
from mlrubric.model.homes import inside

BY_EVENT = frozenset({"event", "alert", "repository_dispatch"})
NO_PACKAGES = ("github-actions", "gitsubmodule")
CODE = (".py", ".ipynb")
MOST = 3


def mark_starts(world: World, schedule: Schedule) -> None:
    """`alone` on triggers by hand: the trainings that nothing else starts; `event` on trainings; `by` on audits: time, bot or
    change; `run` of drift that a service measures; `misses` on triggers: what is tested by what they start, and does not fire them, in
    words, and its `missed_path`."""
    graph = world.graph
    _trainings(world)
    bots = [n for n in graph.with_role("check.update") if graph.nodes[n].attributes.get("ecosystem") not in NO_PACKAGES]
    for node in graph.with_role("check.audit"):
        found = schedule.of(node)
        if found.level in ("kept", "lost"):
            graph.nodes[node].attributes["by"] = "time" if found.timed else "bot" if bots else "change"
    processes = graph.sweep([*graph.with_role("serve.handle"), *graph.of_kind("service")], RUNS, stop=graph.of_kind("test"))
    for node in graph.with_role("data.drift"):
        if node in processes:
            graph.nodes[node].attributes["run"] = "service"
    _filters(world)


def _trainings(world: World) -> None:
    graph = world.graph
    fits = {n for n in graph.with_role("model.fit") if not is_test_code(graph.nodes[n].place.path)}
    if not fits:
        return
    tests = graph.of_kind("test")
    triggers = [(n, graph.nodes[n].attributes) for n in graph.of_kind("trigger")]
    live = [(n, a) for n, a in triggers if a.get("live") == "true"]
    for node in fits & graph.sweep([n for n, a in live if a.get("kind") in BY_EVENT], RUNS, stop=tests).keys():
        graph.nodes[node].attributes["event"] = "true"
    meant = graph.sweep([n for n, a in triggers if a.get("recurring") == "true"], RUNS, stop=tests)
    free = fits - meant.keys() - {n for n in fits if graph.nodes[n].attributes.get("frozen")}  # nothing new comes to learn from
    for node, attributes in live:
        if free and attributes.get("kind") == "manual":
            own = graph.sweep([node], RUNS, allow=lambda e: not e.blocked, stop=tests)
            alone = sorted(n for n in free if n in own)
            if alone:
                attributes["alone"] = " ".join(str(n) for n in alone[:MOST])


def _filters(world: World) -> None:
    """Triggers of one workflow are looked at together: what one leaves out another may fire on."""
    graph = world.graph
    asked = [n for n in graph.of_kind("trigger") if "filters" in graph.nodes[n].attributes]
    tests = set(graph.of_kind("test"))
    for node in asked:
        attributes = graph.nodes[node].attributes
        if attributes.get("reason", "").startswith("paths"):
            attributes["misses"] = "every file of code and data"
        if attributes.get("live") != "true" or not tests:
            continue
        reached = graph.sweep([node], RUNS, allow=lambda e: not e.blocked)
        files = {inside(graph.nodes[n].place.path) for n in reached if graph.nodes[n].place.path.endswith(CODE)}
        tested = sorted(inside(graph.nodes[n].place.path) for n in tests if n in reached)
        together = [t for t in _beside(world, node) if graph.nodes[t].attributes.get("live") == "true"]
        if tested and not any(_fired(world, t, files) for t in together):
            folder = posixpath.dirname(tested[0])
            missed = f"{folder}/" if folder else tested[0]
            attributes.update(misses=f"`{missed}`", missed_path=missed)


def _beside(world: World, trigger: int) -> Sequence[int]:
    """The triggers by a change of what a trigger starts, with itself."""
    graph = world.graph
    targets = [e.target for e in graph.successors(trigger, ("trigger",))]
    found = sorted({e.source for target in targets for e in graph.predecessors(target, ("trigger",))})
    return [t for t in found if "trigger.push" in graph.nodes[t].roles]


def _fired(world: World, trigger: int, files: set[str]) -> bool:
    filters = world.graph.nodes[trigger].attributes.get("filters", "").splitlines()
    return any(fires(filters, file) for file in files)
