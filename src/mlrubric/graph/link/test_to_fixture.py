"""A test runs the fixtures it asks for."""

from __future__ import annotations

from mlrubric.graph.values import number, ordered
from mlrubric.graph.world import World

ORDER = 40


def link(world: World) -> None:
    """Call edges from tests and fixtures to the fixtures that pytest hands to them."""
    for scope, fixture in sorted(world.fixtures.uses):
        source, target = world.code.scope_node[scope], world.code.scope_node[fixture]
        world.graph.connect(source, target, "call", world.graph.nodes[source].place)
    for scope, node in sorted(world.code.scope_node.items()):
        facts = world.code.program.scopes[scope]
        if world.graph.nodes[node].kind != "test":
            continue
        module = world.code.module_node[world.code.program.scope_unit[scope]]
        world.graph.connect(node, module, "import", world.graph.nodes[node].place)
        parent = world.code.program.parent_scope(scope)
        if world.code.program.scopes[parent].kind == "class":
            for name in ("setUp", "setUpClass", "setup_method", "setup_class", "asyncSetUp"):
                for definition in world.code.program.exports[parent].get(name, ()):
                    for value in ordered(world.code.resolver.of(definition)):
                        helper = world.code.scope_node.get(number(value)) if value[0] == "function" else None
                        if helper is not None and helper != node:
                            world.graph.connect(node, helper, "call", world.graph.nodes[node].place, label=facts.name)
