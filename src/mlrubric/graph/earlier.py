"""What an automation runs before a node: earlier steps and commands of the same job, stages that a stage waits for, and the jobs and
workflows that must have gone well."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.world import World
from mlrubric.model.graph import Edge

HOLDERS = ("step", "command", "stage", "job", "task")
FIRST = -1_000_000  # the place of what a stage waits for: before its own commands


def earlier_runs(world: World, node: int) -> list[int]:
    """What runs before a node in its job and in the jobs that it needs, whatever becomes of its failure."""
    return [e for holder in holders(world.graph, node) for e in earlier(world, holder, lost=True)]


def holders(graph: Graph, node: int) -> list[int]:
    """The steps, commands, stages, jobs and tasks above a node."""
    reached = graph.sweep([node], RUNS, back=True)
    return [n for n in reached if graph.nodes[n].kind in HOLDERS]


def positions(graph: Graph, parent: int) -> Iterator[tuple[int, Edge]]:
    """What a node runs one after the other, and where in the order: what it waits for, then its steps and commands."""
    ordered = graph.nodes[parent].attributes.get("ordered") == "true"
    for place, edge in enumerate(graph.successors(parent, ("run",))):
        number = graph.nodes[edge.target].attributes.get("index")
        if number is not None:
            yield int(number), edge
        elif ordered and graph.nodes[edge.target].kind == "stage":
            yield FIRST + place, edge


def earlier(world: World, holder: int, *, lost: bool = False) -> list[int]:
    """What runs before a step, command, stage or job: earlier siblings (with `lost`, also those whose failure is lost), and everything
    that is needed."""
    graph = world.graph
    found = _conditions(world, holder)
    if graph.nodes[holder].attributes.get("regardless") and not lost:
        return found
    if graph.nodes[holder].kind in ("job", "task"):
        return found + _needed(world, holder, lost=lost)
    if graph.nodes[holder].kind == "stage":
        found += _makers(graph, holder)
    for parent in sorted({e.source for e in graph.predecessors(holder, ("run",))}):
        siblings = list(positions(graph, parent))
        here = min((place for place, edge in siblings if edge.target == holder), default=FIRST)
        found += [e.target for place, e in siblings if place < here and (lost or not e.loss) and not e.blocked]
    return found


def _needed(world: World, job: int, *, lost: bool) -> list[int]:
    """The jobs or tasks that must have succeeded before one, through all `needs`; one that runs anyway hands no failure on."""
    nodes, found, seen, waiting = world.graph.nodes, list[int](), {job}, [job]
    while waiting:
        here = waiting.pop()
        if nodes[here].attributes.get("regardless") and not lost:
            continue
        for need in world.needs.get(here, ()):
            if need not in seen:
                seen.add(need)
                waiting.append(need)
                if lost or not any(e.loss for e in world.graph.predecessors(need, ("run",))):
                    found.append(need)
    return found


def _makers(graph: Graph, stage: int) -> list[int]:
    """The stages that make what a stage declares to read: they must have succeeded before it, whatever runs both."""
    kinds, found, waiting = ("read", "write", "declare"), list[int](), [stage]
    while waiting:
        for read in graph.predecessors(waiting.pop(), kinds):
            for write in graph.predecessors(read.source, kinds):
                maker = graph.nodes[write.source]
                if maker.kind == "stage" and maker.attributes.get("frozen") != "true" and write.source not in (stage, *found):
                    found.append(write.source)
                    waiting.append(write.source)
    return found


def _conditions(world: World, holder: int) -> list[int]:
    """The workflow that must have gone well for a job or step that asks for its success."""
    graph = world.graph
    if graph.nodes[holder].attributes.get("after") != "success":
        return []
    above = [n for n in graph.sweep([holder], RUNS, back=True) if graph.nodes[n].kind == "workflow"]
    names = {
        graph.nodes[e.source].attributes.get("after", "") for n in above for e in graph.predecessors(n, ("trigger",))
    } - {""}  # fmt: skip
    if len(names) != 1:
        return []  # any one of several starts it
    return [n for n in graph.of_kind("workflow") if graph.nodes[n].label in names and not graph.nodes[n].attributes.get("disabled")]
