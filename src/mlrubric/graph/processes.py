"""Flow inside one process: values pass from call to call only between operations that one program can run; files carry them further.

The flow between functions does not know who called; what knows is the set of entry points that can reach an operation. A value keeps the
entry points that all operations on its way share; at a file, a stage, a service, or a task that is handed it, it starts anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable

from mlrubric.graph.graph import FLOWS, Graph
from mlrubric.graph.handover import HANDED
from mlrubric.model.graph import Edge

CODE = ("function", "module", "notebook", "test", "class")
PASSING = ("op", "value")  # what lies inside a process
ENTERS = ("call", "import", "declare")  # what one program enters, and the tasks that it declares: they hand values on
STEPS = 40


class Processes:
    """Entry points of each operation as bits; sweeps that respect them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.entries: dict[int, int] = {}
        self._spread()

    def _spread(self) -> None:
        graph = self.graph
        starts = [n for n in graph.of_kind(*CODE) if not any(graph.nodes[e.source].kind in CODE for e in graph.predecessors(n, ENTERS))]
        waiting = deque(starts)
        for index, node in enumerate(starts):
            self.entries[node] = 1 << index
        while waiting:
            node = waiting.popleft()
            bits = self.entries[node]
            for edge in graph.successors(node, ENTERS):
                known = self.entries.get(edge.target, 0)
                if bits & ~known:
                    self.entries[edge.target] = known | bits
                    waiting.append(edge.target)

    def of(self, node: int) -> int:
        """Entry points that run a node, all for what is no operation of code or has none."""
        return self.entries.get(node, -1) if self.graph.nodes[node].kind == "op" else -1

    def sweep(
        self,
        starts: Iterable[int],
        *,
        back: bool = False,
        stop: Iterable[int] = (),
        allow: Callable[[Edge], bool] | None = None,
        until: Collection[int] = (),
    ) -> dict[int, int]:
        """Nodes whose data reaches a start (`back`) or that its data reaches, with the edge by which they were first found (-1: a
        start). It ends early when it comes to one of `until` that is no start."""
        graph, barrier = self.graph, set(stop)
        shared: dict[int, int] = {}
        found: dict[int, int] = {}
        visits: dict[int, int] = {}
        waiting: deque[int] = deque()
        for start in sorted(starts):
            shared[start], found[start] = self.of(start), -1
            waiting.append(start)
        while waiting:
            node = waiting.popleft()
            if node in barrier and found[node] >= 0:
                continue
            for number in graph.incoming[node] if back else graph.outgoing[node]:
                edge = graph.edges[number]
                if edge.kind not in FLOWS or (allow is not None and not allow(edge)):
                    continue
                following = edge.source if back else edge.target
                anew = -1 if edge.label == HANDED else shared[node]
                bits = anew & self.of(following) if graph.nodes[following].kind in PASSING else -1
                known = shared.get(following, 0)
                if not bits or not bits & ~known or visits.get(following, 0) > STEPS:
                    continue
                shared[following] = known | bits if bits != -1 else -1
                visits[following] = visits.get(following, 0) + 1
                found.setdefault(following, number)
                if following in until and found[following] >= 0:
                    return found
                waiting.append(following)
        return found
