"""Methods of builtin containers, iterators and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mlrubric.graph.resolve import builtin_calls, containers, given, objects, text_methods
from mlrubric.graph.resolve.annotations import annotated
from mlrubric.graph.values import EMPTY, Value, Values, join, keys_of, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.calls import Arguments
    from mlrubric.graph.resolve.engine import Resolver


def call(r: Resolver, op: int, receiver: object, name: str, arguments: Arguments) -> Values | None:
    """The value of a method of a container made at `receiver`, or of the value `receiver`; None when nothing is known of it."""
    if isinstance(receiver, int):
        return _of_container(r, op, receiver, name, arguments)
    value = cast(Value, receiver)
    if name == "__subclasses__":
        if r.late:  # when the bases of all classes are known
            containers.fill(r, op, frozenset(("class", c) for c in r.heirs.get(number(value), ())))
        return containers.made(r, op)
    if value[0] == "text":
        return text_methods.call(r, op, str(value[1]), name, arguments)
    if value[0] in ("outputs", "function"):
        return frozenset([value])
    if value[0] == "opened":
        return frozenset([value]) if name in ("read", "readlines", "open") else None
    if value[0] == "many":
        return objects.many_method(value, name)
    if value[0] == "settings":
        return given.settings_method(r, value, name, arguments)
    if value[0] == "holds" and name in ("get", "pop", "setdefault", "__getitem__"):
        return annotated(r, number(value), op)
    if value[0] == "holds" and name in ("values", "copy"):
        return frozenset([value])
    if name in ("__next__", "send", "asend"):
        return containers.elements(r, value, op)
    return None


def _of_container(r: Resolver, op: int, made: int, name: str, arguments: Arguments) -> Values | None:
    first, second = arguments.get(0), arguments.get(1)
    if name in ("append", "add", "appendleft") and first >= 0:
        containers.put(r, made, None, first)
        return EMPTY
    if name == "insert" and second >= 0:
        containers.put(r, made, None, second)
        return EMPTY
    if name in ("extend", "update", "extendleft", "union"):
        for keyword, argument in arguments.keywords:
            containers.put(r, made, containers.SPREAD if keyword == "**" else keyword, argument)
        if first >= 0:
            _add_all(r, op, made, first, name)
        return frozenset([("made", made)]) if name == "union" else EMPTY
    if name in ("get", "pop", "setdefault", "popleft", "__getitem__"):
        return _taken(r, op, made, name, first, second)
    if name in ("keys", "values", "items"):
        return frozenset([("view", name, made)])
    if name == "popitem":
        return frozenset([("pair", made)])
    if name in ("copy", "most_common"):
        return frozenset([("made", made)])
    if name == "sort":
        key = arguments.keyword("key")
        values = containers.item(r, made, None, op)
        for value in ordered(v for v in r.of(key) if v[0] in ("function", "bound")):
            builtin_calls.give(r, op, value, values)
        return EMPTY
    return None


def _add_all(r: Resolver, op: int, made: int, argument: int, name: str) -> None:
    """The elements, or for a dict the entries, of another container."""
    for value in ordered(r.of(argument)):
        if value[0] == "made" and (name == "update") == containers.is_dict(r, number(value)):
            containers.put(r, made, containers.SPREAD, argument)
        else:
            containers.fill(r, made, containers.elements(r, value, op))


def _taken(r: Resolver, op: int, made: int, name: str, first: int, second: int) -> Values:
    found: list[Values] = []
    if name == "setdefault" and second >= 0:
        for key in keys_of(r.of(first)) or [None]:
            containers.put(r, made, key, second)
    keys = keys_of(r.of(first)) if first >= 0 else []
    found.extend(containers.item(r, made, key, op) for key in keys or [None])
    if second >= 0:
        found.append(r.of(second))
    return join(*found)
