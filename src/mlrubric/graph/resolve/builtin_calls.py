"""Builtin functions that hand values on, call what they are given, or ask an object for a special method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlrubric.graph.resolve import attributes, calls, containers, implicit, names, text_methods
from mlrubric.graph.values import EMPTY, HOLE, Value, Values, join, keys_of, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.calls import Arguments
    from mlrubric.graph.resolve.engine import Resolver

SAME = frozenset({"list", "tuple", "sorted", "reversed", "set", "frozenset"})
ASKS = {
    "len": "__len__",
    "bool": "__bool__",
    "int": "__int__",
    "float": "__float__",
    "hash": "__hash__",
    "abs": "__abs__",
    "round": "__round__",
}
WALKS = frozenset({"sum", "any", "all", "min", "max"})
CALLABLE = frozenset({"function", "bound", "partial", "class", "instance"})
SILENT = frozenset(
    {"isinstance", "issubclass", "hasattr", "callable", "id", "property", "staticmethod", "classmethod", "vars", "dir", "object"}
)


def call(r: Resolver, op: int, name: str, arguments: Arguments) -> Values | None:
    """The value of a builtin's call, or None when the catalogue knows as much."""
    positional = arguments.positional
    first = positional[0] if positional else -1
    if name == "super":
        return _super(r, op, arguments)
    if name in ("map", "filter") and len(positional) > 1:
        return _mapped(r, op, name, arguments)
    if name in SAME:
        if first < 0:
            return frozenset([("made", op)])
        each(r, op, (arguments.keyword("key"),), [first])
        return _collected(r, op, first, _walk(r, op, first))
    if name in WALKS:
        each(r, op, (arguments.keyword("key"),), [first])
        found = _walk(r, op, first)
        return found if name in ("min", "max") else EMPTY
    if name == "dict":
        fill(r, op, arguments, pairs=True)
        return frozenset([("made", op)])
    if name in ("zip", "enumerate"):
        for argument in positional:
            _walk(r, op, argument)
        return frozenset([("zipped", op)])
    if name in ("iter", "next"):
        return _step(r, op, name, first)
    if name in ("getattr", "setattr"):
        return _by_name(r, op, name, arguments)
    if name == "type" and len(positional) == 1:
        return frozenset(("class", v[1]) for v in r.of(first) if v[0] == "instance")
    if name == "vars" and first >= 0:
        return frozenset(v for v in r.of(first) if v[0] == "parsed")
    if name in ("int", "float") and first >= 0:
        each_number = text_methods.numbers(r.of(first), name)
        if each_number:
            return each_number
    if name == "property":
        return frozenset([("property", op)])
    if name == "globals":
        return frozenset([("module", r.program.unit(op).index)])
    if name == "__import__":
        texts = [k for k in keys_of(r.of(first)) if isinstance(k, str)]
        return EMPTY.union(*(names.import_by_name(r, op, text.partition(".")[0]) for text in texts))
    if name in ("str", "repr", "print", "format"):
        for argument in positional:
            implicit.written(r, op, r.of(argument), name == "repr")
        return text_methods.spelled_out(r.of(first)) if name == "str" else EMPTY
    if name in ASKS:
        for value in ordered(v for v in r.of(first) if v[0] == "instance"):
            calls.method_call(r, op, value, ASKS[name])
        return EMPTY
    return EMPTY if name in SILENT else None


def _collected(r: Resolver, op: int, first: int, elements: Values) -> Values:
    """A list, tuple or set of what is walked over: containers stay what they are, out of a library's object a new one is made."""
    values = r.of(first)
    kept = frozenset(v for v in values if v[0] != "object")
    if len(kept) == len(values):
        return kept
    containers.fill(r, op, elements)
    return kept | containers.made(r, op)


def _super(r: Resolver, op: int, arguments: Arguments) -> Values:
    """`super()` stands for the classes behind the one around, in the order of the instance's own class."""
    scope = r.program.scope_id(op)
    while scope not in r.class_of and r.program.parent_scope(scope) >= 0:
        scope = r.program.parent_scope(scope)
    owner = r.class_of.get(scope, -1)
    for value in ordered(r.of(arguments.get(0))):
        owner = number(value) if value[0] == "class" else owner
    params = r.program.params(scope)
    if owner < 0 or not params:
        return EMPTY
    r.depend(params[0], op, r.reads)
    found: set[Value] = {("super", owner, v[1], v[0] == "instance") for v in r.values[params[0]] if v[0] in ("instance", "class")}
    return frozenset(found)


