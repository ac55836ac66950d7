"""Calls of components that were loaded from a file: the pipeline runs what the file says."""

from __future__ import annotations

from mlrubric.graph.definitions import origin
from mlrubric.graph.values import texts
from mlrubric.graph.world import World, normal
from mlrubric.model.homes import at_home, inside, same_home

ORDER = 79  # before tasks are put in order
SYMBOL = "component"


def link(world: World) -> None:
    """A task for each such call, which is the job of the component's file."""
    files = {path: node for (path, symbol), node in world.nodes.items() if symbol == SYMBOL}
    if not files:
        return
    code, program = world.code, world.code.program
    for op in program.of_kind("call"):
        callee = program.args[op][0]
        made = origin(code, callee) if callee >= 0 else -1
        meaning = code.meanings.of(made) if made >= 0 and made != op and program.ops[made].kind == "call" else None
        if meaning is None or "flow.task" not in meaning.roles or "@source" not in meaning.arguments:
            continue
        here = code.place(op).path
        named = {at_home(here, normal(text)) for text in texts(code.resolver.of(meaning.arguments["@source"]))}
        ends = tuple("/" + inside(name) for name in named)
        found = [path for path in sorted(files) if path in named or (path.endswith(ends) and same_home(path, here))]
        if len(found) == 1:
            world.tasks[op] = files[found[0]]
            world.graph.connect(code.holder(op), files[found[0]], "run", code.place(op), certain=found[0] in named)
