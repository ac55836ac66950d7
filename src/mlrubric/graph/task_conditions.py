"""Conditions of tasks in files of orchestrators: a task that runs only when another one's result compares well is guarded by that."""

from __future__ import annotations

import re

from mlrubric.graph.graph import RUNS
from mlrubric.graph.quality import QUALITY
from mlrubric.graph.world import World
from mlrubric.model.facts import Job

OUTCOME = "outcome of "  # how a condition names the tasks whose comparison it asks for
COMPARES = re.compile(r"[<>]=?|[!=]=|\b(?:in|notin)\b")
OUTPUT = re.compile(
    r"(?:tasks|steps)\.([\w-]+)\.(?:outputs|values)"  # Argo, Databricks
    r"|pipelinechannel--([\w-]+?)-[A-Za-z_]\w*['\"]"  # Kubeflow Pipelines 2
    r"|inputs\.parameters\.([\w-]+?)-[A-Za-z_]\w*\s*\}"  # Kubeflow Pipelines 1
)


def task_conditions(world: World) -> dict[int, int]:
    """The jobs that run only behind a comparison of a quality: their nodes get the role, and are gates."""
    found = _decided_in_code(world)
    jobs = [(path, job) for path, job in world.every(Job)]
    by_name: dict[tuple[str, str], list[int]] = {}
    for path, job in jobs:
        node = world.node(path, job.place.symbol)
        if node is not None:
            by_name.setdefault((path, re.split(r"[./]", job.id)[-1]), []).append(node)
    for path, job in jobs:
        condition, node = job.condition or "", world.node(path, job.place.symbol)
        if node is None or COMPARES.search(condition) is None:
            continue
        names = {name for match in OUTPUT.findall(condition) for name in match if name}
        asked = [n for name in sorted(names) for n in by_name.get((path, name), ()) if n != node]
        if asked and any(QUALITY & set(world.graph.nodes[n].roles) for n in world.graph.sweep(asked, RUNS)):
            _mark(world, node)
            found[node] = node
    for path, job in jobs:
        node, asked_for = world.node(path, job.place.symbol), (job.condition or "").removeprefix(OUTCOME)
        if node is not None and asked_for != job.condition:
            found.update((node, n) for name in asked_for.split(" and ") for n in by_name.get((path, name), ()) if n in found)
    return found


def _decided_in_code(world: World) -> dict[int, int]:
    """Tasks behind a task that decides, when that one looks at what a task has measured, or measures itself."""
    code, found = world.code, dict[int, int]()
    for node, (decider, asked) in sorted(world.conditional.items()):
        tasks = [world.tasks[op] for op in asked if op in world.tasks]
        if any(QUALITY & code.about(op) for op in asked) or any(
            QUALITY & set(world.graph.nodes[n].roles) for n in world.graph.sweep(tasks, RUNS) if tasks
        ):
            _mark(world, decider)
            found[node] = decider
    return found


def _mark(world: World, node: int) -> None:
    for role in ("model.compare", "check"):
        world.graph.give(node, role)
    world.graph.nodes[node].gate = True
    world.graph.nodes[node].about |= {"model.evaluate"}
    world.graph.nodes[node].attributes["form"] = "branch"
