"""Everything that a call leads to, function by function, with the arguments of the calls on the way.

A function under one context is a node, a call that stands in it an edge to what it enters. What a node leads to are the names of its
own calls and those of all nodes that it reaches: one sweep over the strongly connected parts, callees first, with a bit per name.
"""

from __future__ import annotations

from mlrubric.graph.layers.naming import callees
from mlrubric.graph.layers.sharpen import Context, Sharpener
from mlrubric.graph.values import number

Node = tuple[int, Context | None]


class Reach:
    """A function that is only handed to a library is entered, but not named. `names_of` gives the names of bits."""

    def __init__(self, sharpener: Sharpener) -> None:
        self.sharpener = sharpener
        self.resolver = sharpener.resolver
        self._bit: dict[str, int] = {}
        self._texts: list[str] = []
        self._named: dict[int, list[str]] = {}
        self._number: dict[Node, int] = {}
        self._own: list[int] = []  # node -> bits of the names of its own calls
        self._into: list[list[int]] = []  # node -> nodes that its calls enter
        self._calls: list[Node] = []
        self._all: list[int] = []  # node -> bits of everything; known for all nodes of `_calls`
        self._at: dict[tuple[int, Context | None], tuple[int, list[int]]] = {}
        self.calls_in: dict[int, list[int]] = {}
        for op in sorted({*self.resolver.targets, *self.resolver.foreign}):
            self.calls_in.setdefault(self.resolver.program.scope_id(op), []).append(op)

    def bits(self, op: int) -> int:
        """The names of everything that a call leads to."""
        own, into = self._call(op, None)
        self._grow()
        for node in into:
            own |= self._all[node]
        return own

    def names_of(self, bits: int) -> list[str]:
        """What bits stand for, sorted."""
        known = self._named.get(bits)
        if known is None:
            texts, left, found = self._texts, bits, []
            while left:
                low = left & -left
                found.append(texts[low.bit_length() - 1])
                left ^= low
            known = self._named[bits] = sorted(found)
        return known

    # ---- inside -------------------------------------------------------------------------------------------------

    def _call(self, op: int, context: Context | None) -> tuple[int, list[int]]:
        """The names that a call has of its own, and the nodes that it enters."""
        key = (op, context)
        known = self._at.get(key)
        if known is not None:
            return known
        targets = self.sharpener.targets(op, context)
        own = 0
        for name in callees(self.resolver, op, (t for t in targets if t[0] != "callback")):  # no call that stands there names it
            own |= 1 << self._bit_of(name)
        into = []
        for target in sorted(t for t in targets if t[0] in ("function", "callback")):
            scope = number(target)
            if target[0] == "function" or self._handed(op, scope):
                into.append(self._node(scope, self.sharpener.into(op, context, scope)))
        self._at[key] = (own, into)
        return own, into

    def _bit_of(self, name: str) -> int:
        bit = self._bit.get(name)
        if bit is None:
            bit = self._bit[name] = len(self._texts)
            self._texts.append(name)
        return bit

    def _node(self, scope: int, context: Context | None) -> int:
        key = (scope, context)
        known = self._number.get(key)
        if known is None:
            known = self._number[key] = len(self._calls)
            self._calls.append(key)
        return known

    def _grow(self) -> None:
        """What all nodes lead to, with those that have become known since."""
        first = len(self._all)
        if first == len(self._calls):
            return
        while len(self._own) < len(self._calls):
            scope, context = self._calls[len(self._own)]
            own, into = 0, []
            for op in self.calls_in.get(scope, ()):
                mine, entered = self._call(op, context)
                own |= mine
                into += entered
            self._own.append(own)
            self._into.append(list(dict.fromkeys(into)))
        self._all += [0] * (len(self._calls) - first)
        for part in components(self._into, first):
            bits = 0
            for node in part:
                bits |= self._own[node]
                for inner in self._into[node]:
                    bits |= self._all[inner]
            for node in part:
                self._all[node] = bits

    def _handed(self, op: int, scope: int) -> bool:
        """Whether a function is an argument of a call itself, or a method of an object that is; one in a list is kept for later."""
        if scope in self.resolver.class_of:
            return True
        arguments = self.resolver.program.args[op][1:]
        return any(v[0] == "partial" or (v[0] in ("function", "bound") and v[1] == scope) for a in arguments for v in self.resolver.of(a))


def components(edges: list[list[int]], first: int = 0) -> list[list[int]]:
    """The strongly connected parts of the nodes from `first` on (those before are done), each after all that it leads to (Tarjan)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    inside: set[int] = set()
    found: list[list[int]] = []
    for start in range(first, len(edges)):
        if start in order:
            continue
        order[start] = low[start] = len(order)
        stack.append(start)
        inside.add(start)
        path = [(start, iter(edges[start]))]
        while path:
            node, following = path[-1]
            for inner in following:
                if inner < first:
                    continue
                if inner not in order:
                    order[inner] = low[inner] = len(order)
                    stack.append(inner)
                    inside.add(inner)
                    path.append((inner, iter(edges[inner])))
                    break
                if inner in inside:
                    low[node] = min(low[node], order[inner])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    part: list[int] = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                        inside.discard(part[-1])
                    found.append(part)
    return found
