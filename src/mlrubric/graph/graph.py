"""The graph itself: nodes, compact adjacency, and the sweeps that answer every question about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from mlrubric.model.graph import Edge, Node
from mlrubric.model.place import Place
from mlrubric.model.verdict import Step

RUNS = frozenset({"trigger", "run", "call", "import"})
FLOWS = frozenset({"flow", "read", "write", "join"})


@dataclass(slots=True)
class Graph:
    """Nodes are numbered densely; `outgoing[n]` and `incoming[n]` are indexes into `edges`."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    outgoing: list[list[int]] = field(default_factory=list)
    incoming: list[list[int]] = field(default_factory=list)
    _known: set[tuple[int, int, str, str, str]] = field(default_factory=set)
    _roles: dict[str, list[int]] = field(default_factory=dict)
    _kinds: dict[str, list[int]] = field(default_factory=dict)

    def copy(self) -> Graph:
        """A graph that can be changed without this one; the nodes are the same objects."""
        return Graph(
            list(self.nodes),
            list(self.edges),
            [list(edges) for edges in self.outgoing],
            [list(edges) for edges in self.incoming],
            set(self._known),
            {role: list(nodes) for role, nodes in self._roles.items()},
            {kind: list(nodes) for kind, nodes in self._kinds.items()},
        )

    def add(self, kind: str, label: str, place: Place, roles: Iterable[str] = (), api: str = "", /, **attributes: str) -> int:
        """A new node; returns its number."""
        number = len(self.nodes)
        self.nodes.append(Node(number, kind, label, place, (), api, dict(attributes)))
        self.outgoing.append([])
        self.incoming.append([])
        self._kinds.setdefault(kind, []).append(number)
        for role in roles:
            self.give(number, role)
        return number

    def give(self, node: int, role: str) -> None:
        """Give a node one more role."""
        if role not in self.nodes[node].roles:
            self.nodes[node].roles = (*self.nodes[node].roles, role)
            self._roles.setdefault(role, []).append(node)

    def take(self, node: int, role: str) -> None:
        """Take a role away that was given too early."""
        if role in self.nodes[node].roles:
            self.nodes[node].roles = tuple(r for r in self.nodes[node].roles if r != role)
            self._roles[role].remove(node)

    def downwards(self, edge: Edge) -> bool:
        """Whether an edge joins a folder to a file in it."""
        return edge.kind == "join" and self.nodes[edge.target].label.startswith(self.nodes[edge.source].label + "/")

    def doubt(self, number: int) -> None:
        """Make an edge one that is only assumed."""
        self.edges[number] = replace(self.edges[number], certain=False)

    def block(self, number: int, why: str) -> None:
        """Make an edge a hop that never happens."""
        self.edges[number] = replace(self.edges[number], blocked=why)

    def turn(self, node: int, kind: str) -> None:
        """Make a node one of another kind."""
        self._kinds[self.nodes[node].kind].remove(node)
        self.nodes[node].kind = kind
        self._kinds.setdefault(kind, []).append(node)

    def connect(
        self,
        source: int,
        target: int,
        kind: str,
        place: Place | None = None,
        *,
        certain: bool = True,
        loss: str = "",
        blocked: str = "",
        label: str = "",
    ) -> None:
        """A new edge, unless the same one is there."""
        key = (source, target, kind, loss, blocked)
        if key in self._known:
            return
        self._known.add(key)
        self.outgoing[source].append(len(self.edges))
        self.incoming[target].append(len(self.edges))
        self.edges.append(Edge(source, target, kind, place, certain, loss, blocked, label))

    def turn_edge(self, number: int, kind: str) -> None:
        """Make an edge one of another kind."""
        self.edges[number] = replace(self.edges[number], kind=kind)

    # ---- selection ----------------------------------------------------------------------------------------------

    def with_role(self, *roles: str) -> list[int]:
        """Nodes that have one of the roles; `model.*` stands for all roles of an area."""
        found: set[int] = set()
        for role in roles:
            if role.endswith(".*"):
                for name, members in self._roles.items():
                    if name.startswith(role[:-1]):
                        found.update(members)
            else:
                found.update(self._roles.get(role, ()))
        return sorted(found)

    def of_kind(self, *kinds: str) -> list[int]:
        return sorted(n for kind in kinds for n in self._kinds.get(kind, ()))

    def successors(self, node: int, kinds: Collection[str]) -> Iterator[Edge]:
        return (self.edges[e] for e in self.outgoing[node] if self.edges[e].kind in kinds)

    def predecessors(self, node: int, kinds: Collection[str]) -> Iterator[Edge]:
        return (self.edges[e] for e in self.incoming[node] if self.edges[e].kind in kinds)

    def next_by_flow(self, nodes: Collection[int], *, back: bool = False) -> list[int]:
        """The nodes that the data of some nodes comes to next (or comes from), whatever busy values lie between."""

        def passes(edge: Edge) -> bool:
            here = edge.target if back else edge.source
            return here in nodes or self.nodes[here].kind == "value"

        reached = self.sweep(nodes, ("flow",), back=back, allow=passes)
        return [n for n, number in reached.items() if number >= 0 and self.nodes[n].kind != "value"]

    # ---- sweeps -------------------------------------------------------------------------------------------------

    def sweep(
        self,
        starts: Iterable[int],
        kinds: Collection[str],
        *,
        back: bool = False,
        stop: Collection[int] = (),
        allow: Callable[[Edge], bool] | None = None,
    ) -> dict[int, int]:
        """Every node reached, with the edge it was first reached by (-1 for a start). `stop` nodes are reached but not passed."""
        reached: dict[int, int] = dict.fromkeys(sorted(starts), -1)
        queue = deque(reached)
        barrier = set(stop)
        while queue:
            node = queue.popleft()
            if node in barrier:
                continue
            for number in self.incoming[node] if back else self.outgoing[node]:
                edge = self.edges[number]
                if edge.kind not in kinds or (allow is not None and not allow(edge)):
                    continue
                following = edge.source if back else edge.target
                if following not in reached:
                    reached[following] = number
                    queue.append(following)
        return reached

    def path(self, reached: dict[int, int], node: int, *, back: bool = False) -> list[tuple[int, Edge | None]]:
        """The nodes from a start of the sweep to `node`, each with the edge that leads to it (from it, when swept back)."""
        hops: list[tuple[int, Edge | None]] = []
        current = node
        while True:
            number = reached[current]
            edge = self.edges[number] if number >= 0 else None
            hops.append((current, edge))
            if edge is None:
                break
            current = edge.target if back else edge.source
        return hops if back else hops[::-1]

    def steps(self, hops: Iterable[tuple[int, Edge | None]]) -> tuple[Step, ...]:
        """A path for the report. What is written stands where it is written: its own place may be that of a reader."""
        return tuple(self._step(self.nodes[n], e) for n, e in hops)

    def _step(self, node: Node, edge: Edge | None) -> Step:
        if edge is None:
            return Step(node.place, node.kind, node.label, "", True)
        place = edge.place or self.nodes[edge.source].place if edge.kind == "write" and edge.target == node.id else node.place
        return Step(place, node.kind, node.label, edge.kind, edge.certain)
