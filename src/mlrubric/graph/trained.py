"""Which trainings make the same model, and what belongs to it: what a fit's result reaches by flow, until another one learns from it.

Two fits are of one model when one learns from the other's result, or when both are kept under one name: a file, an entry of a registry.
What several models reach (a helper that saves, a table of results) belongs to each of them.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import FLOWS, Graph
from mlrubric.graph.processes import Processes
from mlrubric.graph.world import World
from mlrubric.model.graph import Edge

KEEPS = ("model.save", "model.register", "run.log_model")
TABLES = frozenset({"data.read", "data.write", "data.split"})
PROSE = (".md", ".rst", ".txt")
MANY = 64  # fits, from which on those of one function are taken together


@dataclass(slots=True)
class Trained:
    """The models by number, in order of their first fit; `core[node]` has a bit for each model that reaches the node."""

    fits: list[tuple[int, ...]] = field(default_factory=list)
    core: dict[int, int] = field(default_factory=dict)

    def of(self, node: int) -> Iterator[int]:
        """The numbers of the models that reach a node."""
        return bits(self.core.get(node, 0))


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def trained(world: World) -> Trained:
    """The models of a repository by what they are made by."""
    graph = world.graph
    every = [n for n in graph.with_role("model.fit") if is_real(graph, n)]
    if not every:
        return Trained()
    groups: list[tuple[int, ...]] = [(n,) for n in every] if len(every) <= MANY else _by_holder(world, every)
    starts = [set(group) for group in groups]
    for node, numbers in _kept_beside(graph, groups).items():
        for number in numbers:
            starts[number].add(node)
    flows = _Flows(graph, every)
    whole = flows.of(starts)
    near = flows.of(starts, TABLES)
    heads = list(range(len(groups)))
    for fit in every:
        _join(heads, near.get(fit, 0))
    for mask in _named_alike(graph, whole):
        _join(heads, mask)
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[_head(heads, number)].extend(group)
    order = {head: number for number, head in enumerate(sorted(members))}
    core = {node: sum(1 << n for n in {order[_head(heads, g)] for g in bits(mask)}) for node, mask in whole.items()}
    return Trained([tuple(sorted(members[head])) for head in sorted(members)], core)


def is_real(graph: Graph, node: int) -> bool:
    """Whether a node is of the project itself, not of its tests and not only told in a document."""
    path = graph.nodes[node].place.path
    return not is_test_code(path) and not path.endswith(PROSE)


def _by_holder(world: World, fits: list[int]) -> list[tuple[int, ...]]:
    found: dict[int, list[int]] = defaultdict(list)
    for node in fits:
        op = world.code.node_op.get(node)
        found[node if op is None else world.code.holder(op)].append(node)
    return [tuple(group) for _, group in sorted(found.items())]


def _kept_beside(graph: Graph, groups: list[tuple[int, ...]]) -> dict[int, list[int]]:
    """What is saved or registered in the file of a training without any flow to be seen (weights of a network that were changed in
    place) is what was trained there."""
    reached = graph.sweep([n for group in groups for n in group], FLOWS)
    by_file: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        by_file[graph.nodes[group[0]].place.path].append(number)
    lost = [n for n in graph.with_role(*KEEPS) if n not in reached and graph.nodes[n].kind == "op"]
    return {n: by_file[graph.nodes[n].place.path] for n in lost if graph.nodes[n].place.path in by_file}


class _Flows:
    """What results of fits flow to, inside the process that they are made in and from file to file."""

    def __init__(self, graph: Graph, fits: Collection[int]) -> None:
        self._graph, self._fits = graph, fits
        self._processes = Processes(graph)

    def of(self, starts: list[set[int]], stop: Collection[str] = ()) -> dict[int, int]:
        """For every node, which of the starts reach it: not past another fit, nor past a node with a role of `stop`."""
        barrier = [*self._fits, *(self._graph.with_role(*stop) if stop else ())]
        found: dict[int, int] = {}
        for number, group in enumerate(starts):
            for node in self._processes.sweep(group, stop=barrier, allow=self._allows):
                found[node] = found.get(node, 0) | 1 << number
        return found

    def _allows(self, edge: Edge) -> bool:
        """A file leads to its folder, and the folder to its files only where something writes it as a whole."""
        if not self._graph.downwards(edge):
            return True
        return any(True for _ in self._graph.predecessors(edge.source, ("write",)))


def _named_alike(graph: Graph, masks: dict[int, int]) -> Iterator[int]:
    """The fits whose results are kept under one name, by what writes it: one that writes several names tells nothing of any."""
    for node in graph.of_kind("model"):
        if not is_name(graph.nodes[node].label):
            continue
        mask = 0
        for edge in graph.predecessors(node, ("write",)):
            names = [e.target for e in graph.successors(edge.source, ("write",)) if graph.nodes[e.target].kind == "model"]
            files = [n for n in names if is_name(graph.nodes[n].label)]
            if files == [node] and len(names) == 1:
                mask |= masks.get(edge.source, 0)
        if mask:
            yield mask


def is_name(label: str) -> bool:
    """Whether a label names one thing: no part of it is unknown."""
    return "*" not in label and bool(posixpath.basename(label))


def _head(heads: list[int], number: int) -> int:
    while heads[number] != number:
        heads[number] = heads[heads[number]]
        number = heads[number]
    return number


def _join(heads: list[int], mask: int) -> None:
    members = [_head(heads, number) for number in bits(mask)]
    for member in members[1:]:
        first, second = sorted((_head(heads, members[0]), _head(heads, member)))
        heads[second] = first
