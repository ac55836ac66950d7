"""What a call does to values: which functions it may enter, what it binds, what it yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mlrubric.graph.resolve import attributes, components, containers, given, libraries, objects
from mlrubric.graph.resolve.annotations import PROMISE
from mlrubric.graph.values import EMPTY, Value, Values, join, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver


@dataclass(frozen=True, slots=True)
class Arguments:
    """The operations that a call hands over; -1 where an implicit call has none. `starred` are positions in `positional`."""

    positional: tuple[int, ...] = ()
    keywords: tuple[tuple[str, int], ...] = ()
    starred: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        return (*self.positional, *(a for _, a in self.keywords))

    def keyword(self, name: str) -> int:
        return next((a for n, a in self.keywords if n == name), -1)

    def get(self, index: int, name: str = "") -> int:
        """A positional argument, or the one of that name, or -1."""
        return self.positional[index] if index < len(self.positional) else self.keyword(name)


NOTHING = Arguments()
PLACEHOLDERS = frozenset({"builtins.NotImplemented", "builtins.Ellipsis", "builtins.__debug__"})  # they stand for what is stored later


def arguments_of(r: Resolver, op: int) -> Arguments:
    """The arguments of a call operation."""
    facts, args = r.program.ops[op], r.program.args[op]
    names = cast("tuple[str, ...]", facts.value) if isinstance(facts.value, tuple) else ()
    end = len(args) - len(names)
    keywords = tuple(zip(names, args[end:], strict=True)) if names else ()
    starred = tuple(int(s) - 1 for s in facts.extra) if isinstance(facts.extra, tuple) else ()
    return Arguments(args[1:end], keywords, starred)


def call(r: Resolver, op: int) -> Values:
    """The values of a call operation; records its targets. What has been entered is not entered again: its parameters follow the
    arguments by themselves, and only what it returns is asked for."""
    callees = r.values[r.program.args[op][0]]
    if not callees:
        if r.late:
            libraries.callbacks(r, op, r.program.args[op][1:])
        return EMPTY
    known = r.entered.get(op)
    arguments: Arguments | None = None
    found: list[Values] = []
    for callee in ordered(callees) if len(callees) > 1 else callees:
        if known is not None and callee in known:
            found.append(_returned(r, op, number(callee)))
            continue
        if arguments is None:
            arguments = arguments_of(r, op)
        found.append(invoke(r, op, callee, arguments))
        if callee[0] in ("function", "bound") and "**" not in cast("tuple[str, ...]", r.program.ops[op].value or ()):
            if known is None:
                known = r.entered[op] = set()
            known.add(callee)
    return found[0] if len(found) == 1 else join(*found)


def invoke(r: Resolver, op: int, callee: Value, arguments: Arguments) -> Values:
    """Enter one callee with these arguments."""
    kind = callee[0]
    if kind == "function":
        return enter(r, op, number(callee), None, arguments)
    if kind == "bound":
        return enter(r, op, number(callee), cast(Value, callee[2]), arguments)
    if kind == "class":
        return _construct(r, op, callee, arguments)
    if kind == "instance":
        return _called(r, op, callee, arguments)
    if kind == "partial":
        bound = arguments_of(r, number(callee))
        r.read(bound.all, op)
        whole = Arguments((*bound.positional[1:], *arguments.positional), (*bound.keywords, *arguments.keywords))
        found = [invoke(r, op, v, whole) for v in ordered(r.of(bound.positional[0])) if v != callee]
        return join(*found) if found else EMPTY
    if kind == "handle":
        return join(invoke(r, op, cast(Value, callee[1]), arguments), frozenset([callee]))
    if kind == "object":
        return _called_object(r, op, str(callee[1]), arguments)
    if kind == "record":
        return containers.recorded(r, op, callee, arguments)
    if kind == "external" and callee[1] not in PLACEHOLDERS:
        return libraries.function(r, op, str(callee[1]), arguments)
    if kind == "method":
        return libraries.method(r, op, callee, arguments)
    if kind == "foreign":
        r.foreign.setdefault(op, set()).add(str(callee[1]))
        libraries.callbacks(r, op, arguments.all)
    return EMPTY


def wrap(r: Resolver, op: int, decorator: Value, wrapped: Values) -> Values:
    """Call a decorator with the values that it decorates; the definition `op` is what hands them over."""
    if decorator[0] == "partial":
        return invoke(r, op, decorator, Arguments((op,)))
    result = invoke(r, op, decorator, NOTHING)
    entered = [(number(decorator), decorator[0] == "bound")] if decorator[0] in ("function", "bound") else []
    if decorator[0] in ("class", "instance"):
        name = "__init__" if decorator[0] == "class" else "__call__"
        found = attributes.class_attribute(r, number(decorator), name, op)
        entered = [(number(m), True) for m in ordered(found) if m[0] == "function"]
    for scope, bound in entered:
        for parameter in r.program.params(scope)[int(bound) :][:1]:
            receive(r, parameter, wrapped)
            r.holders.setdefault(parameter, set()).add(op)
            r.depend(op, parameter, r.sources)
            if r.program.ops[parameter].value == "*":
                containers.fill(r, parameter, wrapped)
    return result


def method_call(r: Resolver, op: int, receiver: Value, name: str, arguments: Arguments = NOTHING) -> Values | None:
    """Call a method that a protocol asks for; None when the class of the receiver does not define it in the project."""
    scope = number(receiver)
    if not attributes.has(r, scope, name):
        return None
    found = [
        enter(r, op, number(m), receiver, arguments) if number(m) not in r.statics else enter(r, op, number(m), None, arguments)
        for m in ordered(attributes.class_attribute(r, scope, name, op))
        if m[0] == "function"
    ]
    return join(*found) if found else EMPTY


def _construct(r: Resolver, op: int, callee: Value, arguments: Arguments) -> Values:
    scope = number(callee)
    r.target(op, callee)
    instance: Value = ("instance", scope)
    made = method_call(r, op, ("class", scope), "__new__", arguments)
    if method_call(r, op, instance, "__init__", arguments) is None:
        _fields(r, scope, arguments)
        for library in attributes.order(r, scope)[1][:1]:
            if r.catalogue.type(library) is not None:
                r.target(op, ("method", library, "__init__"))
    if r.program.definition(scope) >= 0 and "metaclass" in _keywords(r, scope):
        _meta(r, op, scope, arguments)
    return frozenset([instance]) | frozenset(v for v in made or EMPTY if v[0] == "instance")


def _keywords(r: Resolver, scope: int) -> tuple[str, ...]:
    extra = r.program.ops[r.program.definition(scope)].extra
    return tuple(extra[1]) if isinstance(extra, tuple) else ()


def _meta(r: Resolver, op: int, scope: int, arguments: Arguments) -> None:
    definition = r.program.definition(scope)
    extra = cast("tuple[int, tuple[str, ...], int]", r.program.ops[definition].extra)
    keyword = r.program.args[definition][extra[0] + extra[1].index("metaclass")]
    for value in ordered(r.read((keyword,), op)):
        if value[0] == "class":
            method_call(r, op, ("instance", number(value)), "__call__", arguments)


def _fields(r: Resolver, scope: int, arguments: Arguments) -> None:
    """A class without `__init__` (a data class, a named tuple, a model of settings) keeps its arguments under the names of its fields."""
    for name, argument in arguments.keywords:
        if name != "**":
            attributes.put(r, scope, name, argument)
        else:
            for field, values in (e for v in ordered(r.of(argument)) for e in given.named(r, argument, v)):
                attributes.put_values(r, scope, field, values)
    if arguments.positional and not arguments.starred:
        fields: dict[str, None] = {}
        for owner in reversed(attributes.order(r, scope)[0]):
            fields.update((name, None) for name in r.program.fields(owner))
        for name, argument in zip(fields, arguments.positional, strict=False):
            attributes.put(r, scope, name, argument)


def _called(r: Resolver, op: int, callee: Value, arguments: Arguments) -> Values:
    """An instance that is called: `__call__`; of a library's module or layer, what its `__call__` leads to."""
    found = method_call(r, op, callee, "__call__", arguments)
    outer = attributes.order(r, number(callee))[1] if found is None else ()
    if outer:
        results = [v for name in ("forward", "call") if (v := method_call(r, op, callee, name, arguments)) is not None]
        owner = next((library for library in outer if r.method(library, "__call__") is not None), "") if not results else ""
        return _called_object(r, op, owner, arguments) if owner else join(*results, EMPTY)
    return found or EMPTY


