"""Calls into libraries: what they yield by the catalogue, which functions of the project they call back."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, cast

from mlrubric.graph.resolve import (
    attributes,
    builtin_calls,
    calls,
    components,
    containers,
    dispatch,
    given,
    kept,
    methods,
    objects,
    text_methods,
)
from mlrubric.graph.values import EMPTY, HOLE, Value, Values, concatenations, join, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.calls import Arguments
    from mlrubric.graph.resolve.engine import Resolver
    from mlrubric.knowledge.entries import Api

PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"})
JOINS = frozenset({"os.path.join", "posixpath.join", *PATHS})
SAME_TEXT = frozenset(
    [
        "os.path.abspath",
        "os.path.normpath",
        "os.path.realpath",
        "os.path.expanduser",
        "os.fspath",
        "hydra.utils.to_absolute_path",
    ]
)
HERE = frozenset({"os.getcwd", "pathlib.Path.cwd", "hydra.utils.get_original_cwd"})
ENVIRONMENT = frozenset({"os.environ.get", "os.getenv"})
TABLES = frozenset({"collections.OrderedDict", "collections.defaultdict", "collections.Counter", "collections.deque"})
KEEPS = frozenset(
    [
        "functools.wraps",
        "functools.update_wrapper",
        "functools.total_ordering",
        "dataclasses.dataclass",
        "dataclasses.field",
        "typing.cast",
        "typing.overload",
        "abc.abstractmethod",
        "atexit.unregister",
        "inspect.signature",
        "inspect.getsource",
        "weakref.ref",
        "copy.copy",
        "copy.deepcopy",
    ]
)  # they do not call the function that they are given
SAME_VALUE = frozenset(
    [
        "functools.lru_cache",
        "functools.cache",
        "functools.singledispatch",
        "contextlib.contextmanager",
        "contextlib.asynccontextmanager",
        "copy.copy",
        "copy.deepcopy",
        "asyncio.create_task",
        "asyncio.run",
        "asyncio.ensure_future",
        "contextlib.closing",
        "functools.update_wrapper",
    ]
)


WRITTEN = 40  # items of a list that are looked at for functions
PROTOCOLS = frozenset(["__getitem__", "__len__", "__iter__", "__next__", "__call__"])


def function(r: Resolver, op: int, name: str, arguments: Arguments) -> Values:
    """A call of a library's function or class."""
    name = r.catalogue.canonical(name)
    r.target(op, ("external", name))
    if name.startswith("builtins."):
        answered = builtin_calls.call(r, op, name[9:], arguments)
        if answered is not None:
            return answered
    else:
        answered = _standard(r, op, name, arguments)
        if answered is not None:
            return answered
    api = r.catalogue.api(name)
    callbacks(r, op, arguments.all, name)
    if api is not None and api.calls is not None and api.param("@params") is not None:
        _by_name(r, op, standing_at(api, "@function", arguments), standing_at(api, "@params", arguments))
    if api is not None and api.calls_with:
        _hand(r, api, None, arguments)
    if api is not None and (api.gives or "file.open" in api.roles):
        outside = _from_outside(r, op, api, arguments)
        if outside:
            return outside if not api.returns or api.gives == "parser" else outside | _result(r, op, api, None, arguments)
    kind = r.catalogue.type(name)
    if kind is not None and kind.holds:
        return _holding(r, op, kind.holds, arguments)
    if api is not None and (api.returns or api.returns_with):
        owner = api.name.rpartition(".")[0]  # a method that is called on the class, or on what the class holds
        return _result(r, op, api, owner if r.catalogue.is_class(owner) else None, arguments)
    loaded = _through_file(r, op, api, arguments) if api is not None else EMPTY
    if loaded:
        return loaded
    if kind is not None:
        return frozenset([("object", name)])
    last = name.rpartition(".")[2]
    if last[:1].isupper() and not last.isupper() and not name.startswith("builtins."):
        return frozenset([("foreign", name)])
    return _wrapped(r, name, arguments) if api is None or api.decorates else EMPTY


