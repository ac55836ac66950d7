"""Conditions of tasks in files of orchestrators: a task that runs only when another one's result compares well is guarded by that."""

from __future__ import annotations

import re

from mlrubric.graph.graph import RUNS
from mlrubric.graph.quality import QUALITY
from mlrubric.graph.world import World
from mlrubric.model.facts import Job

COMPARES = re.compile(r"[<>]=?|[!=]=|\b(?:in|notin)\b")
OUTPUT = re.compile(
    r"(?:tasks|steps)\.([\w-]+)\.outputs"  # Argo
    r"|pipelinechannel--([\w-]+?)-[A-Za-z_]\w*['\"]"  # Kubeflow Pipelines 2
    r"|inputs\.parameters\.([\w-]+?)-[A-Za-z_]\w*\s*\}"  # Kubeflow Pipelines 1
)


def task_conditions(world: World) -> dict[int, int]:
    """The jobs that run only behind a comparison of a quality: their nodes get the role, and are gates."""
    jobs = [(path, job) for path, job in world.every(Job)]
    by_name: dict[tuple[str, str], list[int]] = {}
    for path, job in jobs:
        node = world.node(path, job.place.symbol)
        if node is not None:
            by_name.setdefault((path, re.split(r"[./]", job.id)[-1]), []).append(node)
    found: dict[int, int] = {}
    for path, job in jobs:
        condition, node = job.condition or "", world.node(path, job.place.symbol)
        if node is None or COMPARES.search(condition) is None:
            continue
        names = {name for match in OUTPUT.findall(condition) for name in match if name}
        asked = [n for name in sorted(names) for n in by_name.get((path, name), ()) if n != node]
        if asked and any(QUALITY & set(world.graph.nodes[n].roles) for n in world.graph.sweep(asked, RUNS)):
            _mark(world, node)
            found[node] = node
    return found


def _mark(world: World, node: int) -> None:
    for role in ("model.compare", "check"):
        world.graph.give(node, role)
    world.graph.nodes[node].gate = True
    world.graph.nodes[node].about |= {"model.evaluate"}
    world.graph.nodes[node].attributes["form"] = "branch"
