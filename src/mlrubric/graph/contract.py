"""The flow of data between the operations that mean something: what lies between them is contracted to edges.

Busy places (a parameter that many calls fill, a return that many calls take, an attribute with many writers and readers) become nodes of
kind `value`, so that the number of edges grows with the program and not with its square.
"""

from __future__ import annotations

from collections import deque

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.summaries import LEAVING, Summaries
from mlrubric.graph.sweeps import DOWN, FREE, INSIDE, OVER, UP

BUSY = 8


def connect_flow(graph: Graph, code: Code) -> None:
    """For every meaningful operation, the next meaningful operations (or busy places) that its value reaches."""
    flow = code.flow
    marked = dict(code.op_node)
    conditions: dict[int, list[int]] = {}
    for node, check in code.check_of.items():
        for condition in check.conditions:
            conditions.setdefault(condition, []).append(node)
    useful = _leading_to(code, [*marked, *conditions])
    values = _busy(graph, code, useful)
    across = Summaries(flow, marked).across
    for start, source in sorted((*marked.items(), *values.items())):
        if not useful[start]:
            continue
        first = INSIDE if start in values and code.program.ops[start].kind == "param" else FREE
        states = {start: first}
        queue = deque([(start, first)])
        while queue:
            op, state = queue.popleft()
            for node in conditions.get(op, ()):
                if node != source:
                    graph.connect(source, node, "flow")
            ways = [(following, state) for following in flow.forward[op]]
            ways += [(following, state) for following in across.get(op, ())]
            for following, kind in flow.jumps.get(op, ()):
                if kind == DOWN:
                    ways.append((following, INSIDE))
                elif kind == OVER or state == FREE:
                    ways.append((following, FREE))
            for following, then in ways:
                known = states.get(following, 0)
                if known & (then | FREE) or not useful[following]:
                    continue
                states[following] = known | then
                target = marked.get(following)
                if target is None and _is_busy(code, following, then):
                    target = values.get(following)
                if target is None:
                    queue.append((following, then))
                elif target != source:
                    graph.connect(source, target, "flow")
                    for node in conditions.get(following, ()):
                        if node != target:
                            graph.connect(target, node, "flow")


def _leading_to(code: Code, goals: list[int]) -> bytearray:
    """Operations from which some way, whatever calls it passes, leads to a goal."""
    flow = code.flow
    leading = bytearray(len(flow.backward))
    todo = goals
    for goal in goals:
        leading[goal] = 1
    while todo:
        op = todo.pop()
        for before in (*flow.backward[op], *(source for source, _ in flow.jumps_back.get(op, ()))):
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


def _is_busy(code: Code, op: int, state: int) -> bool:
    """Whether a way that comes to a busy place goes on there as all others do: a parameter is entered, a return or an attribute left."""
    return state == INSIDE if code.program.ops[op].kind == "param" else state == FREE
