"""Functions that an orchestrator turns into components: their outputs have names, and where they lie is a path that others are given.

The place of an output is the text `<function>.outputs/<name>`: what one component writes there, and another that is given it reads, is the
same artifact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.graph.values import EMPTY, Value, Values, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver

ENDINGS = ("_path", "_file")
LIES = ("path", "uri")
SUBMITS = frozenset({"submit", "map", "delay", "remote", "apply_async", "expand", "fn", "func", "__wrapped__", "__call__", "__func__"})
CONFIGURES = frozenset({"with_options", "options", "override", "partial"})


def gives(r: Resolver, decorator: int) -> set[str]:
    """What the catalogue says that a decorator, bare or called, makes of a function."""
    values = (*r.of(decorator), *r.targets.get(decorator, ()))
    apis = (r.catalogue.api(str(v[1])) for v in ordered(v for v in values if v[0] == "external"))
    return {api.gives for api in apis if api is not None and api.gives}


def add(r: Resolver, scope: int, given: str) -> None:
    """Remember a component with the type of what calling it gives (`component:<type>`)."""
    if scope not in r.components:
        r.components[scope] = given.partition(":")[2] or "builtins.object"
        for op in (*r.program.params(scope), *r.callers.get(scope, ())):
            r.push(op)


def output(r: Resolver, parameter: int, annotation: int) -> Values:
    """The place of an output that is a parameter: `out: Output[Dataset]`, `out_path: OutputPath(str)`."""
    kind = r.program.ops[annotation].kind
    base = r.program.args[annotation][0] if kind in ("subscript", "call") and r.program.args[annotation] else annotation
    if not any(v[0] == "external" and _is_output(r, str(v[1])) for v in r.read((base,), parameter)):
        return EMPTY
    scope = r.program.scope_id(parameter)
    place = f"{r.program.qualified(scope)}.outputs/{plain(r.program.ops[parameter].name)}"
    return frozenset([("artifact", place) if kind == "subscript" else ("text", place)])


def _is_output(r: Resolver, name: str) -> bool:
    api = r.catalogue.api(name)
    return api is not None and api.gives == "output"


def plain(name: str) -> str:
    """The name of an input or output: that of the parameter without what only says that it is a path."""
    return next((name.removesuffix(e) for e in ENDINGS if name.endswith(e)), name)


def task_attribute(r: Resolver, op: int, value: Value, name: str) -> Values:
    """An attribute of what calling a component gives: all its outputs, the only one, or a method."""
    if name == "outputs":
        return frozenset([value])
    if name == "output":
        return result(r, op, value, None)
    return frozenset([("method", r.components[number(value)], name, value)])


def result(r: Resolver, op: int, value: Value, key: object) -> Values:
    """The output of a name (None: the only one): a parameter of the component, or what its function returns."""
    scope = number(value)
    for parameter in r.program.params(scope):
        if op not in r.uses[parameter]:
            r.uses[parameter].append(op)  # an output is known once its annotation is; its data takes another way
    outputs = [p for p in r.program.params(scope) if any(v[0] in ("artifact", "text") and "outputs/" in str(v[1]) for v in r.of(p))]
    chosen = [p for p in outputs if key is None or plain(r.program.ops[p].name) == key]
    if chosen:
        return r.read(chosen[:1] if key is None else chosen, op)
    return r.read(r.program.returns(scope), op)


def artifact_attribute(value: Value, name: str) -> Values:
    return frozenset([("text", value[1])]) if name in LIES else EMPTY


def function_attribute(value: Value, name: str) -> Values:
    """Methods that an orchestrator gives to a function: some run it, some give it back with other settings."""
    if name in SUBMITS:
        return frozenset([value])
    return frozenset([("method", "builtins.function", name, value)]) if name in CONFIGURES else EMPTY


def taken_by_name(r: Resolver, by_name: dict[str, int], params: tuple[int, ...]) -> None:
    """A component's input goes by the plain name of its parameter."""
    if params and r.program.scope_id(params[0]) in r.components:
        for name, parameter in list(by_name.items()):
            by_name.setdefault(plain(name), parameter)
