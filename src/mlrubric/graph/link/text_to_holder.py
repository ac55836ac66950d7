"""Python that stands inside of another file is run by what holds it: a script of a manifest, a step, a command."""

from __future__ import annotations

from mlrubric.graph.world import World

ORDER = 32  # behind the commands, which may hold a text themselves


def link(world: World) -> None:
    """From the holder to the module that its text is."""
    code, graph = world.code, world.graph
    for unit in code.program.modules:
        if not unit.facts.owner or unit.is_notebook:
            continue
        holder = world.node(unit.path, unit.facts.owner)
        if holder is None:
            continue
        for node in (code.module_node[unit.index], code.main_node.get(unit.index, -1)):
            if node >= 0:
                graph.connect(holder, node, "run", graph.nodes[holder].place)