def _called_object(r: Resolver, op: int, owner: str, arguments: Arguments) -> Values:
    """An instance of a library's class that is called."""
    api = r.method(owner, "__call__")
    if api is None:
        return EMPTY
    r.target(op, ("method", owner, "__call__"))
    libraries.callbacks(r, op, arguments.all)
    return objects.result(r, api, owner, arguments)


def enter(r: Resolver, op: int, scope: int, receiver: Value | None, arguments: Arguments) -> Values:
    """Bind arguments to the parameters of a project function and take what it returns."""
    program = r.program
    r.target(op, ("function", scope))
    r.callers.setdefault(scope, set()).add(op)
    params = program.params(scope)
    if params:
        _bind(r, op, params, receiver, arguments)
    for returned in program.returns(scope):
        r.depend(returned, op, r.results)
    return _returned(r, op, scope)


def _returned(r: Resolver, op: int, scope: int) -> Values:
    """What a function gives back, as far as it is known by now."""
    program = r.program
    facts = program.scopes[scope]
    if facts.is_generator:
        return frozenset([("generator", scope)])
    found = [r.values[returned] for returned in program.returns(scope)]
    if facts.returns_annotation >= 0:
        slot = r.slots.get((scope, PROMISE))
        found.append(r.follow(r.slot(scope, PROMISE) if slot is None else slot, op))
    if scope in r.components:
        found.append(frozenset([("outputs", scope)]))
    return found[0] if len(found) == 1 else join(*found) if found else EMPTY


