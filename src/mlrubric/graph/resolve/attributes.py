"""Classes: their order, what an attribute of an instance, a class or anything else is, and what is stored in it."""

from __future__ import annotations

import re
from types import GeneratorType
from typing import TYPE_CHECKING, cast

from mlrubric.graph.resolve import calls, components, containers, given, names, objects, text_methods
from mlrubric.graph.resolve.annotations import PROMISE, annotated, promised
from mlrubric.graph.values import EMPTY, HOLE, Value, Values, join, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver

Order = tuple[tuple[int, ...], tuple[str, ...]]
CONTAINERS = {
    "list": "builtins.list",
    "tuple": "builtins.tuple",
    "set": "builtins.set",
    "dict": "builtins.dict",
    "generator": "builtins.generator",
}
METHODS = {f"builtins.{kind.__name__}": frozenset(dir(kind)) for kind in (str, list, tuple, set, dict)}
METHODS["builtins.generator"] = METHODS["builtins.iterator"] = frozenset(dir(GeneratorType)) | frozenset(dir(type({}.items())))
HOLDERS = ("builtins.dict", "builtins.list", "builtins.set", "builtins.iterator")  # what an annotated container may be
SHORTEST = 3  # letters that must be known of a name
BINDING = frozenset({"function", "property"})
DEEPEST = 8  # attributes of a library's name; a loop over its own result would go on for ever


# ---- the order of classes -----------------------------------------------------------------------------------------


def order(r: Resolver, scope: int, guard: tuple[int, ...] = ()) -> Order:
    """Project classes of the method resolution order (C3 where the bases allow it) and the names of library bases."""
    if scope in guard:
        return (), ()
    known = r.orders.get(scope)
    if known is not None and not any(c in guard for c in known[0]):
        return known
    definition = r.program.definition(scope)
    extra = r.program.ops[definition].extra if definition >= 0 else None
    count = int(extra[0]) if isinstance(extra, tuple) else 0
    lines: list[list[int]] = []
    direct: list[int] = []
    outer: list[str] = []
    for base in r.program.args[definition][:count] if definition >= 0 else ():
        for value in ordered(r.of(base)):
            if value[0] == "class" and number(value) not in (scope, *guard):
                inner, libraries = order(r, number(value), (*guard, scope))
                direct.append(number(value))
                lines.append(list(inner))
                outer.extend(x for x in libraries if x not in outer)
            elif value[0] == "external":
                name = r.catalogue.canonical(str(value[1]))
                if name not in outer:
                    outer.append(name)
    result = (scope, *_merged([*lines, direct])), tuple(outer)
    if not guard:
        r.orders[scope] = result  # forgotten when a base changes
        for owner in result[0]:
            r.below.setdefault(owner, set()).add(scope)
    return result


def _merged(lines: list[list[int]]) -> list[int]:
    """C3; where it has no answer, the first that is left."""
    merged: list[int] = []
    lines = [line[:] for line in lines if line]
    while lines:
        head = next((line[0] for line in lines if not any(line[0] in other[1:] for other in lines)), lines[0][0])
        merged.append(head)
        lines = [rest for line in lines if (rest := [c for c in line if c != head])]
    return merged


def class_attribute(r: Resolver, scope: int, name: str, op: int, after: int = -1) -> Values:
    """What `name` means on a class; behind `after` in its order for `super`."""
    if after >= 0:
        return _along(r, scope, name, op, after)
    slot = r.slots.get((scope, name))
    return r.follow(r.slot(scope, name) if slot is None else slot, op)


def slot(r: Resolver, op: int) -> Values:
    """What an attribute of a class is, or the result of a function is said to be, for all that ask."""
    facts = r.program.ops[op]
    scope = cast(int, facts.value)
    return promised(r, scope, op) if facts.name == PROMISE else _along(r, scope, facts.name, op)


