"""Calls seen from where they stand: which of the possible callees are meant, given the arguments of the calls on the way.

The resolver knows one set of values per operation, whoever calls. Here one operation is looked at again under a context, the chain of
calls through which its function was entered: a parameter has the value of that call's argument, an item of a known key is that item.
The answer is never more than the resolver's, and the resolver's where the context says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.layers.stores import Stores
from mlrubric.graph.resolve import Resolver
from mlrubric.graph.resolve.attributes import order
from mlrubric.graph.resolve.calls import Arguments, arguments_of
from mlrubric.graph.resolve.containers import SPREAD, entries
from mlrubric.graph.resolve.names import lookup
from mlrubric.graph.values import EMPTY, Value, Values, keys_of, number

STEPS = 200  # operations that are looked at for one answer
DEEPEST = 20  # calls on the way into a function, for what it returns
MOST_CONTEXTS = 16  # ways into one function that are told apart
SEEN_THROUGH = frozenset({"phi", "boolean", "await"})
OWN = frozenset({"function", "bound", "class", "instance"})


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """The call through which a function was entered, and the context of that call; there is one object of each, see `Sharpener.context`."""

    call: int
    outer: Context | None
    depth: int


class Sharpener:
    """Answers for one call at a time. `closed`: the calls that are seen are all there are, so that a default which none of them leaves to
    stand does not count."""

    def __init__(self, resolver: Resolver, *, closed: bool = False) -> None:
        self.resolver = resolver
        self.closed = closed
        self.program = resolver.program
        self.stores = Stores(self)
        self._steps = 0
        self._open: set[tuple[int, Context | None]] = set()
        self._sensitive: set[int] | None = None
        self._contexts: dict[tuple[int, Context | None], Context] = {}
        self._answers: dict[tuple[int, Context | None], Values] = {}  # of questions of their own, and on the way where they are whole
        self._entered: dict[int, dict[tuple[Values, ...], Context]] = {}  # function -> what it is given -> the first such context
        self._cut = 0  # places where an answer went no further
        self.asked = 0  # operations that were looked at

    def context(self, call: int, outer: Context | None) -> Context:
        key = (call, outer)
        known = self._contexts.get(key)
        if known is None:
            known = self._contexts[key] = Context(call, outer, 1 + (outer.depth if outer is not None else 0))
        return known

    def targets(self, op: int, context: Context | None = None) -> frozenset[Value]:
        """What a call enters under a context."""
        known = frozenset(self.resolver.targets.get(op, ()))
        if len(known) < 2 or self.program.ops[op].kind != "call":
            return known
        callees = self.fresh(self.program.args[op][0], context)
        if any(v[0] not in OWN for v in callees):
            return known
        kept = frozenset(t for t in known if t[0] == "callback" or any(self._leads(v, t) for v in callees))
        return kept or known

    def into(self, call: int, outer: Context | None, scope: int) -> Context | None:
        """The context in which a call enters a function. Calls that give it the same values share one, and there is none where they
        give it nothing more particular than all calls together, or where too many give it different things."""
        if not self.sensitive(scope):
            return None
        open_ = [p for p in self.program.params(scope) if len(self.resolver.of(p)) > 1]
        if not open_:
            return None
        inner = self.context(call, outer)
        given = tuple(self.fresh(p, inner) for p in open_)
        if all(values == self.resolver.of(p) for p, values in zip(open_, given, strict=True)):
            return None
        known = self._entered.setdefault(scope, {})
        if given not in known and len(known) >= MOST_CONTEXTS:
            return None
        return known.setdefault(given, inner)

    def sensitive(self, scope: int) -> bool:
        """Whether it matters through which call a function was entered: one of its calls, or of those that they enter, has a choice."""
        if self._sensitive is None:
            self._sensitive = self._find_sensitive()
        return scope in self._sensitive

    def _find_sensitive(self) -> set[int]:
        callers: dict[int, set[int]] = {}
        waiting: list[int] = []
        for op, targets in self.resolver.targets.items():
            scope = self.program.scope_id(op)
            if len(targets) > 1:
                waiting.append(scope)
            for target in targets:
                if target[0] in ("function", "callback"):
                    callers.setdefault(number(target), set()).add(scope)
        found: set[int] = set()
        while waiting:
            scope = waiting.pop()
            if scope not in found:
                found.add(scope)
                waiting.extend(callers.get(scope, ()))
        return found

    def _leads(self, callee: Value, target: Value) -> bool:
        """Whether a call of this value is one of the ways to the target."""
        kind = callee[0]
        if kind in ("function", "bound"):
            return target == ("function", callee[1])
        if target[0] == "class":
            return target[1] == callee[1]
        if target[0] == "function":
            owner = self.resolver.class_of.get(number(target), -1)
            return owner in order(self.resolver, number(callee))[0] or "metaclass" in self._metaclass(owner)
        return kind == "class" and target[0] == "method" and target[1] in order(self.resolver, number(callee))[1]

    def _metaclass(self, owner: int) -> str:
        """ "metaclass" for a class that has classes as its instances."""
        return "metaclass" if owner >= 0 and "builtins.type" in order(self.resolver, owner)[1] else ""

    # ---- values under a context ---------------------------------------------------------------------------------

    def fresh(self, op: int, context: Context | None) -> Values:
        """The values of an operation under a context, as a question of its own."""
        if len(known := self.resolver.of(op)) < 2:
            return known
        key = (op, context)
        answer = self._answers.get(key)
        if answer is None:
            self._steps = 0
            self._open.clear()
            answer = self._answers[key] = self.values(op, context)
            self.asked += self._steps
        return answer

    def values(self, op: int, context: Context | None) -> Values:
        """The values of an operation under a context; the resolver's where nothing more is known."""
        known = self.resolver.of(op)
        self._steps += 1
        if len(known) < 2:
            return known
        key = (op, context)
        answer = self._answers.get(key)
        if answer is not None:
            return answer
        if self._steps > STEPS or key in self._open:
            self._cut += 1
            return known
        self._open.add(key)
        cut = self._cut
        found = self._values(op, context)
        self._open.discard(key)
        answer = (found & known or known) if found is not None else known
        if cut == self._cut:  # nothing was left out on the way
            self._answers[key] = answer
        return answer

    def _values(self, op: int, context: Context | None) -> Values | None:
        """None when a context has nothing to say."""
        facts, args = self.program.ops[op], self.program.args[op]
        if facts.kind == "load":
            return self._loaded(op, context)
        if facts.kind in SEEN_THROUGH or (facts.kind == "assign" and args and not facts.extra):
            return EMPTY.union(*(self.values(a, context) for a in args if a >= 0))
        if facts.kind == "conditional":
            return EMPTY.union(*(self.values(a, context) for a in args[1:]))
        if facts.kind == "param":
            return self._parameter(op, context)
        if facts.kind == "call":
            return self._called(op, context)
        if facts.kind == "attribute":
            return self._attribute(op, context)
        if facts.kind == "subscript" and len(args) > 1:
            return self._item(op, context)
        return None

    def _loaded(self, op: int, context: Context | None) -> Values | None:
        facts, args = self.program.ops[op], self.program.args[op]
        if not args and not facts.extra:  # a variable of the module is what its last definition makes it
            definitions = lookup(self.resolver, facts.name, op)
            if any(self.program.scopes[self.program.scope_id(d)].kind != "module" for d in definitions):
                return None
            return EMPTY.union(*(self.values(d, None) for d in definitions)) if definitions else None
        if facts.extra or (self.program.scope_id(op), facts.name) in self.program.rebound:
            return None
        return EMPTY.union(*(self.values(a, context) for a in args))

    def _parameter(self, op: int, context: Context | None) -> Values | None:
        scope = self.program.scope_id(op)
        if self.program.ops[op].value not in ("positional", "keyword"):
            return None
        if context is not None:
            return self._handed(op, scope, context.call, context.outer)
        calls = self.resolver.callers.get(scope, ())
        if not self.closed or not calls or self.resolver.receivers.get(op):
            return None
        found = [self._handed(op, scope, call, None) for call in sorted(calls)]
        return EMPTY.union(*(f for f in found if f is not None)) if None not in found else None

    def _handed(self, op: int, scope: int, call: int, outer: Context | None) -> Values | None:
        """What a call gives to a parameter of the function that it enters."""
        resolver, facts = self.resolver, self.program.ops[op]
        if self.program.ops[call].kind != "call" or ("function", scope) not in resolver.targets.get(call, ()):
            return None
        callee = self.program.args[call][0]
        ways = {v[0] for v in resolver.of(callee)} - {"method", "external", "foreign"}
        params = [p for p in self.program.params(scope) if self.program.ops[p].value == "positional"]
        shift = int(ways != {"function"})
        if not ways <= {"function", "bound", "class", "instance"} or len({w == "function" for w in ways}) != 1:
            return None
        if shift and params[:1] == [op]:
            return self._receivers(callee, scope, outer)
        arguments = arguments_of(resolver, call)
        if arguments.starred or arguments.keyword("**") >= 0 or (ways == {"bound"} and scope in resolver.statics):
            return None
        argument = _argument(arguments, params.index(op) - shift if op in params else -1, facts.name)
        if argument >= 0:
            return self.values(argument, outer)
        return EMPTY.union(*(self.values(a, None) for a in self.program.args[op] if a >= 0))

    def _receivers(self, callee: int, scope: int, outer: Context | None) -> Values:
        found: set[Value] = set()
        for value in self.values(callee, outer):
            if value[0] == "bound" and value[1] == scope and isinstance(value[2], tuple):
                found.add(value[2])
            elif value[0] in ("class", "instance"):
                found.add(("instance", value[1]))
        return frozenset(found)

    def _called(self, op: int, context: Context | None) -> Values | None:
        """What the functions return that a call enters."""
        found: set[Value] = set()
        if context is not None and context.depth > DEEPEST:
            return None
        for callee in self.values(self.program.args[op][0], context):
            if callee[0] == "class":
                found.add(("instance", callee[1]))
            elif callee[0] in ("function", "bound") and not self.program.scopes[number(callee)].is_generator:
                for returned in self.program.returns(number(callee)):
                    found |= self.values_of_return(returned, self.context(op, context))
            else:
                return None
        return frozenset(found)

    def values_of_return(self, returned: int, context: Context) -> Values:
        args = self.program.args[returned]
        return self.values(args[0], context) if args else EMPTY

    def _attribute(self, op: int, context: Context | None) -> Values | None:
        """Methods bound to the receivers that are meant; what was stored last, where that is sure."""
        owner = self.program.args[op][0]
        known = self.resolver.of(op)
        stored = self.stores.last(op, context)
        if stored is not None:
            return stored
        receivers = self.values(owner, context)
        if receivers == self.resolver.of(owner):
            return None
        classes = {v[1] for v in receivers if v[0] in ("instance", "class")}
        return frozenset(v for v in known if v[0] != "bound" or (isinstance(v[2], tuple) and v[2][1] in classes))

    def _item(self, op: int, context: Context | None) -> Values | None:
        args = self.program.args[op]
        keys = keys_of(self.values(args[1], context)) if args[1] >= 0 else []
        if not keys:
            return None
        last = self.stores.last_item(op, keys[0], context) if len(keys) == 1 else None
        if last is not None:
            return last
        found: set[Value] = set()
        for value in self.values(args[0], context):
            if value[0] != "made" or number(value) in self.resolver.contents:
                return None
            for known, items in entries(self.resolver, number(value)):
                if known == SPREAD:
                    return None
                if known is None or any(known == key and type(known) is type(key) for key in keys):
                    found.update(v for item in items for v in self.resolver.of(item))
        return frozenset(found)


def _argument(arguments: Arguments, index: int, name: str) -> int:
    """The argument at a place or of a name, or -1."""
    return arguments.positional[index] if 0 <= index < len(arguments.positional) else arguments.keyword(name)
