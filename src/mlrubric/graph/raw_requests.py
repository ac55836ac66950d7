"""Handlers that give a model what a request brings as it comes: no declared model of the request, no check of it on the way."""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.world import World

BODY = re.compile(r"\.request\.|\.requests\.Request\.")
DICTIONARIES = frozenset({"dict", "Dict", "Any", "Mapping", "object"})
LISTS = frozenset({"list", "List", "Sequence"})
CALLS = frozenset({"call"})


def mark_raw(world: World) -> None:
    """`raw` on handlers whose request reaches a prediction unchecked: `true`."""
    graph, code = world.graph, world.code
    scopes = {node: scope for scope, node in code.scope_node.items()}
    asked: dict[int, list[int]] = {}
    brought: dict[int, list[int]] = {}
    for node, op in code.node_op.items():
        one = graph.nodes[node]
        if is_test_code(one.place.path):
            continue
        if "model.predict" in one.roles:
            asked.setdefault(code.holder(op), []).append(op)
        elif "data.read" in one.roles and BODY.search(one.api):
            brought.setdefault(code.holder(op), []).append(op)
    for handler in graph.with_role("serve.handle") if asked else ():
        one = graph.nodes[handler]
        if one.kind != "function" or handler not in scopes or "check.request" in one.roles or is_test_code(one.place.path):
            continue
        inside = graph.sweep([handler], CALLS)
        predictions = [op for holder in inside for op in asked.get(holder, ())]
        sources = {op for holder in inside for op in brought.get(holder, ())}
        sources |= {p for p in code.program.params(scopes[handler]) if _loose(world, p)}
        if predictions and sources and not sources.isdisjoint(code.flow.reach(predictions, back=True)):
            one.attributes["raw"] = "true"


def _loose(world: World, param: int) -> bool:
    """Whether a parameter is declared as anything at all: a dictionary, `Any`, a list of these."""
    annotation = world.code.program.ops[param].extra
    return isinstance(annotation, int) and annotation >= 0 and _anything(world, annotation)


def _anything(world: World, annotation: int) -> bool:
    facts, args = world.code.program.ops[annotation], world.code.program.args[annotation]
    if facts.kind != "subscript":
        return facts.name in DICTIONARIES | LISTS
    outer, inner = world.code.program.ops[args[0]].name, args[1]
    return outer in DICTIONARIES or (outer in LISTS and inner >= 0 and _anything(world, inner))