def _standard(r: Resolver, op: int, name: str, arguments: Arguments) -> Values | None:
    """Functions of the standard library that hand values on."""
    positional = arguments.positional
    if name in JOINS:
        pieces: list[list[str]] = []
        for index, argument in enumerate(positional):
            if index:
                pieces.append(["/"])
            pieces.append(spellings(r, argument))
        return paths(concatenations(pieces)) | (frozenset([("object", "pathlib.Path")]) if name in PATHS else EMPTY)
    if name in SAME_TEXT and positional:
        return frozenset(v for v in r.of(positional[0]) if v[0] == "text")
    if name in ("os.path.dirname", "os.path.basename") and positional:
        part = text_methods.folder_of if name.endswith("dirname") else posixpath.basename
        return frozenset(("text", t) for v in r.of(positional[0]) if v[0] == "text" and (t := part(str(v[1]))).strip(HOLE))
    if name in HERE:
        return frozenset([("text", ".")])
    if name in ENVIRONMENT:
        named = (given.variable(r, str(v[1])) for v in ordered(r.of(arguments.get(0, "key"))) if v[0] == "text")
        return join(r.of(arguments.get(1, "default")) - {given.NONE}, *named)
    if name in ("functools.partial", "functools.partialmethod") and positional:
        return frozenset([("partial", op)])
    if name == "functools.reduce" and len(positional) > 1:
        return builtin_calls.each(r, op, positional[:1], [positional[1], positional[1]])
    if name == "importlib.import_module" and positional:
        package = frozenset(v for v in r.of(arguments.get(1, "package")) if v[0] == "text")
        found = [dispatch.by_text(r, op, str(v[1]), package) for v in ordered(r.of(positional[0])) if v[0] == "text"]
        return join(*found) if found else EMPTY
    if name == "atexit.register" and positional:
        callbacks(r, op, arguments.all)
        return r.of(positional[0])
    if name == "collections.namedtuple":
        return frozenset([("record", op)])
    if name in TABLES:
        builtin_calls.fill(r, op, arguments, pairs=name != "collections.deque")
        return frozenset([("made", op)])
    if name in ("operator.itemgetter", "operator.attrgetter", "operator.methodcaller"):
        return EMPTY
    if name in SAME_VALUE and positional:
        return r.of(positional[0])
    if name == "functools.cached_property" and positional:
        return frozenset([("property", op)])
    return None


def method(r: Resolver, op: int, callee: Value, arguments: Arguments) -> Values:
    """A call of a library's method."""
    owner, name = str(callee[1]), str(callee[2])
    receiver = cast(Value, callee[3]) if len(callee) > 3 and isinstance(callee[3], tuple) else ()
    silent = receiver and (receiver[0] == "function" or (receiver[0] == "text" and name in text_methods.OF_PATHS))
    if not silent:  # else the path, or the function itself, answers for it
        r.target(op, ("method", owner, name))
    if receiver and receiver[0] == "parser":
        answered = given.parser_call(r, op, receiver, r.method(owner, name), name, arguments)
        if answered is not None:
            return answered
    elif len(callee) > 3:
        answered = methods.call(r, op, callee[3], name, arguments)
        if answered is not None:
            return answered
    callbacks(r, op, arguments.all, f"{owner}.{name}")
    api = r.method(owner, name)
    if api is not None and api.calls_with:
        _hand(r, api, owner, arguments)
    if api is not None and api.gives:
        outside = _from_outside(r, op, api, arguments)
        if outside:
            return outside
    return _result(r, op, api, owner, arguments)


def _result(r: Resolver, op: int, api: Api | None, owner: str | None, arguments: Arguments) -> Values:
    """What the catalogue says of a result: a type, or with `arg:@value` the argument of a role."""
    if api is not None and api.returns.startswith("named:"):
        return dispatch.named(r, op, api.returns[6:], arguments)
    if api is not None and api.returns.startswith("arg:@"):
        return r.of(standing_at(api, api.returns[4:], arguments)) - {given.NONE}
    return objects.result(r, api, owner, arguments)


def _through_file(r: Resolver, op: int, api: Api, arguments: Arguments) -> Values:
    """Functions that save and load whatever they are given."""
    kept.save(r, api, standing_at(api, "@model", arguments), standing_at(api, "@sink", arguments))
    return kept.load(r, op, api, standing_at(api, "@source", arguments))


def _from_outside(r: Resolver, op: int, api: Api, arguments: Arguments) -> Values:
    """What a call hands over from outside of the program, by the catalogue's `gives`; a file that is opened is known by its path."""
    kind, _, default = api.gives.partition(":")
    if kind == "parser":
        return frozenset([("parser", op, api.name)])
    if kind == "component":
        made = frozenset(v for v in r.of(standing_at(api, "@function", arguments)) if v[0] == "function")
        for value in ordered(made):
            components.add(r, number(value), api.gives)
        return made
    if kind == "option":
        return frozenset([("option", op)])
    if kind == "settings" and api.param("@name") is not None:
        return given.composed(r, op, r.of(standing_at(api, "@source", arguments)), r.of(standing_at(api, "@name", arguments)))
    source = r.of(standing_at(api, "@source", arguments))
    if kind == "layers":
        return given.layers(r, op, join(source, *(containers.elements(r, v, op) for v in ordered(source))))
    if kind == "settings":
        return given.content(r, op, source or frozenset([("text", default)] if default else []))
    return frozenset(("opened", v[1]) for v in ordered(source)[:4] if v[0] == "text")


def standing_at(api: Api, role: str, arguments: Arguments) -> int:
    """The operation that stands at an argument role, or -1."""
    param = api.param(role)
    places = [*(arguments.keyword(k) for k in param.keywords), *(arguments.get(i) for i in param.positions)] if param is not None else []
    return next((a for a in places if a >= 0), -1)


