"""The chain upstream of a model, a feature, a column, a file or a line: what it is made of, and where that comes in."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.graph.lifecycle.columns import columns_behind, makers_of
from mlrubric.graph.lifecycle.traced import level_of
from mlrubric.graph.processes import Processes
from mlrubric.graph.world import normal
from mlrubric.model.facts import Pin
from mlrubric.model.graph import Node
from mlrubric.model.lineage import Chain, Hop, Source

KINDS = ("model", "artifact", "dataset", "service", "stage")
FITS = ("model.fit", "model.tune")
COMES = frozenset({"data.read", "artifact.download", "feature.serve", "data.synthetic"})
FIXES = {
    "tracked": "tracked, as it is in this commit",
    "bundled": "of the version of its library",
    "versioned": "a version is named where it is read",
}
MOST_HOPS = 400


def names(picture: Picture) -> list[str]:
    """What can be asked for by name."""
    graph = picture.graph
    return sorted({n.label for n in graph.nodes if n.kind in KINDS or "traced" in n.attributes})


def chain_of(picture: Picture, *, name: str = "", path: str = "", line: int = 0) -> Chain | None:
    """The chain of what is called so, or of what stands on a line; None when there is nothing."""
    starts = _at(picture, path, line) if path else _named(picture, name)
    if not starts:
        return None
    graph, view = picture.graph, Processes(picture.graph)
    reached = view.sweep(starts, back=True)
    inner = {
        n for s in starts if graph.nodes[s].kind == "function" for n in (e.target for e in graph.successors(s, ("declare", "call", "run")))
    }
    if inner:
        reached = {**view.sweep([n for n in inner if graph.nodes[n].kind == "op"], back=True), **dict.fromkeys(starts, -1)}
    hops, numbers, depths = list[Hop](), dict[int, int](), dict[int, int]()
    for node, number in reached.items():
        edge = graph.edges[number] if number >= 0 else None
        toward = -1 if edge is None else edge.target if edge.source == node else edge.source
        one = graph.nodes[node]
        told = bool(one.roles) or one.kind in KINDS
        depths[node] = depths.get(toward, 0) + (1 if told and edge is not None else 0)
        numbers[node] = len(hops) if told else numbers.get(toward, 0)
        if told and not (node in starts and inner) and not is_test_code(one.place.path) and len(hops) < MOST_HOPS:
            hops.append(Hop(graph.steps([(node, edge)])[0], depths[node], numbers.get(toward, 0)))
    first = graph.nodes[starts[0]]
    fits = [n for n in reached if set(FITS) & set(graph.nodes[n].roles) and not is_test_code(graph.nodes[n].place.path)]
    records = next((graph.nodes[n].attributes["records"].split() for n in fits if "records" in graph.nodes[n].attributes), [])
    traced = [int(graph.nodes[n].attributes["lineage"]) for n in (*starts, *fits) if "lineage" in graph.nodes[n].attributes]
    level = min(traced) if traced else level_of(picture.world, view, fits or starts)
    ops = [picture.world.code.node_op[n] for n in (fits or starts) if n in picture.world.code.node_op]
    columns = columns_behind(picture.world.code, ops)
    return Chain(graph.steps([(starts[0], None)])[0], first.kind, level, tuple(hops), _sources(picture, reached), tuple(records), columns)


def _named(picture: Picture, name: str) -> list[int]:
    """Nodes of this name: models first, then what is traced, files and data, and at last the operations that make a column."""
    graph, wanted = picture.graph, name.lower()

    def called(one: Node) -> bool:
        label = one.label.lower()
        return wanted in (
            label,
            label.rpartition("/")[2],
            label.rpartition(".")[2],
            normal(one.label).lower(),
            one.attributes.get("@name", "").lower(),
        )

    groups: tuple[Iterable[int], ...] = (
        graph.of_kind("model"),
        [n.id for n in graph.nodes if "traced" in n.attributes],
        graph.with_role("model.register", "model.save", "model.promote", "feature.define"),
        graph.of_kind("dataset", "artifact", "stage", "service"),
    )
    for group in groups:
        found = [n for n in group if called(graph.nodes[n]) and not is_test_code(graph.nodes[n].place.path)]
        written = [n for n in found if any(graph.predecessors(n, ("write", "flow", "join")))]
        if found:
            return written or found
    code = picture.world.code
    ops = makers_of(code, name)
    return [code.op_node[op] for op in ops if op in code.op_node] or _nearest(picture, ops)


def _nearest(picture: Picture, ops: Iterable[int]) -> list[int]:
    """The operations of the graph that the data of these comes to, or comes from, first."""
    code = picture.world.code
    found = set[int]()
    for op in ops:
        for back in (True, False):
            near = code.flow.reach([op], back=back, stop=code.op_node.__contains__)
            hits = [
                code.op_node[o] for o in near if o in code.op_node and not is_test_code(picture.graph.nodes[code.op_node[o]].place.path)
            ]
            found.update(hits[:3])
            if hits:
                break
    return sorted(found)


def _at(picture: Picture, path: str, line: int) -> list[int]:
    """What stands on a line, the narrowest."""
    here = [
        n
        for n in picture.graph.nodes
        if n.place.path == path
        and n.kind not in ("module", "value")
        and n.place.span.line <= line <= max(n.place.span.line, n.place.span.end_line)
    ]
    ops = [n for n in here if n.kind == "op" and n.place.span.line <= line <= n.place.span.end_line]
    if ops:
        return [n.id for n in ops if set(FITS) & set(n.roles)] or [n.id for n in ops]
    narrow = sorted(here, key=lambda n: (n.place.span.end_line - n.place.span.line, n.id))
    return [n.id for n in narrow[:1]]


def _sources(picture: Picture, reached: Iterable[int]) -> tuple[Source, ...]:
    """Where the data comes in: the reads that nothing here has written for, each with what fixes its bytes."""
    graph = picture.graph
    pins = {normal(pin.path): pin for _, pin in picture.world.every(Pin)}
    inside, found = set(reached), list[Source]()
    for node in inside:
        one = graph.nodes[node]
        if not COMES & set(one.roles) or is_test_code(one.place.path):
            continue
        fed = [e.source for e in graph.predecessors(node, ("read",)) if any(True for _ in graph.predecessors(e.source, ("write",)))]
        origin = "bundled" if "data.synthetic" in one.roles else one.attributes.get("origin", "unknown")
        if fed and origin in ("produced", "left"):
            continue
        name = one.attributes.get("source", "") or next(
            (graph.nodes[e.source].label for e in graph.predecessors(node, ("read",))), one.label
        )
        pin = next((p for path, p in pins.items() if normal(name) == path or normal(name).startswith(f"{path}/")), None)
        version = (
            f"{pin.tool} {pin.digest}"
            if origin == "pinned" and pin is not None
            else FIXES.get(origin, "pinned" if origin == "pinned" else "")
        )
        found.append(Source(graph.steps([(node, None)])[0], " ".join(name.split()), origin, version))
    return tuple(sorted(set(found), key=lambda s: (s.step.place, s.name)))
