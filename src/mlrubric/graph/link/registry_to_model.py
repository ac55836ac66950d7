"""Models by their names in a registry: what is loaded as `models:/name/Production` or `models:/name@alias` is what was registered as
`name`; what is registered from `runs:/id/path` is what a run logged under that path."""

from __future__ import annotations

import re

from mlrubric.graph.values import HOLE
from mlrubric.graph.world import World, normal

ORDER = 64  # behind the artifacts of code
MODEL = re.compile(r"models:/+([^/@*]+)(?:[/@].*)?$")
RUN = re.compile(r"runs:/+[^/]+/(.+)$")
GIVES = frozenset({"run.log_model", "model.save"})


def link(world: World) -> None:
    """Joins of the addresses of one model, and edges from what logs a model to what registers it by the run."""
    graph = world.graph
    registered = {
        normal(graph.nodes[n].attributes["@name"].replace("{}", HOLE)): n
        for n in graph.with_role("model.register")
        if graph.nodes[n].attributes.get("@name", "given") not in ("given", "none")
    }
    for key, node in sorted(world.artifacts.items()):
        match = MODEL.match(key)
        model = world.artifacts.get(match[1]) if match is not None and match[1] in registered else None
        if model is not None:
            graph.turn(node, "model") if graph.nodes[node].kind != "model" else None
            graph.connect(model, node, "join")
            graph.connect(node, model, "join")
    _promoted(world)
    _from_runs(world)


def _promoted(world: World) -> None:
    """A promotion writes the alias (or stage) that is loaded."""
    graph = world.graph
    for node in graph.with_role("model.promote"):
        attributes = graph.nodes[node].attributes
        name, alias = attributes.get("@name", "given"), attributes.get("@alias", "given")
        for form in (f"models:/{name}@{alias}", f"models:/{name}/{alias}"):
            target = world.artifacts.get(form)
            if target is not None:
                graph.connect(node, target, "write", graph.nodes[node].place)


def _from_runs(world: World) -> None:
    """What is registered by the address of a run was logged under the path behind the run's id."""
    graph = world.graph
    logged: dict[str, list[int]] = {}
    for node in graph.with_role("run.log_model"):
        logged.setdefault(graph.nodes[node].attributes.get("@sink", ""), []).append(node)
    for node in graph.with_role("model.register", "model.load"):
        attributes = graph.nodes[node].attributes
        match = RUN.match(attributes.get("@model", "")) or RUN.match(attributes.get("@source", ""))
        candidates = logged.get(match[1], []) if match is not None else []
        here = [n for n in candidates if graph.nodes[n].place.path == graph.nodes[node].place.path]
        for source in here or (candidates if len(candidates) == 1 else []):
            if source != node:
                graph.connect(source, node, "flow", graph.nodes[node].place, certain=False)
