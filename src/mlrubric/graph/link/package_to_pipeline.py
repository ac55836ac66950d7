"""Calls that run a pipeline by the file that it was compiled to."""

from __future__ import annotations

from mlrubric.graph.packages import packaged
from mlrubric.graph.world import World

ORDER = 86  # behind the links that make workflows of files
RUNS = "flow.run"


def link(world: World) -> None:
    """From such a call to the pipeline."""
    code = world.code
    for op, meaning in sorted(code.meanings.all().items()):
        if RUNS in meaning.roles and op in code.op_node and "@function" not in meaning.arguments:
            for node, certain in packaged(world, op, meaning):
                world.graph.connect(code.op_node[op], node, "run", code.place(op), certain=certain)
