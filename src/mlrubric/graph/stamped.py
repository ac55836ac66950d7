"""Images that train with a tracker: whether the commit comes along, as a copy of the history, a variable or a label."""

from __future__ import annotations

import re

from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World
from mlrubric.model.facts import Instruction

SAYS = re.compile(r"sha\b|_sha|commit|revision|\.git\b|git_|rev-parse|vcs", re.IGNORECASE)
WHOLE = (".", "./", "/")


def mark_stamped(world: World) -> None:
    """`unstamped` on the images whose program trains and records runs, where nothing says of which commit it is."""
    graph = world.graph
    tracked = set(graph.with_role("run.track"))
    fits = set(graph.with_role("model.fit"))
    if not tracked or not fits or any(SAYS.search(graph.nodes[n].label) for n in graph.of_kind("command")):
        return
    copies: dict[str, list[str]] = {}
    for path, instruction in world.every(Instruction):
        if instruction.name in ("COPY", "ADD"):
            copies.setdefault(path, []).extend(instruction.arguments[:-1])
    for path, sources in sorted(copies.items()):
        node = world.node(path, "run")
        if node is None or any(source in WHOLE for source in sources):
            continue  # the whole folder, with its history unless it is left out by another file
        below = graph.sweep([node], RUNS).keys()
        if tracked & below and fits & below:
            graph.nodes[node].attributes["unstamped"] = "true"
