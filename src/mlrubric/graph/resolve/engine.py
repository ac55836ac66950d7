"""The worklist: the values of every operation, and the edges that the analysis finds on its way.

The analysis is flow-sensitive inside a function (use-definition chains) and context-insensitive between functions. Every
dependency that it finds (argument to parameter, return to call, attribute store to load) is kept, because the flow of data
follows the same edges. When nothing changes any more, a second round answers what only shows by absence: methods that nobody
calls, attributes that only `__getattr__` can give.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable

from mlrubric.graph.inputs import Inputs
from mlrubric.graph.program import Program
from mlrubric.graph.resolve import attributes, calls, containers, functions, implicit, names, texts
from mlrubric.graph.values import EMPTY, Value, Values, constant, join
from mlrubric.knowledge.catalogue import Catalogue
from mlrubric.knowledge.entries import Api

TRANSPARENT = frozenset({"phi", "boolean", "await", "assign", "conditional"})
CONSTANTS = frozenset({"text", "const"})
SPELLED = 16  # constants per operation; with more of them nothing is said
STEPS_PER_OP = 60


class Resolver:
    """Holds the values of every operation and the dynamic edges. Use `resolve()`."""

    def __init__(self, program: Program, catalogue: Catalogue, inputs: Inputs | None = None) -> None:
        self.program, self.catalogue, self.inputs = program, catalogue, inputs or Inputs()
        count = len(program.ops)
        self.values: list[Values] = [EMPTY] * count
        self.uses: list[list[int]] = [[] for _ in range(count)]
        self.targets: dict[int, set[Value]] = {}  # call -> what it calls
        self.foreign: dict[int, set[str]] = {}  # call -> names of libraries' methods that the catalogue does not have
        self.sources: dict[int, set[int]] = {}  # parameter -> operations handed to it
        self.results: dict[int, set[int]] = {}  # call -> return operations whose value it yields
        self.reads: dict[int, set[int]] = {}  # load or attribute -> definitions outside its own chain
        self.stores: dict[tuple[int, str], set[int]] = {}  # (class scope, attribute) -> stored values
        self.watchers: dict[tuple[int, str], set[int]] = {}
        self.items: dict[int, dict[object, set[int]]] = {}  # container -> key (None: any) -> values put into it later
        self.contents: dict[int, Values] = {}  # container -> values in it that no operation of its own yields
        self.item_watchers: dict[int, set[int]] = {}
        self.receivers: dict[int, set[Value]] = {}  # first parameter of a method -> what it is called on
        self.holders: dict[int, set[int]] = {}  # first parameter of a method -> operations that yield its receivers
        self.callers: dict[int, set[int]] = {}  # scope -> call operations
        self.class_of: dict[int, int] = {}  # method scope -> class scope
        self.spellings: dict[int, dict[int, tuple[tuple[str, ...], str]]] = {}  # parser -> declaration -> how it is written, its name
        self.declared: set[int] = set()  # parameters that options of a command line fill
        self.components: dict[int, str] = {}  # scope of a function that an orchestrator runs -> type of what calling it gives
        self.fields: dict[tuple[int, str], Values] = {}  # (class scope, field) -> values that no operation yields
        self.properties: set[int] = set()
        self.setters: set[int] = set()
        self.statics: set[int] = set()
        self.classmethods: set[int] = set()
        self.late = False
        self.orders: dict[int, tuple[tuple[int, ...], tuple[str, ...]]] = {}
        self._methods: dict[tuple[str, str], Api | None] = {}
        self._wide: set[int] = set()
        self._queue: deque[int] = deque(range(count))
        self._queued = bytearray(b"\x01") * count
        for op, args in enumerate(program.args):
            for arg in args:
                if arg >= 0:
                    self.uses[arg].append(op)
        for scope, facts in enumerate(program.scopes):
            parent = program.parent_scope(scope)
            if facts.kind == "function" and parent >= 0 and program.scopes[parent].kind == "class":
                self.class_of[scope] = parent
        self._bases = frozenset(b for op, facts in enumerate(program.ops) if facts.kind == "class" for b in program.args[op])
        self._kinds = [_RULES.get(facts.kind) for facts in program.ops]

    # ---- the worklist -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until nothing changes; the second time with what only shows by absence. What is made here stays: there is nothing to collect."""
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._settle()
            if not self.late:
                self.late = True
                for op in implicit.late(self):
                    self.push(op)
                self._settle()
        finally:
            if collecting:
                gc.enable()

    def _settle(self) -> None:
        queue, queued, values, uses, kinds = self._queue, self._queued, self.values, self.uses, self._kinds
        budget = STEPS_PER_OP * len(values)
        while queue and budget > 0:
            budget -= 1
            op = queue.popleft()
            queued[op] = 0
            rule = kinds[op]
            if rule is None:
                continue
            old = values[op]
            new = rule(self, op)
            if new and not new <= old:
                new = join(old, new)
                if op in self._wide or (len(new) > SPELLED and sum(v[0] in CONSTANTS for v in new) > SPELLED):
                    new = self._widened(op, new)
                if new != old:
                    values[op] = new
                    if op in self._bases:
                        self.orders.clear()
                    for use in uses[op]:
                        if not queued[use]:
                            queued[use] = 1
                            queue.append(use)

    def _widened(self, op: int, values: Values) -> Values:
        """Without its constants: a text that grows in a loop would never come to an end."""
        self._wide.add(op)
        return frozenset(v for v in values if v[0] not in CONSTANTS)

    def push(self, op: int) -> None:
        if not self._queued[op]:
            self._queued[op] = 1
            self._queue.append(op)

    def depend(self, source: int, target: int, edges: dict[int, set[int]]) -> None:
        """Make `target` follow `source` from now on, and remember the edge."""
        known = edges.setdefault(target, set())
        if source not in known:
            known.add(source)
            self.uses[source].append(target)
            self.push(target)

    def read(self, sources: Iterable[int], target: int) -> Values:
        """The values of operations that `target` follows from now on."""
        known = self.reads.get(target)
        if known is None:
            known = self.reads[target] = set()
        values = self.values
        found: list[Values] = []
        for source in sources:
            if source not in known:
                known.add(source)
                self.uses[source].append(target)
                self.push(target)
            if values[source]:
                found.append(values[source])
        return join(*found) if len(found) > 1 else found[0] if found else EMPTY

    def method(self, owner: str, name: str) -> Api | None:
        """What the catalogue says of a method."""
        key = (owner, name)
        if key not in self._methods:
            self._methods[key] = self.catalogue.method(owner, name)
        return self._methods[key]

    def of(self, op: int) -> Values:
        return self.values[op] if op >= 0 else EMPTY

    def target(self, op: int, value: Value) -> None:
        """Remember that an operation calls something."""
        known = self.targets.get(op)
        if known is None:
            self.targets[op] = {value}
        else:
            known.add(value)

    def mro(self, scope: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Project classes of the method resolution order and the names of library bases."""
        return attributes.order(self, scope)


def _constant(r: Resolver, op: int) -> Values:
    facts = r.program.ops[op]
    return EMPTY if facts.name in ("Ellipsis", "complex") else frozenset([constant(facts.value)])


def _through(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    return r.values[args[0]] if len(args) == 1 and args[0] >= 0 else join(*(r.values[a] for a in args if a >= 0))


def _conditional(r: Resolver, op: int) -> Values:
    return join(*(r.values[a] for a in r.program.args[op][1:] if a >= 0))


def _returned(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    return r.values[args[0]] if args else EMPTY


_RULES: dict[str, Callable[[Resolver, int], Values]] = {
    "const": _constant, "phi": _through, "boolean": _through, "await": _through, "conditional": _conditional,
    "assign": names.assigned, "load": names.load, "import": names.imported, "param": functions.parameter,
    "function": functions.function, "lambda": functions.function, "class": functions.class_, "call": calls.call,
    "attribute": attributes.attribute, "store_attribute": attributes.stored, "delete": implicit.deleted,
    "container": containers.made, "dict": containers.made, "comprehension": containers.made, "element": containers.element,
    "unpack": containers.unpacked, "subscript": containers.subscript, "store_subscript": containers.stored,
    "enter": implicit.entered, "raise": implicit.raised, "compare": implicit.compared,
    "unary": implicit.unary, "binary": texts.binary, "fstring": texts.fstring, "return": _returned, "yield": _returned,
}  # fmt: skip


def resolve(program: Program, catalogue: Catalogue, inputs: Inputs | None = None) -> Resolver:
    """Run the analysis to its end."""
    resolver = Resolver(program, catalogue, inputs)
    resolver.run()
    return resolver
