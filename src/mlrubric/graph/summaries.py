"""Summaries of functions for the flow of data: which arguments of a call come back in its result.

A value that enters a function by one call comes back by that call alone. So the flow keeps, for each call, edges from the arguments
that its callees give back to the call itself; recursion settles, because a bit that is set stays set (Reps, Horwitz and Sagiv 1995).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import TYPE_CHECKING

from mlrubric.graph.values import number

if TYPE_CHECKING:
    from mlrubric.graph.flow import Flow

LEAVING = frozenset({"return", "yield"})


class Summaries:
    """`across` and `back` are the edges argument -> call and call -> argument; ways through a `barrier` operation do not count."""

    def __init__(self, flow: Flow, barrier: Collection[int] = ()) -> None:
        self.across: dict[int, list[int]] = {}
        self.back: dict[int, list[int]] = {}
        self._flow, self._barrier = flow, barrier
        self._program = flow.program
        self._bits: dict[int, int] = {}  # operation -> parameters of its function that reach it
        self._queue: deque[int] = deque()
        self._known: set[tuple[int, int]] = set()
        sources = flow.resolver.sources
        for scope, callers in flow.resolver.callers.items():
            if callers:
                for index, parameter in enumerate(self._program.params(scope)):
                    if parameter in sources:
                        self._mark(parameter, 1 << index)
        self._settle()

    def _mark(self, op: int, bits: int) -> None:
        known = self._bits.get(op, 0)
        if bits & ~known:
            self._bits[op] = known | bits
            if op not in self._barrier:
                self._queue.append(op)

    def _settle(self) -> None:
        queue, forward, ops = self._queue, self._flow.forward, self._program.ops
        while queue:
            op = queue.popleft()
            bits = self._bits[op]
            if ops[op].kind in LEAVING:
                self._returned(op, bits)
            for following in forward[op]:
                self._mark(following, bits)
            for following in self.across.get(op, ()):
                self._mark(following, bits)

    def _returned(self, op: int, bits: int) -> None:
        """Parameters reach a return: so does every call of the function what it hands to them."""
        params = self._program.params(self._program.scope_id(op))
        for call in self._flow.resolver.callers.get(self._program.scope_id(op), ()):
            for index, parameter in enumerate(params):
                if bits >> index & 1 and (call, parameter) not in self._known:
                    self._known.add((call, parameter))
                    self._join(call, parameter)

    def _join(self, call: int, parameter: int) -> None:
        sources = self._flow.resolver.sources.get(parameter, ())
        for argument in self._handed(call):
            if argument in sources:
                self.across.setdefault(argument, []).append(call)
                self.back.setdefault(call, []).append(argument)
                bits = self._bits.get(argument, 0)
                if bits and argument not in self._barrier:
                    self._mark(call, bits)

    def _handed(self, call: int) -> list[int]:
        """What a call may hand over: its arguments, the object that its method is taken from, what a partial function has already."""
        args = self._program.args
        found = [a for a in args[call] if a >= 0]
        if self._program.ops[call].kind == "call" and found:
            found.extend(a for a in args[args[call][0]] if a >= 0)
            for value in self._flow.resolver.of(args[call][0]):
                if value[0] == "partial":
                    found.extend(a for a in args[number(value)][2:] if a >= 0)
        return found
