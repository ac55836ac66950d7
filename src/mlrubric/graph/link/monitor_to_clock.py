"""Monitors that a cloud runs: once the call that sets one up is run by somebody, the cloud's own clock runs it again and again."""

from __future__ import annotations

from mlrubric.graph.clock import Clock, add_trigger
from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World

ORDER = 90  # behind all that starts code
STARTS = ("document", "stage", "notebook")


def link(world: World) -> None:
    """A trigger for each monitor whose call is run or documented; `acts` says whether people are told."""
    graph, code = world.graph, world.code
    for node in graph.with_role("monitor.deploy"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None:
            continue
        back = code.flow.reach([op], back=True)
        told = any("alert.receiver" in code.meanings.roles(o) for o in back)
        graph.nodes[node].attributes["acts"] = "tell" if told else "none"
        above = graph.sweep([node], RUNS, back=True)
        if any(graph.nodes[n].kind in STARTS or graph.nodes[n].attributes.get("live") == "true" for n in above):
            text = code.meanings.spellings(meaning).get("@schedule", "")
            schedule = text if text not in ("given", "none") else "by the cloud"
            add_trigger(world, Clock(schedule, certain=False), code.place(op), [node], certain=False)