def _along(r: Resolver, scope: int, name: str, op: int, after: int = -1) -> Values:
    """Own definitions and stores, along the order (behind `after` for `super`); library methods last."""
    classes, libraries = order(r, scope)
    if after >= 0:
        classes = classes[classes.index(after) + 1 :] if after in classes else order(r, after)[0][1:]
    exports, watchers, stores = r.program.exports, r.watchers, r.stores
    known = False
    for owner in classes:
        sources = exports[owner].get(name, ())
        if after < 0:
            key = (owner, name)
            watching = watchers.get(key)
            if watching is None:
                watchers[key] = {op}
            else:
                watching.add(op)
            stored = stores.get(key)
            if stored:
                sources = (*sources, *stored)
        values = r.read(sources, op) if sources else EMPTY
        if after < 0 and (owner, name) in r.fields:
            values = join(values, r.fields[owner, name])
        known = known or bool(sources)
        if values:
            return values
    for library in libraries if not known else ():  # what the project defines stands before it, known or not yet
        made = r.catalogue.attribute(library, name)
        if made:
            return objects.of_type(made)
        if r.method(library, name) is not None or (after >= 0 and name == "__init__" and r.catalogue.is_class(library)):
            return frozenset([("method", library, name)])
    strangers = [library for library in libraries if not library.startswith("builtins.") and r.catalogue.type(library) is None]
    if strangers and not known:
        return frozenset([("foreign", f"{strangers[0]}.{name}")])
    return EMPTY


def has(r: Resolver, scope: int, name: str) -> bool:
    """Whether the class or a project base defines a method."""
    return name in r.program.class_names and any(name in r.program.exports[owner] for owner in order(r, scope)[0])


def like(r: Resolver, value: Value, pattern: str) -> list[str]:
    """The names of functions that an instance, a class or a module has and that a partly known name may mean."""
    if value[0] not in ("instance", "class", "module") or len(pattern.replace(HOLE, "").strip("_")) < SHORTEST:
        return []
    form = re.compile("".join(".*" if part == HOLE else re.escape(part) for part in re.split(f"({HOLE})", pattern)))
    owners = (r.program.module_scope(r.program.modules[number(value)]),) if value[0] == "module" else order(r, number(value))[0]
    names = {
        name
        for owner in owners
        for name, definitions in r.program.exports[owner].items()
        if any(r.program.ops[d].kind in ("function", "class") for d in definitions) and form.fullmatch(name)
    }
    return sorted(names)


# ---- reading ------------------------------------------------------------------------------------------------------


def attribute(r: Resolver, op: int) -> Values:
    name = r.program.ops[op].name
    values = r.values[r.program.args[op][0]]
    if len(values) == 1:
        return of_value(r, op, next(iter(values)), name)
    found = [of_value(r, op, value, name) for value in ordered(values)]
    return join(*found) if found else EMPTY


