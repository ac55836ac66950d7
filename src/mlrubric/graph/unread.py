"""What cannot be said because a program that is not analysed runs first: it may check the data, or the model, and stop the run."""

from __future__ import annotations

from collections.abc import Collection

from mlrubric.graph.graph import RUNS
from mlrubric.graph.validation import same_run
from mlrubric.graph.world import World

UNREAD = "code.unread"
ASKED = (("validated", "false"), ("guarded", "false"))


def mark_unread(world: World) -> None:
    """`validated` and `guarded` become unknown where such a program runs before, in the same run."""
    graph = world.graph
    programs = graph.with_role(UNREAD)
    above = {p: graph.sweep([p], RUNS, back=True, allow=lambda e: not e.loss and not e.blocked) for p in programs}
    if not programs:
        return
    for node in graph.nodes:
        for attribute, value in ASKED:
            if node.attributes.get(attribute) == value and any(_before(world, p, above[p], node.id) for p in programs):
                node.attributes[attribute] = "unknown"


def _before(world: World, program: int, above: Collection[int], node: int) -> bool:
    """Whether the program runs before a node; the tasks of one flow, whose order is not followed, count as before each other."""
    if same_run(world, program, node):
        return True
    mine = world.graph.sweep([node], RUNS, back=True)
    return any(world.graph.nodes[n].kind == "task" for n in mine if n in above)
