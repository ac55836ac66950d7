"""What starts another workflow by its name or by an event: a command, a step or a request that is sent to the platform."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlrubric.graph.world import World
from mlrubric.model.facts import Trigger

ORDER = 89  # once commands, steps and operations have their roles
EVENT = re.compile(r"""event[_-]type["']?\s*[=:]\s*["']?([\w.-]+)""")
NAMED = re.compile(r"(?:^|\s|/)([\w. -]+\.ya?ml)\b")
RUNS = re.compile(r"/dags/([\w.-]+)/dagRuns")
RUN = re.compile(r"workflow run\s+(?:-\S+\s+\S+\s+)*[\"']?([\w./-]+)")


def link(world: World) -> None:
    """`starts` on what dispatches: the nodes of this repository that it starts. It is no edge: the other run is a run of its own, to which
    nothing is earlier that this one has done."""
    graph = world.graph
    for node in graph.with_role("flow.run"):
        one = graph.nodes[node]
        if one.kind not in ("command", "step", "op"):
            continue
        text = " ".join([one.label, *(v for k, v in sorted(one.attributes.items()) if k.startswith(("with.", "@", "env.")))])
        started = sorted(set(_started(world, text)))
        if started:
            one.attributes["starts"] = " ".join(map(str, started))


def _started(world: World, text: str) -> Iterator[int]:
    flow = RUNS.search(text)
    if flow is not None:
        yield from (
            n
            for n in world.graph.with_role("flow.define")
            if flow[1] in (world.graph.nodes[n].attributes.get("@name"), world.graph.nodes[n].label)
        )
        return
    if ("dispatches" in text and "/workflows/" not in text) or EVENT.search(text):
        yield from _dispatched(world, text)
        return
    run = RUN.search(text) or NAMED.search(text)
    name = posixpath.basename(run[1]) if run is not None else ""
    for path, trigger in world.every(Trigger):
        if name and trigger.place.symbol.endswith("workflow_dispatch"):
            target = world.node(path, trigger.owner)
            if target is not None and name in (posixpath.basename(path), world.graph.nodes[target].label):
                yield target


def _dispatched(world: World, text: str) -> Iterator[int]:
    """The workflows that listen to the event that is sent: by its type, where both say one."""
    said = EVENT.search(text)
    for path, trigger in world.every(Trigger):
        if trigger.place.symbol.endswith("repository_dispatch") and trigger.live:
            types = [text.partition(": ")[2] for text in trigger.filters if text.startswith("types: ")]
            target = world.node(path, trigger.owner)
            if target is not None and (said is None or not types or said[1] in types):
                yield target