def callbacks(r: Resolver, op: int, arguments: tuple[int, ...], name: str = "") -> None:
    """Project functions handed to a library are called by it, we do not know when."""
    if name in KEEPS:
        return
    for argument in arguments:
        values = r.of(argument)
        if not values:
            continue
        if r.late and any(v[0] == "made" for v in values):
            values = _with_items(r, op, values)
        if r.asked and any(v[0] == "instance" for v in values):
            _asked(r, op, values)
        for value in ordered(v for v in values if v[0] in ("function", "bound", "partial")):
            if value[0] == "partial":
                wrapped = calls.arguments_of(r, number(value)).positional[:1]
                r.read(wrapped, op)
                callbacks(r, op, wrapped)
                continue
            r.target(op, ("callback", value[1]))
            r.callers.setdefault(number(value), set()).add(op)
            params = r.program.params(number(value))
            if value[0] == "bound" and params:
                calls.receive(r, params[0], frozenset([cast(Value, value[2])]))


def _with_items(r: Resolver, op: int, values: Values) -> Values:
    """With what is in lists and tables that are written down, unless they are long."""
    for container in values:
        if container[0] != "made":
            continue
        made = number(container)
        if r.program.ops[made].kind in ("container", "dict") and 0 < len(r.program.args[made]) <= WRITTEN:
            values = join(values, containers.item(r, made, None, op))
    return values


def _asked(r: Resolver, op: int, values: Values) -> None:
    """Methods of objects that a library asks."""
    for value in ordered(v for v in values if v[0] == "instance"):
        for scope in _answers(r, number(value)):
            r.target(op, ("callback", scope))
            r.callers.setdefault(scope, set()).add(op)
            params = r.program.params(scope)
            if params and scope not in r.statics:
                calls.receive(r, params[0], frozenset([value]))


def _answers(r: Resolver, scope: int) -> tuple[int, ...]:
    """The methods by which a class answers the library of its base: those that the base is known to have, hooks (`on_...`), protocols."""
    classes, outer = attributes.order(r, scope)
    if not outer:
        return ()
    known = r.answers.get((scope, *outer))
    if known is None:
        found: list[int] = []
        for name in sorted({n for c in classes for n in r.program.exports[c]}):
            if name in PROTOCOLS or name.startswith("on_") or any(r.method(library, name) is not None for library in outer):
                owner = next(c for c in classes if name in r.program.exports[c])
                found.extend(
                    r.program.defined(d)
                    for d in r.program.exports[owner][name]
                    if r.program.ops[d].kind == "function" and not r.program.ops[d].extra
                )
        known = r.answers[(scope, *outer)] = tuple(found)
    return known


def _holding(r: Resolver, op: int, holds: str, arguments: Arguments) -> Values:
    """An instance that holds what it is made of."""
    builtin_calls.fill(r, op, arguments, pairs=False)
    if holds == "names":
        r.records.add(op)
    return frozenset([("made", op)])


def _hand(r: Resolver, api: Api, owner: str | None, arguments: Arguments) -> None:
    """What the catalogue says that a library gives to the functions that it calls."""
    place = api.calls
    if place is None:
        return
    functions = [*(arguments.keyword(k) for k in place.keywords), *(arguments.get(i) for i in place.positions)]
    for value in ordered(v for a in functions if a >= 0 for v in r.of(a) if v[0] in ("function", "bound")):
        params = r.program.params(number(value))[int(value[0] == "bound") :]
        for parameter, kind in zip(params, api.calls_with, strict=False):
            calls.receive(r, parameter, objects.typed(r, kind, owner, calls.NOTHING))


def _by_name(r: Resolver, op: int, function: int, options: int) -> None:
    """A dict of arguments for a function that a library calls reaches its parameters by name."""
    params = [p for v in ordered(r.of(function)) if v[0] in ("function", "bound") for p in r.program.params(number(v))]
    for value in ordered(v for v in r.of(options) if v[0] in ("made", "settings")) if params else ():
        if value[0] == "made":
            r.item_watchers.setdefault(number(value), set()).add(op)
        known = dict(containers.entries(r, number(value))) if value[0] == "made" else {}
        outside = dict(given.named(r, op, value)) if value[0] == "settings" else {}
        for parameter in params:
            name = r.program.ops[parameter].name
            for item in known.get(name, ()):
                r.depend(item, parameter, r.sources)
            if name in outside:
                calls.receive(r, parameter, outside[name])


def _wrapped(r: Resolver, name: str, arguments: Arguments) -> Values:
    """What an unknown function makes of a project function is taken for the function (`jit(f)`, `task(f)`)."""
    if len(arguments.positional) != 1 or name.startswith("builtins."):
        return EMPTY
    wrapped = [v for v in r.of(arguments.positional[0]) if v[0] in ("function", "bound", "class")]
    return frozenset([*wrapped, *(("handle", v) for v in wrapped if v[0] == "function")])


def spellings(r: Resolver, op: int) -> list[str]:
    """How a value is written when it is formatted, as far as it is known."""
    return spelled(r.of(op))


def spelled(values: Values) -> list[str]:
    """The constants as they are written; None is a default that something else takes the place of before it is written."""
    return [str(v[1]) for v in ordered(values) if v[0] in ("text", "const") and v[1] is not None][:4] or [HOLE]


def paths(values: Values) -> Values:
    """Joined paths, normalised."""
    return frozenset(("text", posixpath.normpath(str(v[1])) if str(v[1]) else "") for v in values)
