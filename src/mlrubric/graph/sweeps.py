"""Sweeps over the flow of data that respect calls: a way that has entered a function by a call does not leave it by another.

Forward, a way first leaves functions and then enters them; what it passes of a call in between is in the summaries. Attributes, free
variables and values that a framework hands on outlive calls: behind them a way may leave again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mlrubric.graph.summaries import Summaries

if TYPE_CHECKING:
    from mlrubric.graph.flow import Flow

UP, DOWN, OVER = 1, 2, 3
"""Jumps: from a return to a call, from an argument to a parameter, and through what outlives calls (attributes, free variables)."""
FREE, INSIDE = 1, 2
"""States of a way: it may still leave the function it is in, or it has entered it by a call that it would have to return to."""


def reach(
    flow: Flow, starts: Iterable[int], summaries: Summaries, *, back: bool = False, stop: Callable[[int], bool] | None = None
) -> dict[int, int]:
    """Every operation reached, with the one it was reached from (-1 for a start). A `stop` operation is reached but not passed."""
    plain = flow.backward if back else flow.forward
    jumps = flow.jumps_back if back else flow.jumps
    across = summaries.back if back else summaries.across
    entering = UP if back else DOWN
    reached = dict.fromkeys(starts, -1)
    states = dict.fromkeys(reached, FREE)
    queue = deque((op, FREE) for op in reached)
    while queue:
        op, state = queue.popleft()
        if stop is not None and reached[op] >= 0 and stop(op):
            continue
        for following in (*plain[op], *across.get(op, ())):
            known = states.get(following, 0)
            if not known & state and not known & FREE:
                states[following] = known | state
                reached.setdefault(following, op)
                queue.append((following, state))
        for following, kind in jumps.get(op, ()):
            if kind == OVER:
                then = FREE
            elif kind == entering:
                then = INSIDE
            elif state == FREE:
                then = FREE
            else:
                continue
            known = states.get(following, 0)
            if not known & then and not known & FREE:
                states[following] = known | then
                reached.setdefault(following, op)
                queue.append((following, then))
    return reached


def carry(flow: Flow, labels: Mapping[int, int], block: Mapping[int, int]) -> list[int]:
    """Bit sets carried forward until nothing changes: what flows into each operation, itself included; `block` are the bits that do not
    pass beyond an operation."""
    width = max((bits.bit_length() for bits in labels.values()), default=0)
    free = (1 << width) - 1
    stopped = 0
    for bits in block.values():
        stopped |= bits
    clear = Summaries(flow, {op for op, bits in block.items() if bits}) if block else flow.summaries
    every = flow.summaries.across
    through = clear.across
    barred = {op: bits | bits << width for op, bits in block.items()}
    most = ~(stopped | stopped << width)
    bits_of = [0] * len(flow.forward)  # the lower half may still leave, the upper half has entered a function
    for op, own in labels.items():
        bits_of[op] |= own
    order = _ahead(flow, sorted(labels), every)
    waiting = bytearray(len(flow.forward))
    for op in labels:
        waiting[op] = 1

    def give(following: int, out: int) -> bool:
        known = bits_of[following]
        if out | known == known:
            return False
        bits_of[following] = out | known
        waiting[following] = 1
        return True

    again = True
    while again:  # once, and once more for every depth of loops
        again = False
        for op in order:
            if not waiting[op]:
                continue
            waiting[op] = 0
            out = bits_of[op]
            if op in barred:
                out &= ~barred[op]
            for following in flow.forward[op]:
                known = bits_of[following]
                if out | known != known:
                    bits_of[following] = out | known
                    waiting[following] = 1
                    again = True
            for following in every.get(op, ()):
                again |= give(following, out if following in through.get(op, ()) else out & most)
            if op in flow.jumps:
                whole = out & free | out >> width
                for following, kind in flow.jumps[op]:
                    again |= give(following, out & free if kind == UP else whole << width if kind == DOWN else whole)
    return [bits & free | bits >> width for bits in bits_of]


def _ahead(flow: Flow, starts: Iterable[int], across: Mapping[int, list[int]]) -> list[int]:
    """All that the starts may reach, each before what follows it, but for loops: a depth-first order."""
    seen = bytearray(len(flow.forward))
    left: list[int] = []
    for start in starts:
        if seen[start]:
            continue
        seen[start] = 1
        open_ = [(start, _following(flow, start, across))]
        while open_:
            op, following = open_[-1]
            for other in following:
                if not seen[other]:
                    seen[other] = 1
                    open_.append((other, _following(flow, other, across)))
                    break
            else:
                left.append(op)
                open_.pop()
    left.reverse()
    return left


def _following(flow: Flow, op: int, across: Mapping[int, list[int]]) -> Iterator[int]:
    plain = flow.forward[op]
    if op not in flow.jumps and op not in across:
        return iter(plain)
    return iter((*plain, *across.get(op, ()), *(to for to, _ in flow.jumps.get(op, ()))))
