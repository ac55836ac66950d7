"""Sweeps over the flow of data that respect calls: a way that has entered a function by a call does not leave it by another.

Forward, a way first leaves functions and then enters them; what it passes of a call in between is in the summaries. Attributes, free
variables and values that a framework hands on outlive calls: behind them a way may leave again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from mlrubric.graph.summaries import Summaries

if TYPE_CHECKING:
    from mlrubric.graph.flow import Flow

UP, DOWN, OVER = 1, 2, 3
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
    bits_of = [0] * len(flow.forward)  # the lower half may still leave, the upper half has entered a function
    queue = deque(sorted(labels))
    queued = set(queue)
    for op, own in labels.items():
        bits_of[op] |= own
    barred = {op: bits | bits << width for op, bits in block.items()}
    most = ~(stopped | stopped << width)

    def give(following: int, out: int) -> None:
        if out & ~bits_of[following]:
            bits_of[following] |= out
            if following not in queued:
                queued.add(following)
                queue.append(following)

    while queue:
        op = queue.popleft()
        queued.discard(op)
        out = bits_of[op] & ~barred.get(op, 0)
        for following in flow.forward[op]:
            if out & ~bits_of[following]:
                give(following, out)
        for following in every.get(op, ()):
            give(following, out if following in through.get(op, ()) else out & most)
        for following, kind in flow.jumps.get(op, ()):
            if kind == UP:
                give(following, out & free)
            elif kind == DOWN:
                give(following, (out & free | out >> width) << width)
            else:
                give(following, out & free | out >> width)
    return [bits & free | bits >> width for bits in bits_of]
