"""The flow of data between the operations that mean something: what lies between them is contracted to edges.

Busy places (a parameter that many calls fill, a return that many calls take, an attribute with many writers and readers) become nodes of
kind `value`, so that the number of edges grows with the program and not with its square.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.summaries import LEAVING, Summaries
from mlrubric.graph.sweeps import DOWN, FREE, INSIDE, OVER, UP

BUSY = 4  # calls, or a square of writers and readers, from which on a place is busy
Way = tuple[int, int, int]
"""The operation that follows, the state in which it is reached, and the node where the way ends, or -1."""


def connect_flow(graph: Graph, code: Code) -> None:
    """For every meaningful operation, the next meaningful operations (or busy places) that its value reaches."""
    conditions: dict[int, list[int]] = {}
    for node, check in code.check_of.items():
        for condition in check.conditions:
            conditions.setdefault(condition, []).append(node)
    ways = _Ways(graph, code, [*code.op_node, *conditions])
    for start, source in sorted((*code.op_node.items(), *ways.values.items())):
        if not ways.useful[start]:
            continue
        first = INSIDE if start in ways.values and code.program.ops[start].kind == "param" else FREE
        states = {start: first}
        queue = deque([(start, first)])
        while queue:
            op, state = queue.popleft()
            if op in conditions:
                for node in conditions[op]:
                    if node != source:
                        graph.connect(source, node, "flow")
            for following, then, target in ways.of(op, state):
                known = states.get(following, 0)
                if known & (then | FREE):
                    continue
                states[following] = known | then
                if target < 0:
                    queue.append((following, then))
                elif target != source:
                    graph.connect(source, target, "flow")
                    for node in conditions.get(following, ()):
                        if node != target:
                            graph.connect(target, node, "flow")


class _Ways:
    """The next steps of a way from an operation, each with its state and the node where it ends (-1: it goes on)."""

    def __init__(self, graph: Graph, code: Code, goals: list[int]) -> None:
        self.code = code
        self.useful = _leading_to(code, goals)
        self.values = _busy(graph, code, self.useful)
        self._across = Summaries(code.flow, code.op_node).across
        self._known: dict[tuple[int, int], list[Way]] = {}

    def of(self, op: int, state: int) -> list[Way]:
        known = self._known.get((op, state))
        if known is None:
            known = self._known[op, state] = [(to, then, self._end(to, then)) for to, then in self._steps(op, state) if self.useful[to]]
        return known

    def _steps(self, op: int, state: int) -> Iterator[tuple[int, int]]:
        flow = self.code.flow
        for following in (*flow.forward[op], *self._across.get(op, ())):
            yield following, state
        for following, kind in flow.jumps.get(op, ()):
            if (op, following) in flow.handed:  # these have their edges already
                continue
            if kind == DOWN:
                yield following, INSIDE
            elif kind == OVER or state == FREE:
                yield following, FREE

    def _end(self, op: int, state: int) -> int:
        """A meaningful operation, or a busy place where all ways go on as this one does: a parameter is entered, a return or an attribute
        left."""
        target = self.code.op_node.get(op, -1)
        if target < 0 and op in self.values and state == (INSIDE if self.code.program.ops[op].kind == "param" else FREE):
            return self.values[op]
        return target


def _leading_to(code: Code, goals: list[int]) -> bytearray:
    """Operations from which some way, whatever calls it passes, leads to a goal."""
    flow = code.flow
    leading = bytearray(len(flow.backward))
    todo = goals
    for goal in goals:
        leading[goal] = 1
    while todo:
        op = todo.pop()
        for before in flow.before(op):
            if not leading[before]:
                leading[before] = 1
                todo.append(before)
    return leading


def _busy(graph: Graph, code: Code, useful: bytearray) -> dict[int, int]:
    """A node for every busy place on the way of data."""
    program, flow = code.program, code.flow
    found: dict[int, int] = {}
    for op, facts in enumerate(program.ops):
        if not useful[op] or op in code.op_node:
            continue
        coming, going = flow.jumps_back.get(op, ()), flow.jumps.get(op, ())
        if (
            (facts.kind == "param" and sum(kind == DOWN for _, kind in coming) >= BUSY)
            or (facts.kind in LEAVING and sum(kind == UP for _, kind in going) >= BUSY)
            or (facts.kind == "slot" and len(coming) > 1 and len(coming) * len(going) >= BUSY * BUSY)
        ):
            found[op] = graph.add("value", facts.name or program.scopes[program.scope_id(op)].name, code.place(op))
    return found
