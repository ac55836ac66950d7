"""What an automation runs before a node: earlier steps and commands of the same job, and the jobs that it needs."""

from __future__ import annotations

from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.world import World


def earlier_runs(world: World, node: int) -> list[int]:
    """What runs before a node in its job and in the jobs that it needs, whatever becomes of its failure."""
    return [e for holder in holders(world.graph, node) for e in earlier(world, holder, lost=True)]


def holders(graph: Graph, node: int) -> list[int]:
    """The steps and commands above a node."""
    reached = graph.sweep([node], RUNS, back=True)
    return [n for n in reached if graph.nodes[n].kind in ("step", "command")]


def earlier(world: World, holder: int, *, lost: bool = False) -> list[int]:
    """What runs before a step or command in the same job: earlier siblings (with `lost`, also those whose failure is lost), and everything
    in the jobs that are needed."""
    graph = world.graph
    found: list[int] = []
    for edge in graph.predecessors(holder, ("run",)):
        parent = edge.source
        here = int(graph.nodes[holder].attributes.get("index", "0"))
        for sibling in graph.successors(parent, ("run",)):
            number = graph.nodes[sibling.target].attributes.get("index")
            if number is not None and int(number) < here and (lost or not sibling.loss) and not sibling.blocked:
                found.append(sibling.target)
        if graph.nodes[parent].kind == "job":
            path = graph.nodes[parent].place.path
            found.extend(_needed(world, path, parent))
    return found


def _needed(world: World, path: str, job: int) -> list[int]:
    """The jobs that must have succeeded before a job, through all `needs`."""
    found: list[int] = []
    waiting = [job]
    while waiting:
        for need in world.graph.nodes[waiting.pop()].attributes.get("needs", "").split():
            node = world.node(path, f"jobs.{need}")
            if node is not None and node not in found:
                found.append(node)
                waiting.append(node)
    return found