def of_value(r: Resolver, op: int, value: Value, name: str) -> Values:
    """The attribute `name` of one value."""
    kind = value[0]
    if kind == "external":
        known = METHODS.get(str(value[1]))
        if known is not None and name not in known:
            return EMPTY
        made = r.typed_attribute(str(value[1]), name)
        if made:
            return objects.of_type(made)
        return frozenset([("external", f"{value[1]}.{name}")]) if str(value[1]).count(".") < DEEPEST else EMPTY
    if kind == "object":
        owner = str(value[1])
        made = r.catalogue.attribute(owner, name)
        if made:
            return objects.of_type(made)
        found: Values = frozenset([("method", owner, name)])
        return found if r.method(owner, name) is not None else found | objects.member(r, owner, "__getattr__")  # a column, a field
    if kind in ("instance", "class"):
        return on_class(r, op, value, name)
    if kind == "module":
        return names.member(r, number(value), name, op)
    if kind == "package":
        unit = r.program.modules[int(str(value[2]))]
        dotted = f"{value[1]}.{name}"
        inner = r.program.find_module(dotted, 0, unit)
        return frozenset([("module", inner)]) if inner is not None else frozenset([("package", dotted, unit.index)])
    if kind == "super":
        receiver: Value = ("instance", value[2]) if value[3] else ("class", value[2])
        return bind(r, class_attribute(r, int(str(value[2])), name, op, after=number(value)), receiver, op)
    if kind == "made":
        if number(value) in r.records:
            item = containers.item(r, number(value), name, op)
            if item or r.method(container_type(r, number(value)), name) is None:
                return item
        return _of_builtin(container_type(r, number(value)), name, value[1])
    if kind == "holds":
        return next((found for owner in HOLDERS if (found := _of_builtin(owner, name, value))), EMPTY)
    if kind == "many":
        return _of_builtin(f"builtins.{value[2]}", name, value)
    if kind in ("view", "zip", "zipped", "generator"):
        return _of_builtin("builtins.iterator", name, value)
    if kind in ("text", "const") and name == "value":
        return frozenset([value])  # of a member of an enumeration
    if kind == "text":
        return text_methods.attribute(value, name)
    if kind == "settings":
        return given.child(r, value, name) or frozenset([("method", "builtins.dict", name, value)])
    if kind == "opened":
        return frozenset([("method", "io.IOBase", name, value)])
    if kind == "parser":
        return given.parser_attribute(value, name)
    if kind == "parsed":
        return given.option(r, op, value, name)
    if kind == "foreign":
        return frozenset([("foreign", f"{value[1]}.{name}")])
    if kind == "function":
        return _on_function(r, value, name)
    if kind == "outputs":
        return components.task_attribute(r, op, value, name)
    if kind == "artifact":
        return components.artifact_attribute(value, name)
    if kind == "method":
        whole = f"{value[1]}.{value[2]}"  # what can be called and has attributes: `df.plot(...)`, `df.plot.bar(...)`
        return of_value(r, op, ("object", whole), name) if r.catalogue.type(whole) is not None else EMPTY
    if kind == "handle":
        return frozenset([value])
    if kind == "bound" and not name.startswith("__") and r.class_of.get(number(value)) in r.wrapped:
        return frozenset([("handle", value)])
    return EMPTY


def _of_builtin(owner: str, name: str, receiver: object) -> Values:
    """A method of a builtin type; nothing when the type has none of that name: the receiver is something else as well, then."""
    known = METHODS.get(owner)
    return frozenset([("method", owner, name, receiver)]) if known is None or name in known else EMPTY


def container_type(r: Resolver, made: int) -> str:
    """The type of what is made at an operation."""
    facts = r.program.ops[made]
    if facts.kind == "param":
        return "builtins.dict" if facts.value == "**" else "builtins.tuple"
    if facts.kind in ("container", "comprehension"):
        return CONTAINERS.get(str(facts.value), "builtins.list")
    if facts.kind == "dict":
        return "builtins.dict"
    if facts.kind == "call":
        for value in ordered(r.targets.get(made, ())):
            if value[0] == "external":
                return str(value[1])
    if facts.kind in ("load", "attribute"):  # what a defaultdict makes by a type
        return next((str(v[1]) for v in ordered(r.of(made)) if v[0] == "external"), "builtins.list")
    return "builtins.list"


def _on_function(r: Resolver, value: Value, name: str) -> Values:
    scope = number(value)
    if name == "__name__":
        return frozenset([("text", r.program.scopes[scope].name)])
    found = components.function_attribute(value, name)
    if found or name.startswith("__") or scope not in r.wrapped:
        return found
    return frozenset([("handle", value)])  # a library has put something around it: `f.remote(...)`, `f.delay(...)`, `f.options(...)`


def on_class(r: Resolver, op: int, value: Value, name: str) -> Values:
    """An attribute of an instance or a class, bound to it; what only `__getattr__` gives is found in the late round."""
    scope = number(value)
    if name == "__class__" and value[0] == "instance":
        return frozenset([("class", scope)])
    if name == "__name__" and value[0] == "class":
        return frozenset([("text", r.program.scopes[scope].name)])
    if name == "__subclasses__":
        return frozenset([("method", "builtins.type", name, value)])
    raw = class_attribute(r, scope, name, op)
    if raw:
        return bind(r, raw, value, op)
    if value[0] == "class" and scope in r.wrapped and not name.startswith("__"):
        return frozenset([("handle", value)])
    if r.late and value[0] == "instance" and not r.stores.get((scope, name)):
        for answer in ("__getattribute__", "__getattr__"):
            if has(r, scope, answer):
                found = [calls.invoke(r, op, m, calls.NOTHING) for m in bind(r, class_attribute(r, scope, answer, op), value, op)]
                return join(*found) if found else EMPTY
    return EMPTY


