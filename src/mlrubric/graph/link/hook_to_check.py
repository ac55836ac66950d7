"""Hooks of a data lake: one that runs before a merge or commit refuses data that fails it; one that runs after it only tells."""

from __future__ import annotations

from mlrubric.graph.world import World
from mlrubric.model.facts import Job, Trigger, Workflow

ORDER = 11  # behind workflows and their jobs
LAKE = "lakefs"
BEFORE = "pre-"


def link(world: World) -> None:
    lakes = {path for path, workflow in world.every(Workflow) if workflow.kind == LAKE}
    if not lakes:
        return
    before = {path for path, trigger in world.every(Trigger) if path in lakes and (trigger.schedule or "").startswith(BEFORE)}
    for path, job in world.every(Job):
        node = world.node(path, job.place.symbol) if path in lakes else None
        if node is not None:
            world.graph.give(node, "check.source")
            world.graph.nodes[node].gate = path in before
            world.graph.nodes[node].attributes["acts"] = "stop" if path in before else "none"
