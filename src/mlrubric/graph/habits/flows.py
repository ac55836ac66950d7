"""What flows into an operation from anywhere in the program, and what it flows to, as traits and roles."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.graph import FLOWS, Graph
from mlrubric.graph.habits.traits import Traits


class Flows:
    """One sweep forwards for `fed`, one backwards for `feeds`, when the first rule asks."""

    def __init__(self, graph: Graph, code: Code, traits: Traits) -> None:
        self._graph, self._code, self._traits = graph, code, traits
        self._names: list[tuple[str, frozenset[str]]] = []  # bit -> name, its traits
        self._fed: list[int] | None = None
        self._feeding: dict[str, frozenset[int]] = {}

    def of(self, op: int) -> Iterator[tuple[str, str]]:
        """`fed.<trait or role>`, `fed.<trait>.kinds` (how many names with the trait), `feeds.<role>` (across files too)."""
        kinds: dict[str, int] = {}
        for bit, (_, traits) in enumerate(self._names if self._carried()[op] else ()):
            if self._carried()[op] >> bit & 1:
                for trait in traits:
                    kinds[trait] = kinds.get(trait, 0) + 1
        for trait, count in sorted(kinds.items()):
            yield f"fed.{trait}", "true"
            yield f"fed.{trait}.kinds", str(count)
        node = self._code.op_node.get(op, -1)
        if node >= 0:
            yield from ((f"fed.{role}", "true") for role in sorted(self._graph.nodes[node].about))
            yield from ((f"feeds.{role}", "true") for role in ("model.fit", "model.evaluate", "model.tune") if node in self._to(role))

    def known(self, op: int) -> Iterator[tuple[str, str]]:
        """`op.<name>`: what the node of an operation with a role knows."""
        node = self._code.op_node.get(op, -1)
        if node >= 0:
            yield from ((f"op.{key}", value) for key, value in self._graph.nodes[node].attributes.items())

    def _carried(self) -> list[int]:
        if self._fed is None:
            bits: dict[str, int] = {}
            labels: dict[int, int] = {}
            for op in self._traits.all():
                name, traits = self._traits.name(op), self._traits.of(op)
                if name not in bits:
                    bits[name] = 1 << len(self._names)
                    self._names.append((name, traits))
                labels[op] = bits[name]
            self._fed = self._code.flow.carry(labels)
        return self._fed

    def _to(self, role: str) -> frozenset[int]:
        """The nodes whose data comes to something with a role."""
        if role not in self._feeding:
            goals = self._graph.with_role(role)
            reached = self._graph.sweep(goals, FLOWS, back=True)
            self._feeding[role] = frozenset(n for n, edge in reached.items() if edge >= 0)
        return self._feeding[role]