def bind(r: Resolver, raw: Values, receiver: Value, op: int) -> Values:
    """Functions found on a class become methods; properties are read at once."""
    if not any(v[0] in BINDING for v in raw):
        return raw
    bound: set[Value] = set()
    for item in ordered(raw):
        kind = item[0]
        if kind == "property":
            getter = r.program.args[number(item)][1:2]
            if receiver[0] == "instance":
                for value in ordered(r.read(getter, op)):
                    bound |= calls.invoke(r, op, ("bound", value[1], receiver), calls.NOTHING) if value[0] == "function" else EMPTY
            continue
        scope = number(item) if kind == "function" else -1
        if scope < 0 or scope not in r.class_of or scope in r.statics:
            bound.add(item)
        elif scope in r.setters:
            continue
        elif scope in r.properties:
            if receiver[0] == "instance":
                bound |= calls.invoke(r, op, ("bound", scope, receiver), calls.NOTHING)
        elif scope in r.classmethods:
            bound.add(("bound", scope, ("class", receiver[1])))
        elif receiver[0] == "instance":
            bound.add(("bound", scope, receiver))
        else:
            bound.add(item)
    return frozenset(bound)


# ---- storing ------------------------------------------------------------------------------------------------------


def stored(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    value = args[1] if len(args) > 1 else -1
    if value < 0:
        return EMPTY
    name = r.program.ops[op].name
    for owner in ordered(r.of(args[0])):
        if owner[0] in ("instance", "class"):
            put(r, number(owner), name, value)
            if owner[0] == "instance":
                _set(r, op, owner, name, value)
        elif owner[0] == "module":
            put(r, r.program.module_scope(r.program.modules[number(owner)]), name, value)
    owner_class = _self_of(r, args[0])
    if owner_class >= 0:
        put(r, owner_class, name, value)
    annotation = r.program.ops[op].extra
    if isinstance(annotation, int) and not isinstance(annotation, bool) and annotation >= 0:
        return annotated(r, annotation + r.program.unit(op).base, op)
    return EMPTY


def put(r: Resolver, scope: int, name: str, value: int) -> None:
    key = (scope, name)
    known = r.stores.setdefault(key, set())
    if value not in known:
        known.add(value)
        for watcher in r.watchers.get(key, ()):
            r.push(watcher)


def put_values(r: Resolver, scope: int, name: str, values: Values) -> None:
    """Values of an attribute that no operation yields."""
    key = (scope, name)
    known = r.fields.get(key, EMPTY)
    if not values <= known:
        r.fields[key] = join(known, values)
        for watcher in r.watchers.get(key, ()):
            r.push(watcher)


def _self_of(r: Resolver, op: int) -> int:
    """The class whose method's first parameter an operation loads, or -1: a base class has what its methods store."""
    if r.program.ops[op].kind != "load":
        return -1
    definitions = r.program.args[op]
    if len(definitions) != 1 or r.program.ops[definitions[0]].kind != "param":
        return -1
    scope = r.program.scope_id(definitions[0])
    owner = r.class_of.get(scope, -1)
    return owner if owner >= 0 and scope not in r.statics and r.program.params(scope)[:1] == definitions[:1] else -1


def _set(r: Resolver, op: int, owner: Value, name: str, value: int) -> None:
    """A property's setter and `__setattr__` are called by the assignment."""
    scope = number(owner)
    for kind, arguments in ((name, (value,)), ("__setattr__", (-1, value))):
        if kind not in r.program.class_names or not has(r, scope, kind):
            continue
        for method in ordered(class_attribute(r, scope, kind, op)):
            if method[0] == "function" and (kind == "__setattr__" or number(method) in r.setters):
                calls.invoke(r, op, ("bound", method[1], owner), calls.Arguments(arguments))
