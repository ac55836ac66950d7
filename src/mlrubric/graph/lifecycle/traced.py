"""How far back a model and its features can be followed: to a read that is known, to a version of the data, to what the run recorded, to a
store of lineage."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.processes import Processes
from mlrubric.graph.world import World
from mlrubric.model.graph import Node

FITS = ("model.fit", "model.tune")
FEATURES = ("code.feature", "feature.define")
READS = frozenset({"data.read", "artifact.download", "feature.serve", "data.synthetic"})
FIXED = frozenset({"tracked", "pinned", "versioned", "bundled"})
PASSED = frozenset({"produced", "left"})
SENT = (
    "http",
    "kafka",
    "https",
    "rest",
    "async_http",
    "composite",
    "file",
    "datazone",
    "marquez",
    "kinesis",
    "given",
    "gcplineage",
    "datahub",
)


def mark_lineage(world: World) -> None:
    """`lineage` (0 to 4) and `traced` (model, feature) on trainings and on what makes features."""
    graph = world.graph
    fits = [
        n
        for n in graph.with_role(*FITS)
        if not is_test_code(graph.nodes[n].place.path) and graph.nodes[n].attributes.get("leads") != "false"
    ]
    fits = [n for n in fits if graph.nodes[n].attributes.get("fresh") != "unknown"] or fits  # a study that is only made learns nothing
    if not fits:
        return
    view = Processes(graph)
    emits = any(graph.nodes[n].attributes.get("transport", "") in SENT for n in graph.with_role("lineage.emit"))
    kept = _recorded(world, fits)
    origins = _spread(world, view)

    def level(node: int) -> int:
        return _level({origin for origin, reached in origins.items() if node in reached}, kept, emits)

    for fit in fits:
        attributes = graph.nodes[fit].attributes
        attributes.update(traced="model", lineage=str(level(fit)))
    training = view.sweep(fits, back=True)
    for node in graph.with_role(*FEATURES):
        one = graph.nodes[node]
        if is_test_code(one.place.path) or one.kind not in ("function", "op", "class") or one.attributes.get("derives") == "false":
            continue
        own = _operations(world, node)
        inside = [n for n in own if n in training] or own
        one.attributes.update(traced="feature", lineage=str(max(map(level, inside[:20]), default=0)))


def level_of(world: World, view: Processes, nodes: list[int]) -> int:
    """The depth of lineage of some nodes together: that of the least known one."""
    graph = world.graph
    emits = any(graph.nodes[n].attributes.get("transport", "") in SENT for n in graph.with_role("lineage.emit"))
    kept = _recorded(world, [n for n in graph.with_role(*FITS) if "records" in graph.nodes[n].attributes])
    behind = ([n for n in view.sweep([node], back=True) if _reads(graph.nodes[n])] for node in nodes)
    return min((_level({_origin(graph.nodes[n]) for n in reads}, kept, emits) for reads in behind), default=0)


def _operations(world: World, node: int) -> list[int]:
    """The operations of a function that makes features: what it returns comes out of them."""
    graph = world.graph
    if graph.nodes[node].kind == "op":
        return [node]
    return [e.target for e in graph.successors(node, ("declare", "run", "call")) if graph.nodes[e.target].kind == "op"]


def _reads(node: Node) -> bool:
    return not READS.isdisjoint(node.roles) and not is_test_code(node.place.path)


def _spread(world: World, view: Processes) -> dict[str, dict[int, int]]:
    """What is reached by data of each origin: one sweep for an origin, not one for a node that asks."""
    graph = world.graph
    by_origin: dict[str, list[int]] = {}
    for node in graph.with_role(*READS):
        if _reads(graph.nodes[node]):
            by_origin.setdefault(_origin(graph.nodes[node]), []).append(node)
    return {origin: view.sweep(starts) for origin, starts in sorted(by_origin.items())}


def _level(origins: set[str], kept: bool, emits: bool) -> int:
    """The depth of lineage of what comes from these origins, 0 to 4."""
    origins = origins - PASSED
    if not origins or "unknown" in origins:
        return 0
    if not origins <= FIXED:
        return 1
    if not kept:
        return 2
    return 4 if emits else 3


def _origin(read: Node) -> str:
    """Where a read comes from; what the program makes up itself is as fixed as the program."""
    if "data.synthetic" in read.roles:
        return "bundled"
    return read.attributes.get("origin", "store" if "feature.serve" in read.roles else "unknown")


def _recorded(world: World, fits: list[int]) -> bool:
    """Whether a run records the commit and which data it saw: trackers take the commit by themselves, the data must be given."""
    return any(world.graph.nodes[fit].attributes.get("data_by") == "run" and _tracks(world, fit) for fit in fits)


def _tracks(world: World, fit: int) -> bool:
    return len(world.graph.nodes[fit].attributes.get("records", "").split()) > 1
