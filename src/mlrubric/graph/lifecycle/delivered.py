"""To how many environments a delivery goes, and whether runs are recorded where others can see them."""

from __future__ import annotations

import re

from mlrubric.graph.automation import Schedule
from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World
from mlrubric.model.facts import Setting, Step

LOCAL = re.compile(r"^(file:|sqlite:|\.{0,2}/|[A-Za-z]:\\|[\w.-]+$)|localhost|127\.0\.0\.1", re.IGNORECASE)
TRACKS = ("run.track", "run.log_param", "run.log_metric", "run.log_model", "run.log_artifact", "run.log_data", "model.register")
LENT = ("workflow", "gitlab", "circleci", "azure", "bitbucket", "cloudbuild")
KEPT = re.compile(r"mlruns|mlflow|wandb|lightning_logs", re.IGNORECASE)  # a step that carries the folder away, or commits it
GIVEN = re.compile(r"TRACKING_URI$")


def mark_environments(world: World) -> None:
    """`environments` on jobs: `several` when the jobs of the repository deploy to two or more."""
    graph = world.graph
    jobs = [n for n in graph.of_kind("job") if graph.nodes[n].attributes.get("environment")]
    if len({graph.nodes[n].attributes["environment"].lower() for n in jobs}) > 1:
        for job in jobs:
            graph.nodes[job].attributes["environments"] = "several"


def mark_tracked(world: World, real: Schedule) -> None:
    """`store` on what records runs: `remote` when it goes to a server, `local` when to a folder, `unknown` when nothing says; `runner`
    where a job of a workflow does it on a machine that is gone afterwards, and nothing carries the folder away."""
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
    jobs = [n for n in graph.of_kind("job") if real.of(n).level in ("kept", "lost") and _hosted(world, n)]
    if (
        jobs
        and not graph.with_role("artifact.upload")
        and not any(KEPT.search(v) for n in graph.of_kind("step") for v in graph.nodes[n].attributes.values())
    ):
        for node in set(nodes) & graph.sweep(jobs, RUNS, allow=lambda e: not e.blocked, stop=graph.of_kind("test")).keys():
            graph.nodes[node].attributes["runner"] = "true"


def _hosted(world: World, job: int) -> bool:
    """Whether a job is one of a server that lends machines."""
    graph = world.graph
    return any(graph.nodes[e.source].attributes.get("kind") in LENT for e in graph.predecessors(job, ("run",)))


def _given(world: World) -> list[str]:
    """The addresses that the environment gives a tracker."""
    texts = [s.value for _, s in world.every(Setting) if GIVEN.search(s.route)]
    texts += [value for _, step in world.every(Step) for name, value in step.environment if GIVEN.search(name)]
    return ["local" if LOCAL.search(text) and "${" not in text else "remote" for text in texts if text]