def _bind(r: Resolver, op: int, params: tuple[int, ...], receiver: Value | None, arguments: Arguments) -> None:
    ops = r.program.ops
    signature = r.signatures.get(params)
    if signature is None:
        signature = r.signatures[params] = (
            tuple(p for p in params if ops[p].value == "positional"),
            next((p for p in params if ops[p].value == "*"), -1),
        )
    plain, rest = signature
    if receiver is not None and plain:
        _receive(r, op, plain[0], receiver)
        plain = plain[1:]
    for index, argument in enumerate(arguments.positional):
        if argument < 0:
            continue
        if index in arguments.starred:
            _spread(r, argument, plain[index:], rest)
        elif index < len(plain):
            r.depend(argument, plain[index], r.sources)
        elif rest >= 0:
            r.depend(argument, rest, r.sources)
            place = index - len(plain) if not arguments.starred else None
            containers.put(r, rest, place, argument)
    if not arguments.keywords:
        return
    by_name = {ops[p].name: p for p in params if ops[p].value in ("positional", "keyword")}
    components.taken_by_name(r, by_name, params)
    spill = next((p for p in params if ops[p].value == "**"), -1)
    for name, argument in arguments.keywords:
        if name == "**":
            _unfold(r, op, argument, by_name, plain[len(arguments.positional) :], spill)
        elif name in by_name:
            r.depend(argument, by_name[name], r.sources)
        elif spill >= 0:
            r.depend(argument, spill, r.sources)
            containers.put(r, spill, name, argument)


def _receive(r: Resolver, op: int, first: int, receiver: Value) -> None:
    """The receiver is the first argument: its own value, and for the flow of data the operation that yields it."""
    receive(r, first, frozenset([receiver]))
    holder = receiver_of(r, op)
    if holder >= 0 and holder not in r.sources.get(first, ()):
        r.holders.setdefault(first, set()).add(holder)
        r.depend(holder, first, r.sources)


def receive(r: Resolver, parameter: int, values: Values) -> None:
    """Values that reach a parameter without an operation of their own."""
    known = r.receivers.setdefault(parameter, set())
    if not values <= known:
        known |= values
        r.push(parameter)


def _spread(r: Resolver, argument: int, plain: tuple[int, ...], rest: int) -> None:
    """`f(*args)`: any of its elements may reach any of the parameters that are left."""
    for parameter in plain:
        r.depend(argument, parameter, r.sources)
    if rest >= 0:
        r.depend(argument, rest, r.sources)
        containers.put(r, rest, None, argument)


def _unfold(r: Resolver, op: int, argument: int, by_name: dict[str, int], left: tuple[int, ...], spill: int) -> None:
    """`f(**settings)`: each known key reaches the parameter of its name; without known keys, anything reaches what is left."""
    known = False
    for value in ordered(r.of(argument)):
        for name, values in given.named(r, op, value):
            if name in by_name:
                receive(r, by_name[name], values)
        if value[0] == "made":
            known = True
            r.item_watchers.setdefault(number(value), set()).add(op)
            for key, items in containers.entries(r, number(value)):
                for item in items:
                    if isinstance(key, str) and key in by_name:
                        r.depend(item, by_name[key], r.sources)
                    elif spill >= 0 and item >= 0:
                        containers.put(r, spill, key, item)
                        r.depend(item, spill, r.sources)
    if not known:
        for parameter in left:
            r.depend(argument, parameter, r.sources)
            r.holders.setdefault(parameter, set()).add(argument)  # data flows; the dict itself is no value of the parameter


def receiver_of(r: Resolver, op: int) -> int:
    """The operation that yields the receiver of a method call, or -1."""
    facts, args = r.program.ops[op], r.program.args[op]
    if facts.kind == "call":
        callee = args[0]
        return r.program.args[callee][0] if r.program.ops[callee].kind == "attribute" else callee
    if facts.kind in ("attribute", "enter", "element", "subscript", "store_subscript", "store_attribute", "unary"):
        return args[0]
    return -1
