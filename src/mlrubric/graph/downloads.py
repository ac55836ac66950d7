"""What a program has fetched to a place before it loads from there, also where nobody knows which place that is."""

from __future__ import annotations

from mlrubric.graph.processes import Processes
from mlrubric.graph.spellings import Shape, Spelling, lasting, spellings
from mlrubric.graph.world import World

FETCHES = frozenset({"artifact.download", "serve.client"})


class Downloads:
    """The places to which operations of one repository fetch something, by how they are written."""

    def __init__(self, world: World, processes: Processes) -> None:
        self.world, self.code, self.processes = world, world.code, processes
        self._by_shape: dict[tuple[int, Shape], list[tuple[int, Spelling]]] = {}
        for op, meaning in self.code.meanings.all().items():
            if op not in self.code.op_node:
                continue
            if FETCHES & set(meaning.roles) and "@sink" in meaning.arguments:
                self._put(op, op, meaning.arguments["@sink"])
            elif "file.write" in meaning.roles and "file.open" not in meaning.roles:
                fetch = self._written(op)
                if fetch >= 0:
                    self._put(fetch, op, self.code.program.receiver(op))

    def _put(self, fetch: int, at: int, sink: int) -> None:
        for place in self._named(sink):
            for one in spellings(self.code, place, at):
                self._by_shape.setdefault((one.unit, one.shape), []).append((fetch, one))

    def before(self, op: int, argument: int) -> list[int]:
        """The fetches that come before a load, and write where it reads; sorted."""
        if not self._by_shape or argument < 0:
            return []
        found: set[int] = set()
        for place in self._named(argument):
            for load in spellings(self.code, place, op):
                for fetch, one in self._by_shape.get((load.unit, load.shape), ()):
                    if one.scope == load.scope:
                        if one.at < load.at:
                            found.add(fetch)
                    elif lasting(load.shape) and self._together(fetch, op):
                        found.add(fetch)
        return sorted(found)

    def _named(self, argument: int) -> list[int]:
        """What names the file behind an argument: the argument, or what it was opened by."""
        if argument < 0:
            return []
        roles = self.code.meanings.roles
        opened = [o for o in self.code.flow.reach([argument], back=True, stop=lambda o: bool(roles(o))) if "file.open" in roles(o)]
        meanings = [self.code.meanings.of(o) for o in opened]
        found = [m.arguments["@source"] for m in meanings if m is not None and "@source" in m.arguments]
        return found or [argument]

    def _written(self, op: int) -> int:
        """The fetch whose answer is written down, or -1."""
        graph = self.world.graph
        for node in sorted(graph.next_by_flow([self.code.op_node[op]], back=True)):
            if FETCHES & set(graph.nodes[node].roles) and node in self.code.node_op:
                return self.code.node_op[node]
        return -1

    def _together(self, fetch: int, load: int) -> bool:
        """Whether one program may run both."""
        nodes = self.code.op_node
        return load in nodes and bool(self.processes.of(nodes[fetch]) & self.processes.of(nodes[load]))
