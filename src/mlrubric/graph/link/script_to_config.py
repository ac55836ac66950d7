"""Scripts that stand in the data of a ConfigMap are run by the commands of containers that name them where they are mounted."""

from __future__ import annotations

import posixpath

from mlrubric.graph.world import World
from mlrubric.model.facts import Command, Embedded

ORDER = 71
DATA = ".data."


def link(world: World) -> None:
    """Run edges from commands to such scripts, by the name of the file."""
    graph, code = world.graph, world.code
    held: dict[str, list[int]] = {}
    for unit in code.program.modules:
        if DATA in unit.facts.owner and "/" in unit.facts.owner:
            nodes = [code.module_node[unit.index], code.main_node.get(unit.index, -1)]
            held.setdefault(unit.facts.owner.partition(DATA)[2], []).extend(n for n in nodes if n >= 0)
    for path, text in world.every(Embedded):
        node = world.node(path, text.owner)
        if text.language == "shell" and DATA in text.owner and node is not None:
            held.setdefault(text.owner.partition(DATA)[2], []).append(node)
    for path, command in world.every(Command) if held else ():
        source = world.node(path, command.place.symbol)
        for word in command.argv:
            for node in held.get(posixpath.basename(word), ()) if word.startswith(("/", "./")) and source is not None else ():
                if source is not None and node != source:
                    graph.connect(source, node, "run", command.place)
                    graph.nodes[source].attributes.pop("unwired", None)
