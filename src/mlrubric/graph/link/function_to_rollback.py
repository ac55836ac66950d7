"""Functions of the project that put an earlier version back, and the tests that try them.

A name alone says nothing (databases roll back too): what such a function does, or what it calls, must touch a model, its registry or its
traffic.
"""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.world import World

ORDER = 86  # once code and commands have all their roles
NAME = re.compile(
    r"(^|_)roll_?back(_|$)|^rolled_?back$|(^|_)(revert|restore|return|go_back|switch_back|downgrade)_(to_)?(the_)?"
    r"(previous|prior|earlier|last|old)(_good)?(_(model|version|release|champion|production))?(_|$)|^demote(_|$)|(^|_)demote_(champion|model|version)",
    re.IGNORECASE,
)
TOUCHES = ("model.promote", "model.register", "model.deploy", "model.load", "model.save", "run.read", "serve.split", "serve.rollback")
CALLS = ("call",)


def link(world: World) -> None:
    """The role on such functions, and on the tests that call them."""
    graph, code = world.graph, world.code
    program = code.program
    holding = {code.holder(code.node_op[n]) for n in graph.with_role(*TOUCHES) if n in code.node_op}
    reaching = graph.sweep(holding, CALLS, back=True)
    for scope, node in sorted(code.scope_node.items()):
        named = NAME.search(program.scopes[scope].name) is not None
        if not named or is_test_code(graph.nodes[node].place.path) or not (node in reaching or _in_registry(world, scope)):
            continue
        graph.give(node, "serve.rollback")
        for test in graph.sweep([node], CALLS, back=True):
            if graph.nodes[test].kind == "test":
                graph.give(test, "serve.rollback")


def _in_registry(world: World, scope: int) -> bool:
    """Whether the function is of a class or a module that keeps versions of models: its name, or that of its file, says so."""
    program = world.code.program
    parent = program.parent_scope(scope)
    names = [program.scopes[parent].name if parent >= 0 else "", world.graph.nodes[world.code.scope_node[scope]].place.path]
    return any(re.search(r"regist|promot|deploy|model_?(store|version|serv)|champion", name, re.IGNORECASE) for name in names)
