"""To how many environments a delivery goes, and whether runs are recorded where others can see them."""

from __future__ import annotations

import re

from mlrubric.graph.world import World
from mlrubric.model.facts import Setting, Step

LOCAL = re.compile(r"^(file:|sqlite:|\.{0,2}/|[A-Za-z]:\\|[\w.-]+$)|localhost|127\.0\.0\.1", re.IGNORECASE)
TRACKS = ("run.track", "run.log_param", "run.log_metric", "run.log_model", "run.log_artifact", "run.log_data", "model.register")
GIVEN = re.compile(r"TRACKING_URI$")


def mark_environments(world: World) -> None:
    """`environments` on jobs: `several` when the jobs of the repository deploy to two or more."""
    graph = world.graph
    jobs = [n for n in graph.of_kind("job") if graph.nodes[n].attributes.get("environment")]
    if len({graph.nodes[n].attributes["environment"].lower() for n in jobs}) > 1:
        for job in jobs:
            graph.nodes[job].attributes["environments"] = "several"


def mark_tracked(world: World) -> None:
    """`store` on what records runs: `remote` when it goes to a server, `local` when to a folder, `unknown` when nothing says."""
    graph, code = world.graph, world.code
    nodes = [n for n in graph.with_role(*TRACKS) if graph.nodes[n].kind == "op"]
    if not nodes:
        return
    given = _given(world)
    for node in nodes:
        attributes = graph.nodes[node].attributes
        if "@url" in attributes and "run.track" in graph.nodes[node].roles:
            url = attributes["@url"].strip("\"'")
            given.append("remote" if url in ("given", "present") or not LOCAL.search(url) else "local")
    said = "remote" if "remote" in given else "local" if given else ""
    for node in nodes:
        hosted = code.meanings.catalogue.hosted(graph.nodes[node].api)
        graph.nodes[node].attributes["store"] = "remote" if hosted else said or "unknown"


def _given(world: World) -> list[str]:
    """The addresses that the environment gives a tracker."""
    texts = [s.value for _, s in world.every(Setting) if GIVEN.search(s.route)]
    texts += [value for _, step in world.every(Step) for name, value in step.environment if GIVEN.search(name)]
    return ["local" if LOCAL.search(text) and "${" not in text else "remote" for text in texts if text]
