"""A picture in which one break is mended: what a loss, a skip, or a start by hand costs is seen by asking again without it."""

from __future__ import annotations

from dataclasses import replace

from mlrubric.graph.automation import RUNNABLE, Schedule
from mlrubric.graph.build import Picture
from mlrubric.graph.graph import Graph
from mlrubric.model.graph import Edge
from mlrubric.model.verdict import Broken

STARTED = RUNNABLE | {"document", "module"}


def mended(picture: Picture, broken: Broken) -> Picture | None:
    """The picture without this break, or None where no hop and no start of the graph is what breaks. Labels stay as they are: only how
    things are run is asked anew."""
    if broken.place is None:
        return None
    graph = picture.graph.copy()
    mend = {"live": _starts, "wired": _starts, "consequential": _stops}.get(broken.condition)
    if not _hops(graph, broken) and not (mend is not None and mend(graph, broken)):
        return None
    world = replace(picture.world, graph=graph)
    return replace(picture, graph=graph, world=world, schedule=Schedule(graph), real=Schedule(graph, through_tests=False))


def _hops(graph: Graph, broken: Broken) -> bool:
    """Opens the hops that lose a failure, or never happen, at the place for the reason that is told."""
    found = False
    for number, edge in enumerate(graph.edges):
        if broken.message in (edge.loss, edge.blocked) and broken.message and _place(graph, edge) == broken.place:
            graph.edges[number] = replace(edge, loss="", blocked="")
            found = True
    return found


def _place(graph: Graph, edge: Edge) -> object:
    return edge.place or graph.nodes[edge.target].place


def _starts(graph: Graph, broken: Broken) -> bool:
    """Lets a schedule start what stands at the place; a trigger that is off, or a person's, is switched on."""
    here = [node for node in graph.nodes if node.place == broken.place]
    triggers = [node for node in here if node.kind == "trigger"]
    for node in triggers:
        attributes = {**node.attributes, "live": "true", "recurring": "true", "kind": "schedule"}
        graph.nodes[node.id] = replace(node, attributes=attributes)
    starts = [] if triggers else [node for node in here if node.kind in STARTED]
    if starts and broken.place is not None:
        trigger = graph.add("trigger", "schedule", broken.place, live="true", recurring="true", kind="schedule")
        for node in starts:
            graph.connect(trigger, node.id, "trigger")
    return bool(triggers or starts)


def _stops(graph: Graph, broken: Broken) -> bool:
    """Lets the check at the place stop the run when it fails."""
    here = [node for node in graph.nodes if node.place == broken.place and node.kind in ("op", "monitor", "command")]
    for node in here:
        attributes = {key: value for key, value in node.attributes.items() if key not in ("receiver", "untold")}
        graph.nodes[node.id] = replace(node, gate=True, consequence="blocking", attributes={**attributes, "acts": "stop"})
    return bool(here)
