"""Whose evidence a node is: the models that its data comes from, or whose code runs it or is run by it. Nobody's is everybody's."""

from __future__ import annotations

from collections.abc import Sequence

from mlrubric.graph.build import Picture
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.products import Product
from mlrubric.graph.trained import bits

NEAR = frozenset({"op", "value"})


class Owners:
    """The models that a node belongs to, as bits in the order of the products; 0 for what belongs to no one."""

    def __init__(self, picture: Picture, made: Sequence[Product]) -> None:
        self._graph = picture.graph
        number = {bit: index for index, one in enumerate(made) for bit in bits(one.bits)}
        self._core = {node: sum({1 << number[bit] for bit in bits(mask)}) for node, mask in picture.trained.core.items()}
        self._runs: dict[int, int] = {}
        for index in range(len(made)):
            core = [n for n, mask in self._core.items() if mask >> index & 1]
            for node in self._graph.sweep(core, RUNS, back=True):
                self._runs[node] = self._runs.get(node, 0) | 1 << index
        self._known: dict[int, int] = {}

    def of(self, node: int) -> int:
        """Whose a node is: whose result reaches it; else of what is on the way to it, whose code is nearest."""
        if node not in self._known:
            self._known[node] = self._core.get(node, 0) or self._by_data(node) or self._by_code(node)
        return self._known[node]

    def _by_data(self, node: int) -> int:
        """An alert or a panel is of the models of the code that its numbers come from."""
        if self._graph.nodes[node].kind in NEAR:
            return 0
        found = 0
        for before in self._graph.sweep([node], FLOWS, back=True):
            if before != node and self._graph.nodes[before].kind == "op":
                found |= self._core.get(before, 0) or self._by_code(before)
        return found

    def _by_code(self, node: int) -> int:
        """Up from a node by what runs it, on each way to the first that runs something of a model."""
        waiting, seen, found = [node], {node}, 0
        while waiting:
            here = waiting.pop()
            mask = self._runs.get(here, 0)
            found |= mask
            if not mask:
                for edge in self._graph.predecessors(here, RUNS):
                    if edge.source not in seen:
                        seen.add(edge.source)
                        waiting.append(edge.source)
        return found
