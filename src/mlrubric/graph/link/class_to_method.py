"""Classes that a library asks by itself: heirs of its classes, and what its decorators and calls take. `predict` of a model server's class
answers requests, and the module that defines the class leads to it. Functions that are handed over as handlers are handlers."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.resolve import attributes
from mlrubric.graph.values import number
from mlrubric.graph.world import World
from mlrubric.knowledge.entries import Api

ORDER = 37


HANDLES = "serve.handle"


def link(world: World) -> None:
    """Roles of the methods, and edges from what defines the class; what starts an object (`__init__`, `setup`) goes first."""
    _handed_over(world)
    code, program = world.code, world.code.program
    for scope, facts in enumerate(program.scopes):
        definition = program.definition(scope) if facts.kind == "class" else -1
        if definition < 0:
            continue
        for api in _asking(world, scope, definition):
            for method, role in api.asks:
                for target in _methods(world, scope, method):
                    node = code.scope_node[target]
                    if role:
                        world.graph.give(node, role)
                    world.graph.connect(code.holder(definition), node, "call", code.place(definition))


def _handed_over(world: World) -> None:
    """Handlers that a call takes: `app.add_url_rule("/predict", view_func=predict)`, `app.add_route("/predict", Resource())`."""
    code = world.code
    for op in sorted(code.op_node):
        meaning = code.meanings.of(op)
        if meaning is None or HANDLES not in meaning.roles or code.program.ops[op].kind != "call":
            continue
        given = code.resolver.of(meaning.arguments.get("@function", -1))
        for scope in sorted(number(v) for v in given if v[0] == "function"):
            if scope in code.scope_node:
                world.graph.give(code.scope_node[scope], HANDLES)
        objects = code.resolver.of(meaning.arguments.get("@model", -1)) if meaning.entry is not None and meaning.entry.asks else ()
        for scope in sorted(number(v) for v in objects if v[0] in ("instance", "class")):
            for method, role in meaning.entry.asks if meaning.entry is not None else ():
                for target in _methods(world, scope, method):
                    world.graph.give(code.scope_node[target], role) if role else None
                    world.graph.connect(code.holder(op), code.scope_node[target], "call", code.place(op))


def _asking(world: World, scope: int, definition: int) -> Iterator[Api]:
    """The entries of the library's bases and decorators of a class that ask for methods."""
    code = world.code
    for base in attributes.order(code.resolver, scope)[1]:
        for name in code.meanings.catalogue.bases(base):
            info = code.meanings.catalogue.type(name)
            if info is not None and info.constructor.asks:
                yield info.constructor
    for decorator in code.program.decorators(definition):
        meaning = code.meanings.of(decorator) or code.meanings.named(decorator)
        if meaning is not None and meaning.entry is not None and meaning.entry.asks:
            yield meaning.entry


def _methods(world: World, scope: int, name: str) -> list[int]:
    """The functions of that name on a class of the project, its own before those of its bases."""
    program = world.code.program
    for owner in attributes.order(world.code.resolver, scope)[0]:
        found = [program.defined(d) for d in program.exports[owner].get(name, ()) if program.ops[d].kind == "function"]
        if found:
            return [s for s in found if s in world.code.scope_node]
    return []
