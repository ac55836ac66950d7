"""Containers: what is put into them, by position or key, and what comes out by index, unpacking and iteration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mlrubric.graph.resolve import attributes, calls, components, given, names, objects, text_methods
from mlrubric.graph.resolve.annotations import annotated
from mlrubric.graph.values import EMPTY, Value, Values, constant, join, keys_of, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver

SPREAD: Final = ("*",)
"""The key under which operations are kept whose elements (or entries) are in the container."""


def made(r: Resolver, op: int) -> Values:
    return frozenset([("made", op)])


def put(r: Resolver, container: int, key: object, item: int) -> None:
    """Something is put into a container, under a key or, for None, anywhere."""
    known = r.items.setdefault(container, {}).setdefault(key, set())
    if item not in known:
        known.add(item)
        for watcher in r.item_watchers.get(container, ()):
            r.push(watcher)


def fill(r: Resolver, container: int, values: Values) -> None:
    """Values that are in a container under any key."""
    known = r.contents.get(container, EMPTY)
    grown = join(known, values)
    if grown != known:
        r.contents[container] = grown
        for watcher in r.item_watchers.get(container, ()):
            r.push(watcher)


def entries(r: Resolver, container: int) -> Iterable[tuple[object, list[int]]]:
    """What is in a container, by key; None stands for an unknown key, SPREAD for the contents of other containers."""
    facts, args = r.program.ops[container], r.program.args[container]
    found: dict[object, list[int]] = {}
    if facts.kind == "dict":
        for key, value in zip(args[::2], args[1::2], strict=True):
            if key < 0:
                found.setdefault(SPREAD, []).append(value)
            else:
                for one in keys_of(r.of(key)) or [None]:
                    found.setdefault(one, []).append(value)
    elif facts.kind == "comprehension":
        found[None] = list(args[-1:])
    elif facts.kind == "container":
        starred = False
        for index, value in enumerate(args):
            starred = starred or r.program.ops[value].kind == "element"
            found.setdefault(None if starred or facts.value == "set" else index, []).append(value)
    for place, more in r.items.get(container, {}).items():
        found.setdefault(place, []).extend(more)
    return found.items()


def item(r: Resolver, container: int, key: object, op: int) -> Values:
    """Values of the item under a key; of all items for an unknown key (None)."""
    found: list[Values] = []
    seen, todo = {container}, [container]
    while todo:
        current = todo.pop()
        r.item_watchers.setdefault(current, set()).add(op)
        wanted = _from_start(r, current, key)
        for known, items in entries(r, current):
            if known == SPREAD:
                for value in ordered(v for source in items for v in r.read((source,), op)):
                    if value[0] != "made":
                        found.append(part(r, value, key, op))
                    elif number(value) not in seen:
                        seen.add(number(value))
                        todo.append(number(value))
            elif wanted is None or known is None or (known == wanted and type(known) is type(wanted)):
                found.append(r.read(items, op))
        if current in r.contents:
            found.append(r.contents[current])
        if ("external", DEFAULTS) in r.targets.get(current, ()):
            found.append(_default(r, current, op))
    return join(*found) if found else EMPTY


def _default(r: Resolver, container: int, op: int) -> Values:
    """What a defaultdict makes for a key that is not there."""
    factory = calls.arguments_of(r, container).get(0)
    if r.program.ops[container].kind != "call" or factory < 0:
        return EMPTY
    found: list[Values] = []
    for value in ordered(r.read((factory,), op)):
        if value[0] == "external":
            found.append(frozenset([("made", factory)]) if str(value[1]) in attributes.METHODS else EMPTY)
        else:
            found.append(calls.invoke(r, op, value, calls.NOTHING))
    return join(*found) if found else EMPTY


def recorded(r: Resolver, op: int, kind: Value, arguments: calls.Arguments) -> Values:
    """A call of a class that `namedtuple` made: a tuple whose items have names as well."""
    r.records.add(op)
    listed = r.of(calls.arguments_of(r, number(kind)).get(1, "field_names"))
    fields = [str(k) for v in ordered(listed) if v[0] == "made" for k in _texts_in(r, number(v), op)]
    fields = fields or [part for k in keys_of(listed) for part in str(k).replace(",", " ").split()]
    for index, argument in enumerate(arguments.positional):
        put(r, op, index, argument)
        if index < len(fields):
            put(r, op, fields[index], argument)
    for name, argument in arguments.keywords:
        put(r, op, name, argument)
        if name in fields:
            put(r, op, fields.index(name), argument)
    return frozenset([("made", op)])


def _texts_in(r: Resolver, container: int, op: int) -> list[object]:
    return [key for item in r.program.args[container] for key in keys_of(r.read((item,), op))]


def _from_start(r: Resolver, container: int, key: object) -> object:
    """A negative index counted from the start of a list of known length."""
    if isinstance(key, int) and key < 0 and r.program.ops[container].kind == "container":
        return key + len(r.program.args[container])
    return key


def keys(r: Resolver, container: int, op: int) -> Values:
    """The keys of a dict that was made at an operation."""
    found: list[Values] = []
    seen, todo = {container}, [container]
    while todo:
        current = todo.pop()
        r.item_watchers.setdefault(current, set()).add(op)
        facts, args = r.program.ops[current], r.program.args[current]
        if facts.kind == "dict":
            found.extend(r.read((k,), op) for k in args[::2] if k >= 0)
        elif facts.kind == "comprehension" and len(args) > 1:
            found.append(r.read(args[:1], op))
        for key, items in entries(r, current):
            if key == SPREAD:
                inner = {number(v) for source in items for v in r.read((source,), op) if v[0] == "made"} - seen
                seen |= inner
                todo.extend(sorted(inner))
            elif key is not None:
                found.append(frozenset([constant(key)]))
    return join(*found) if found else EMPTY


def is_dict(r: Resolver, container: int) -> bool:
    return attributes.container_type(r, container) in TABLES


DEFAULTS = "collections.defaultdict"
TABLES = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.vars"})


# ---- iteration ----------------------------------------------------------------------------------------------------


def elements(r: Resolver, value: Value, op: int) -> Values:
    """What iterating over a value yields."""
    kind = value[0]
    if kind == "made":
        container = number(value)
        return keys(r, container, op) if is_dict(r, container) else item(r, container, None, op)
    if kind == "view":
        if value[1] == "items":
            return frozenset([("pair", value[2])])
        container = int(str(value[2]))
        return keys(r, container, op) if value[1] == "keys" else item(r, container, None, op)
    if kind == "zipped":
        return frozenset([("zip", value[1])])
    if kind == "generator":
        returns = r.program.returns(number(value))
        return r.read((x for x in returns if r.program.ops[x].kind == "yield"), op)
    if kind == "holds":
        return annotated(r, number(value), op)
    if kind == "instance":
        return _iterated(r, value, op)
    if kind == "object":
        return objects.member(r, str(value[1]), "__iter__")
    if kind == "many":
        return objects.of_type(str(value[1])) if value[2] != "dict" else EMPTY
    if kind == "tuple" and isinstance(value[1], tuple):
        return join(*(objects.of_type(k) for k in value[1]))
    if kind in ("pair", "zip"):
        return join(part(r, value, 0, op), part(r, value, 1, op))
    if kind == "class":
        return frozenset([("instance", value[1])])
    return given.elements(r, value) if kind == "settings" else EMPTY


def _iterated(r: Resolver, value: Value, op: int) -> Values:
    for first, following in (("__iter__", "__next__"), ("__aiter__", "__anext__")):
        iterators = calls.method_call(r, op, value, first)
        if iterators is not None:
            found: list[Values] = []
            for iterator in ordered(iterators):
                if iterator[0] == "instance":
                    following_values = calls.method_call(r, op, iterator, following)
                    found.append(following_values or EMPTY)
                else:
                    found.append(elements(r, iterator, op))
            return join(*found) if found else EMPTY
    for fallback in ("__next__", "__getitem__"):
        values = calls.method_call(r, op, value, fallback, calls.Arguments((-1,)))
        if values is not None:
            return values
    return EMPTY


def element(r: Resolver, op: int) -> Values:
    found = [elements(r, value, op) for value in ordered(r.values[r.program.args[op][0]])]
    return join(*found) if found else EMPTY


# ---- parts --------------------------------------------------------------------------------------------------------


def part(r: Resolver, value: Value, key: object, op: int) -> Values:
    """The part of a value under an index or key; None when it is not known."""
    kind = value[0]
    if kind == "made":
        return item(r, number(value), key, op)
    if kind == "tuple" and isinstance(value[1], tuple):
        kinds = value[1]
        if isinstance(key, int) and -len(kinds) <= key < len(kinds):
            return objects.of_type(str(kinds[key]))
        return objects.of_type(str(kinds[0])) if kinds else EMPTY
    if kind == "many":
        return objects.of_type(str(value[1]))
    if kind == "pair":
        container = number(value)
        return keys(r, container, op) if key == 0 else item(r, container, None, op)
    if kind == "zip":
        return _zipped(r, number(value), key, op)
    if kind == "holds":
        return annotated(r, number(value), op)
    if kind == "object":
        return objects.member(r, str(value[1]), "__getitem__")
    if kind in ("view", "zipped", "generator"):
        return elements(r, value, op)
    if kind == "settings":
        return given.child(r, value, key)
    if kind == "parsed":
        return given.option(r, op, value, key) if isinstance(key, str) else frozenset([value] if key == 0 else [])
    if kind == "external":
        return given.of_process(r, op, str(value[1]), key)
    if kind == "outputs":
        return components.result(r, op, value, key)
    return text_methods.above(str(value[1]), key) if kind == "parents" else EMPTY


def _zipped(r: Resolver, call: int, key: object, op: int) -> Values:
    arguments = calls.arguments_of(r, call).positional
    if any(v == ("external", "builtins.enumerate") for v in r.targets.get(call, ())):
        if key == 0:
            return EMPTY
        key = 0
    chosen = arguments[key : key + 1] if isinstance(key, int) and key >= 0 else arguments
    found = [elements(r, value, op) for a in chosen for value in ordered(r.read((a,), op))]
    return join(*found) if found else EMPTY


def unpacked(r: Resolver, op: int) -> Values:
    index = r.program.ops[op].value
    found: list[Values] = []
    for value in ordered(r.values[r.program.args[op][0]]):
        if index == "*":
            if value[0] == "made":
                found.append(frozenset([value]))
        elif value[0] in ("instance", "view", "object") or (value[0] == "made" and is_dict(r, number(value))):
            found.append(elements(r, value, op))
        else:
            found.append(part(r, value, index, op))
    return join(*found) if found else EMPTY


def subscript(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    index = args[1] if len(args) > 1 else -1
    sliced = index >= 0 and r.program.ops[index].kind == "slice"
    known = keys_of(r.of(index))
    found: list[Values] = []
    for value in ordered(r.values[args[0]]):
        if value[0] == "object":
            found.append(objects.item(r, str(value[1]), index))
        elif sliced and value[0] in ("made", "view", "zipped", "holds"):
            found.append(_slice(r, value, index, op))
        elif value[0] == "instance":
            found.append(calls.method_call(r, op, value, "__getitem__", calls.Arguments((index,))) or EMPTY)
        elif value[0] == "module":  # `globals()["name"]`
            found.extend(names.member(r, number(value), str(key), op) for key in known)
        elif value[0] == "class":
            found.append(frozenset([value]))  # a generic class with its arguments
        elif value[0] == "parser":
            found.append(given.read_settings(r, op, value, index))
        elif value[0] == "external" and str(value[1]).rpartition(".")[2][:1].isupper():
            found.append(frozenset([value]))
        elif known or r.late or value[0] not in ("made", "tuple"):
            found.extend(part(r, value, key, op) for key in (known or [None]))
    return join(*found) if found else EMPTY


def _slice(r: Resolver, value: Value, index: int, op: int) -> Values:
    """A slice of a list of known length with constant bounds is a list of its own."""
    if value[0] != "made" or r.program.ops[number(value)].kind != "container" or r.items.get(number(value)):
        return frozenset([value])
    bounds: list[int | None] = []
    for bound in r.program.args[index]:
        constants = [k for k in keys_of(r.of(bound)) if isinstance(k, int)]
        if bound >= 0 and len(constants) != 1:
            return frozenset([value])
        bounds.append(constants[0] if bound >= 0 else None)
    if bounds[2:] == [0]:
        return frozenset([value])
    for place, chosen in enumerate(r.program.args[number(value)][slice(*bounds)]):
        put(r, op, place, chosen)
    return frozenset([("made", op)])


def stored(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    if len(args) < 3 or args[2] < 0:
        return EMPTY
    sliced = args[1] >= 0 and r.program.ops[args[1]].kind == "slice"
    for value in ordered(r.of(args[0])):
        if value[0] == "made" and sliced:  # the elements of the right side are put into it
            for other in ordered(r.of(args[2])):
                fill(r, number(value), elements(r, other, op))
        elif value[0] == "made":
            for key in keys_of(r.of(args[1])) or ([None] if r.late else []):
                put(r, number(value), key, args[2])
        elif value[0] == "instance":
            calls.method_call(r, op, value, "__setitem__", calls.Arguments((args[1], args[2])))
    return EMPTY