def _mapped(r: Resolver, op: int, name: str, arguments: Arguments) -> Values:
    functions = [a for a in arguments.positional if any(v[0] in CALLABLE - {"instance"} for v in r.of(a))]
    data = [a for a in arguments.positional if a not in functions]
    results = each(r, op, functions, data)
    if name == "filter":
        return join(*(r.of(a) for a in data)) if data else EMPTY
    containers.fill(r, op, results)
    return frozenset([("made", op)])


def each(r: Resolver, op: int, functions: Sequence[int], data: Sequence[int]) -> Values:
    """Call functions with elements of the data, one parameter for each; what they give."""
    found: list[Values] = []
    for function in functions:
        for value in ordered(v for v in r.of(function) if v[0] in CALLABLE):
            found.append(calls.invoke(r, op, value, calls.NOTHING))
            if value[0] in ("function", "bound"):
                _give(r, op, value, data)
        for value in ordered(v for v in r.of(function) if v[0] in ("external", "method", "foreign")):
            calls.invoke(r, op, value, calls.NOTHING)
    return join(*found) if found else EMPTY


def _give(r: Resolver, op: int, callee: Value, data: Sequence[int]) -> None:
    params = r.program.params(number(callee))[1 if callee[0] == "bound" else 0 :]
    for parameter, argument in zip(params, data, strict=False):
        if argument >= 0:
            r.depend(argument, parameter, r.sources)
            r.holders.setdefault(parameter, set()).add(argument)
            calls.receive(r, parameter, _walk(r, op, argument))


def give(r: Resolver, op: int, callee: Value, values: Values) -> None:
    """Call a function with values for its first parameter."""
    calls.invoke(r, op, callee, calls.NOTHING)
    params = r.program.params(number(callee))[1 if callee[0] == "bound" else 0 :]
    if params:
        calls.receive(r, params[0], values)


def _walk(r: Resolver, op: int, argument: int) -> Values:
    """The elements of an argument; walking over an instance calls its iterator."""
    found = [containers.elements(r, value, op) for value in ordered(r.of(argument))]
    return join(*found) if found else EMPTY


def _step(r: Resolver, op: int, name: str, first: int) -> Values:
    found: list[Values] = []
    for value in ordered(r.of(first)):
        if value[0] == "instance":
            found.append(calls.method_call(r, op, value, "__iter__" if name == "iter" else "__next__") or EMPTY)
        else:
            found.append(frozenset([value]) if name == "iter" else containers.elements(r, value, op))
    return join(*found) if found else EMPTY


def _by_name(r: Resolver, op: int, name: str, arguments: Arguments) -> Values:
    """getattr and setattr with names that are known."""
    positional = arguments.positional
    known = [str(k) for k in keys_of(r.of(positional[1])) if isinstance(k, str)] if len(positional) > 1 else []
    found: list[Values] = []
    for value in ordered(r.of(positional[0])) if positional else ():
        for one in known:
            if name == "getattr":
                found.extend(attributes.of_value(r, op, value, n) for n in ([one] if HOLE not in one else attributes.like(r, value, one)))
            elif HOLE in one:
                continue
            elif len(positional) > 2 and value[0] in ("instance", "class"):
                attributes.put(r, number(value), one, positional[2])
    if name == "getattr" and len(positional) > 2:
        found.append(r.of(positional[2]))
    return join(*found) if found else EMPTY


def fill(r: Resolver, op: int, arguments: Arguments, *, pairs: bool) -> None:
    """Put the arguments of `dict(...)` and its kin into what the call makes."""
    for name, argument in arguments.keywords:
        containers.put(r, op, containers.SPREAD if name == "**" else name, argument)
    for argument in arguments.positional[:1]:
        if any(v[0] in ("made", "holds", "object") for v in r.of(argument)):
            containers.put(r, op, containers.SPREAD, argument)
        elif pairs:
            for value in ordered(r.of(argument)):
                containers.fill(r, op, containers.part(r, value, 1, op) if value[0] in ("pair", "zip") else EMPTY)
                for inner in ordered(containers.elements(r, value, op)):
                    containers.fill(r, op, containers.part(r, inner, 1, op))
