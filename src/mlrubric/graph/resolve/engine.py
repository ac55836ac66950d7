"""The worklist: the values of every operation, and the edges that the analysis finds on its way.

The analysis is flow-sensitive inside a function (use-definition chains) and context-insensitive between functions. Every
dependency that it finds (argument to parameter, return to call, attribute store to load) is kept, because the flow of data
follows the same edges. When nothing changes any more, a second round answers what only shows by absence: methods that nobody
calls, attributes that only `__getattr__` can give.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from mlrubric.graph.inputs import Inputs
from mlrubric.graph.program import ModuleUnit, Program
from mlrubric.graph.resolve import attributes, calls, containers, functions, implicit, names, order, texts
from mlrubric.graph.values import EMPTY, Value, Values, constant, join, number
from mlrubric.knowledge.catalogue import Catalogue
from mlrubric.knowledge.entries import Api

COPIES = frozenset({"phi", "boolean", "await", "return", "yield"})
UNSPELLED = frozenset({"Ellipsis", "complex"})  # constants that are no texts or numbers
STEPS_PER_OP = 60


class Resolver:
    """Holds the values of every operation and the dynamic edges. Use `resolve()`."""

    def __init__(self, program: Program, catalogue: Catalogue, inputs: Inputs | None = None, *, queue: bool = True) -> None:
        self.program, self.catalogue, self.inputs = program, catalogue, inputs or Inputs()
        count = len(program.ops)
        self.values: list[Values] = [EMPTY] * count
        self.uses: list[list[int]] = [[] for _ in range(count)]
        self.targets: dict[int, set[Value]] = {}  # call -> what it calls
        self.foreign: dict[int, set[str]] = {}  # call -> names of libraries' methods that the catalogue does not have
        self.sources: dict[int, set[int]] = {}  # parameter -> operations handed to it
        self.results: dict[int, set[int]] = {}  # call -> return operations whose value it yields
        self.loads: dict[int, set[int]] = {}  # call that loads an object from a file -> operations that were saved there
        self.reads: dict[int, set[int]] = {}  # load or attribute -> definitions outside its own chain
        self.stores: dict[tuple[int, str], set[int]] = {}  # (class scope, attribute) -> stored values
        self.watchers: dict[tuple[int, str], set[int]] = {}
        self.items: dict[int, dict[object, set[int]]] = {}  # container -> key (None: any) -> values put into it later
        self.contents: dict[int, Values] = {}  # container -> values in it that no operation of its own yields
        self.item_watchers: dict[int, set[int]] = {}
        self.receivers: dict[int, set[Value]] = {}  # first parameter of a method -> what it is called on
        self.holders: dict[int, set[int]] = {}  # first parameter of a method -> operations that yield its receivers
        self.entered: dict[int, set[Value]] = {}  # call -> functions whose parameters follow its arguments already
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
        self.slots: dict[tuple[int, str], int] = {}  # (class scope, attribute) -> the operation that stands for it
        self._slots_of: dict[int, list[int]] = {}
        self.late = False
        self.asked = any(facts.kind == "class" and int(facts.extra[0]) for facts in program.ops if isinstance(facts.extra, tuple))
        self.rebound = frozenset(name for _, name in program.rebound)  # variables that some function binds for an outer scope
        self.records: set[int] = set()  # calls that make a named tuple
        self.wrapped: set[int] = set()  # functions and classes with a decorator of a library
        self.signatures: dict[tuple[int, ...], tuple[tuple[int, ...], int]] = {}  # parameters -> the positional ones, the starred one
        self.answers: dict[tuple[int | str, ...], tuple[int, ...]] = {}  # class with its library bases -> methods that a library asks
        self.heirs: dict[int, list[int]] = {}  # class -> its subclasses, known in the late round
        self.orders: dict[int, tuple[tuple[int, ...], tuple[str, ...]]] = {}
        self.below: dict[int, set[int]] = {}  # class -> the classes in whose order it stands
        self.arithmetic: dict[str, bool] = {}  # types of libraries -> whether operators give the type again
        self._methods: dict[tuple[str, str], Api | None] = {}
        self._attributes: dict[tuple[str, str], str] = {}
        self._kinds = [_RULES.get(facts.kind, _nothing) for facts in program.ops]
        for op, args in enumerate(program.args):
            for arg in args:
                if arg >= 0:
                    self.uses[arg].append(op)
        for scope, facts in enumerate(program.scopes):
            parent = program.parent_scope(scope)
            if facts.kind == "function" and parent >= 0 and program.scopes[parent].kind == "class":
                self.class_of[scope] = parent
        self._bases = {
            base: int(str(facts.value)) + program.unit(op).scope_base
            for op, facts in enumerate(program.ops)
            if facts.kind == "class"
            for base in program.args[op]
        }
        self.unasked = functions.unasked(self)
        decorated = {facts.name for facts in program.ops if facts.kind == "function" and facts.extra}
        self.fixtures = frozenset(name for name in decorated if catalogue.fixture(name))  # the project's own instead of a plug-in's
        self._copies = self._plain_copies()
        self._queued = bytearray(b"\x01") * count  # what never waits in the queue counts as queued
        self._queue: deque[int] = deque()
        self.resolved = frozenset(range(len(program.modules)))  # the modules that were resolved anew
        for op, rule in enumerate(self._kinds):
            if rule is not _nothing and not self._copies[op]:
                self._queued[op] = 0
        for unit in order.importing_last(program) if queue else ():
            self.queue(unit)

    def callees(self, call: int) -> list[int]:
        """The functions of the project that a call runs, in order."""
        return sorted(number(t) for t in self.targets.get(call, ()) if t[0] in ("function", "callback"))

    def held(self, op: int) -> frozenset[int]:
        """The definitions that a variable or attribute may hold."""
        kind = self.program.ops[op].kind if op >= 0 else ""
        own = self.program.args[op] if kind == "load" else ()
        return frozenset((*own, *self.reads.get(op, ()))) if kind in ("load", "attribute") else frozenset()

    def queue(self, unit: ModuleUnit) -> None:
        """All operations of a module get a turn; constants have their values at once."""
        queued, end = self._queued, unit.base + len(unit.facts.ops)
        self._queue.extend([op for op in range(unit.base, end) if not queued[op]])
        queued[unit.base : end] = b"\x01" * (end - unit.base)
        for op, facts in enumerate(unit.facts.ops, unit.base):
            if facts.kind == "const" and facts.name not in UNSPELLED:
                self._give(op, frozenset([constant(facts.value)]))

    def grow(self) -> None:
        """Room for slots that the program has got."""
        for _ in range(len(self.program.ops) - len(self.values)):
            self.values.append(EMPTY)
            self.uses.append([])
            self._kinds.append(attributes.slot)
            self._queued.append(0)
            self._copies.append(0)

    def _plain_copies(self) -> bytearray:
        """Operations whose value is that of their one argument, always: they take it over without a turn of their own."""
        copies = bytearray(len(self.program.ops))
        for op, facts in enumerate(self.program.ops):
            args = self.program.args[op]
            if len(args) != 1 or args[0] < 0 or op in self._bases:
                continue
            if facts.kind == "load":
                rebound = self.program.rebound and (self.program.scope_id(op), facts.name) in self.program.rebound
                copies[op] = facts.extra != 1 and not rebound
            elif facts.kind == "assign":
                copies[op] = not isinstance(facts.extra, int) or isinstance(facts.extra, bool) or facts.extra < 0
            else:
                copies[op] = facts.kind in COPIES
        return copies

    # ---- the worklist -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until nothing changes; the second time with what only shows by absence."""
        self.settle()
        if not self.late:
            self.late = True
            for op in implicit.late(self):
                self.push(op)
            self.settle()

    def settle(self) -> None:
        queue, queued, values, kinds = self._queue, self._queued, self.values, self._kinds
        budget = STEPS_PER_OP * len(values)
        while queue and budget > 0:
            budget -= 1
            op = queue.popleft()
            queued[op] = 0
            old = values[op]
            new = kinds[op](self, op)
            if new and not new <= old:
                new = join(old, new)
                if new != old:
                    self._give(op, new)
                    if op in self._bases:
                        self._reorder(self._bases[op])

    def _give(self, op: int, new: Values) -> None:
        """An operation has a new value: so have its copies, and what else follows it gets a turn."""
        queue, queued, values, uses, copies = self._queue, self._queued, self.values, self.uses, self._copies
        todo = [op]
        while todo:
            op = todo.pop()
            values[op] = new
            for use in uses[op]:
                if not queued[use]:
                    queued[use] = 1
                    queue.append(use)
                elif copies[use] and values[use] is not new:
                    todo.append(use)

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
            if values[source]:
                found.append(values[source])
        return join(*found) if len(found) > 1 else found[0] if found else EMPTY

    def follow(self, source: int, target: int) -> Values:
        """The values of one operation that `target` follows from now on."""
        known = self.reads.get(target)
        if known is None:
            self.reads[target] = {source}
            self.uses[source].append(target)
        elif source not in known:
            known.add(source)
            self.uses[source].append(target)
        return self.values[source]

    def method(self, owner: str, name: str) -> Api | None:
        """What the catalogue says of a method."""
        key = (owner, name)
        if key not in self._methods:
            self._methods[key] = self.catalogue.method(owner, name)
        return self._methods[key]

    def typed_attribute(self, owner: str, name: str) -> str:
        """The type that the catalogue gives an attribute of a library's module or class, "" when it says nothing."""
        key = (owner, name)
        if key not in self._attributes:
            self._attributes[key] = self.catalogue.attribute(self.catalogue.canonical(owner), name)
        return self._attributes[key]

    def slot(self, scope: int, name: str) -> int:
        """The operation that stands for an attribute of a class."""
        known = self.slots.get((scope, name))
        if known is None:
            known = self.program.add_slot(scope, name)
            self.keep_slot(scope, name, known)
            self.grow()
            self.values[known] = attributes.slot(self, known)
        return known

    def keep_slot(self, scope: int, name: str, op: int) -> None:
        self.slots[scope, name] = op
        self._slots_of.setdefault(scope, []).append(op)

    def _reorder(self, scope: int) -> None:
        """A base of a class has become known: the orders that it stands in, and what follows from them, are looked up again."""
        for known in sorted(self.below.pop(scope, ())):
            if self.orders.pop(known, None) is not None:
                for slot in self._slots_of.get(known, ()):
                    self.push(slot)

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


def _nothing(r: Resolver, op: int) -> Values:
    return EMPTY


def _through(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    return r.values[args[0]] if len(args) == 1 and args[0] >= 0 else join(*(r.values[a] for a in args if a >= 0))


def _conditional(r: Resolver, op: int) -> Values:
    return join(*(r.values[a] for a in r.program.args[op][1:] if a >= 0))


def _returned(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    return r.values[args[0]] if args else EMPTY


_RULES: dict[str, Callable[[Resolver, int], Values]] = {
    "slot": attributes.slot, "phi": _through, "boolean": _through, "await": _through, "conditional": _conditional,
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
