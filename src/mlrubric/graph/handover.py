"""Values that an orchestrator hands from task to task: what one task gives reaches what another takes, whatever process runs them.

The edges between operations carry `HANDED`: a sweep that keeps to one process starts anew behind them, as it does at a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlrubric.graph.order import Order
from mlrubric.graph.sweeps import OVER
from mlrubric.graph.world import World

HANDED = "handed over"
TAKEN = ("param", "call")  # what takes a value inside the task, not where tasks are declared


@dataclass(frozen=True, slots=True)
class Handover:
    """The operations whose values are given, those that take them, and the operation that says so."""

    given: tuple[int, ...]
    taken: tuple[int, ...]
    said: int


def hand_over(world: World, handovers: Sequence[Handover]) -> None:
    """Connect all of them in the flow of data, then the operations with roles around each. What a function gives only behind a check that
    looks at the same data comes from the check: no task follows when it fails."""
    code, graph = world.code, world.graph
    for one in handovers:
        for source in one.given:
            for target in one.taken:
                if target not in code.flow.after(source):
                    code.flow.jump(source, target, OVER)
                    code.flow.handed.add((source, target))
                if code.program.ops[target].kind in TAKEN:
                    code.tasks.follow(code.program.scope_id(target), code.program.scope_id(source))
    if not handovers:
        return
    decided: dict[int, list[int]] = {}
    for node, check in code.check_of.items():
        for condition in check.conditions:
            decided.setdefault(condition, []).append(node)
    checks = {code.check_of[node].conditions[0] if code.check_of[node].conditions else code.node_op[node]: node for node in code.check_of}
    order = Order(code, checks)
    seen: dict[int, dict[int, int]] = {}
    for one in handovers:
        after = _nearest(world, one.taken, decided)
        for given in one.given:
            passed = [checks[op] for op in order.passed(given)]
            for source in sorted(_nearest(world, (given,), {}, back=True)):
                looking = [c for c in passed if _looks_at(world, c, source, seen)]
                for start in looking or [source]:  # what a task gives when its checks have passed has passed them
                    for target in sorted(after - {start}):
                        graph.connect(start, target, "flow", code.place(one.said), label=HANDED)


def _looks_at(world: World, check: int, source: int, seen: dict[int, dict[int, int]]) -> bool:
    """Whether the value of an operation flows into a check; `seen` keeps what does, by check."""
    code = world.code
    if check not in seen:
        seen[check] = code.flow.reach(code.check_of[check].conditions, back=True)
    return code.node_op.get(source) in seen[check]


def _nearest(world: World, starts: Iterable[int], decided: dict[int, list[int]], *, back: bool = False) -> set[int]:
    """The nodes of the next operations with roles, the starts included; and, of conditions on the way, the checks."""
    marked, flow = world.code.op_node, world.code.flow
    found: set[int] = set()
    seen = set(starts)
    waiting = deque(sorted(seen))
    while waiting:
        op = waiting.popleft()
        found.update(decided.get(op, ()))
        if op in marked:
            found.add(marked[op])
            continue
        for following in flow.before(op) if back else flow.after(op):
            if following not in seen and (op, following) not in flow.handed:  # the next task has a handover of its own
                seen.add(following)
                waiting.append(following)
    return found
