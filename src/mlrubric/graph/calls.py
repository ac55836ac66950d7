"""What a call does to values: which functions it may enter, what it binds, what it yields."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlrubric.graph.values import EMPTY, HOLE, Value, Values, concatenations, join

if TYPE_CHECKING:
    from mlrubric.graph.resolve import Resolver

JOINS = {"os.path.join", "posixpath.join", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"}
SAME_TEXT = {"builtins.str", "os.path.abspath", "os.path.normpath", "os.path.expanduser", "os.fspath", "hydra.utils.to_absolute_path"}
ENVIRONMENT = {"os.environ.get", "os.getenv"}
CONTAINER_CALLS = {"builtins.list", "builtins.tuple", "builtins.sorted", "builtins.reversed", "builtins.iter", "builtins.set"}


def call(resolver: Resolver, op: int) -> Values:
    """The values of a call operation; records its targets."""
    facts, args = resolver.program.ops[op], resolver.program.args[op]
    names = facts.value if isinstance(facts.value, tuple) else ()
    count = len(names)
    positional = args[1 : len(args) - count]
    keywords = tuple((str(n), a) for n, a in zip(names, args[len(args) - count :], strict=True)) if count else ()
    stars = tuple(int(s) for s in facts.extra) if isinstance(facts.extra, tuple) else ()
    starred = tuple(args[s] for s in stars)
    found: list[Values] = []
    for callee in resolver.of(args[0]):
        found.append(invoke(resolver, op, callee, positional, keywords, starred))
    return join(*found) if found else EMPTY


def invoke(
    resolver: Resolver, op: int, callee: Value, positional: tuple[int, ...], keywords: tuple[tuple[str, int], ...], stars: tuple[int, ...]
) -> Values:
    """Enter one callee with these arguments."""
    kind = callee[0]
    if kind == "function":
        return _enter(resolver, op, int(str(callee[1])), None, positional, keywords, stars)
    if kind == "bound" and isinstance(callee[2], tuple):
        return _enter(resolver, op, int(str(callee[1])), callee[2], positional, keywords, stars)
    if kind == "class":
        scope = int(str(callee[1]))
        resolver.targets.setdefault(op, set()).add(callee)
        instance: Value = ("instance", scope)
        for method in resolver.class_attribute(scope, "__init__", op):
            if method[0] == "function":
                _enter(resolver, op, int(str(method[1])), instance, positional, keywords, stars)
        return frozenset([instance])
    if kind == "instance":
        found = [
            _enter(resolver, op, int(str(m[1])), callee, positional, keywords, stars)
            for name in ("__call__", "forward", "call")
            for m in resolver.class_attribute(int(str(callee[1])), name, op)
            if m[0] == "function"
        ]
        return join(*found) if found else EMPTY
    if kind == "partial":
        bound = int(str(callee[1]))
        inner = resolver.program.args[bound]
        names = resolver.program.ops[bound].value
        count = len(names) if isinstance(names, tuple) else 0
        early = inner[2 : len(inner) - count]
        found = [invoke(resolver, op, v, (*early, *positional), keywords, stars) for v in resolver.of(inner[1])]
        return join(*found) if found else EMPTY
    if kind == "external":
        return _external(resolver, op, str(callee[1]), positional, keywords)
    if kind == "method":
        return _method(resolver, op, str(callee[1]), str(callee[2]), positional, keywords)
    return EMPTY


def _enter(
    resolver: Resolver, op: int, scope: int, receiver: Value | None, positional: tuple[int, ...], keywords: tuple[tuple[str, int], ...], stars: tuple[int, ...]
) -> Values:
    """Bind arguments to the parameters of a project function and take what it returns."""
    program = resolver.program
    resolver.targets.setdefault(op, set()).add(("function", scope))
    resolver.callers.setdefault(scope, set()).add(op)
    params = program.params(scope)
    kinds = [program.ops[p].value for p in params]
    plain = [p for p, k in zip(params, kinds, strict=True) if k == "positional"]
    by_name = {program.ops[p].name: p for p in params}
    if receiver is not None and plain:
        first = plain.pop(0)
        holder = _receiver(resolver, op)
        if holder >= 0:
            resolver.depend(holder, first, resolver.sources)
    rest = next((p for p, k in zip(params, kinds, strict=True) if k == "*"), -1)
    for index, argument in enumerate(positional):
        if argument in stars:
            for parameter in plain[index:]:
                resolver.depend(argument, parameter, resolver.sources)
            break
        if index < len(plain):
            resolver.depend(argument, plain[index], resolver.sources)
        elif rest >= 0:
            resolver.depend(argument, rest, resolver.sources)
    spill = next((p for p, k in zip(params, kinds, strict=True) if k == "**"), -1)
    for name, argument in keywords:
        if name == "**":
            for parameter in plain:
                resolver.depend(argument, parameter, resolver.sources)
        elif name in by_name:
            resolver.depend(argument, by_name[name], resolver.sources)
        elif spill >= 0:
            resolver.depend(argument, spill, resolver.sources)
    found: list[Values] = []
    for returned in program.returns(scope):
        resolver.depend(returned, op, resolver.results)
        found.append(resolver.of(returned))
    annotation = program.scopes[scope].returns_annotation
    if annotation >= 0:
        found.append(resolver._annotated(annotation + program.modules[program.scope_unit[scope]].base))
    return join(*found) if found else EMPTY


def _receiver(resolver: Resolver, op: int) -> int:
    """The operation that yields the receiver of a method call, or -1."""
    facts = resolver.program.ops[op]
    if facts.kind == "call":
        callee = resolver.program.args[op][0]
        if resolver.program.ops[callee].kind == "attribute":
            return resolver.program.args[callee][0]
        return -1
    if facts.kind in ("attribute", "enter"):
        return resolver.program.args[op][0]
    return -1


def _external(resolver: Resolver, op: int, name: str, positional: tuple[int, ...], keywords: tuple[tuple[str, int], ...]) -> Values:
    catalogue = resolver.catalogue
    name = catalogue.canonical(name)
    resolver.targets.setdefault(op, set()).add(("external", name))
    if name in JOINS:
        pieces: list[list[str]] = []
        for index, argument in enumerate(positional):
            if index:
                pieces.append(["/"])
            pieces.append(resolver.spellings(argument))
        return _paths(concatenations(pieces))
    if name in SAME_TEXT and positional:
        return frozenset(v for v in resolver.of(positional[0]) if v[0] == "text")
    if name in ENVIRONMENT:
        return resolver.of(positional[1]) if len(positional) > 1 else join(*(resolver.of(a) for n, a in keywords if n == "default"))
    if name == "functools.partial" and positional:
        return frozenset([("partial", op)])
    if name == "builtins.super":
        scope = resolver.program.scope_id(op)
        owner = resolver.class_of.get(scope)
        return frozenset([("super", owner)]) if owner is not None else EMPTY
    if name in CONTAINER_CALLS and positional:
        return resolver.of(positional[0])
    if name == "importlib.import_module" and positional:
        return _imported(resolver, op, positional[0])
    _callbacks(resolver, op, (*positional, *(a for _, a in keywords)))
    api = catalogue.api(name)
    if api is not None and api.returns:
        return _typed(resolver, api.returns, None, positional)
    if catalogue.is_class(name):
        return frozenset([("object", name)])
    return EMPTY


def _method(resolver: Resolver, op: int, owner: str, name: str, positional: tuple[int, ...], keywords: tuple[tuple[str, int], ...]) -> Values:
    resolver.targets.setdefault(op, set()).add(("method", owner, name))
    _callbacks(resolver, op, (*positional, *(a for _, a in keywords)))
    api = resolver.catalogue.method(owner, name)
    if api is not None and api.returns:
        return _typed(resolver, api.returns, owner, positional)
    return EMPTY


def _typed(resolver: Resolver, returns: str, owner: str | None, positional: tuple[int, ...]) -> Values:
    """The value that a catalogue return type stands for."""
    if returns == "self":
        return frozenset([("object", owner)]) if owner else EMPTY
    if returns.startswith("arg:"):
        index = int(returns[4:])
        return resolver.of(positional[index]) if index < len(positional) else EMPTY
    if returns.startswith("tuple[") and returns.endswith("]"):
        return frozenset([("tuple", tuple(t.strip() for t in returns[6:-1].split(",")))])
    return frozenset([("object", returns)])


def _callbacks(resolver: Resolver, op: int, arguments: tuple[int, ...]) -> None:
    """Project functions handed to a library are called by it, we do not know when."""
    for argument in arguments:
        for value in resolver.of(argument):
            if value[0] in ("function", "bound"):
                resolver.targets.setdefault(op, set()).add(("callback", value[1]))
                resolver.callers.setdefault(int(str(value[1])), set()).add(op)
            elif value[0] == "partial":
                inner = resolver.program.args[int(str(value[1]))]
                _callbacks(resolver, op, inner[1:2])


def _imported(resolver: Resolver, op: int, argument: int) -> Values:
    found: set[Value] = set()
    for text in resolver.spellings(argument):
        if HOLE not in text:
            index = resolver.program.find_module(text, 0, resolver.program.unit(op))
            found.add(("module", index) if index is not None else ("external", text))
    return frozenset(found)


def _paths(values: Values) -> Values:
    """Joined paths, normalised."""
    return frozenset(("text", posixpath.normpath(str(v[1])) if str(v[1]) else "") for v in values)
