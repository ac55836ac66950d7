"""A training that is repeated by commands: what it leaves behind is compared with what was committed, or with what the run before left.

`dvc repro` and then `git diff --exit-code dvc.lock`; two runs of a script and then `cmp`; a list of hashes that is checked. What comes
before in the job must train, and what is compared must be made by it.
"""

from __future__ import annotations

import re

from mlrubric.graph.earlier import earlier, holders
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.world import World, normal
from mlrubric.model.facts import Command, Stage

SAME = "check.same"
ASKS_GIT = re.compile(r"\bgit\s+(?:status\s+(?:--porcelain|-s|--short)|diff\b)")
LOCK = "dvc.lock"
NAME = re.compile(r"[\w.@{}$/-]*\.[A-Za-z]\w*$")
SUMS = re.compile(r"sum$")


def mark_repeats(world: World) -> None:
    """The role `check.repeat` on such commands; they are gates."""
    graph = world.graph
    for path, command in world.every(Command):
        node = world.node(path, command.place.symbol)
        if node is None or graph.nodes[node].kind != "command" or not _compares(world, node, command):
            continue
        made = _made_before(world, node)
        if made is not None and _of_what_is_made(command, made):
            graph.give(node, "check.repeat")
            graph.nodes[node].gate = True


def _compares(world: World, node: int, command: Command) -> bool:
    """Whether the exit status of a command says if files are what they were."""
    roles = world.graph.nodes[node].roles
    return SAME in roles or ("check.condition" in roles and ASKS_GIT.search(" ".join(command.argv)) is not None)


def _made_before(world: World, node: int) -> set[str] | None:
    """The names of the files that trainings before a command make, in its job or in those that it needs; None when nothing trains."""
    graph = world.graph
    starts = [start for holder in holders(graph, node) for start in earlier(world, holder)]
    before = graph.sweep(starts, RUNS, allow=lambda e: not e.blocked, stop=graph.of_kind("test"))
    fits = [n for n in graph.with_role("model.fit") if n in before]
    if not fits:
        return None
    made = {graph.nodes[n].label for n in graph.sweep(fits, FLOWS) if graph.nodes[n].kind in ("artifact", "model", "dataset")}
    stages = {world.node(path, stage.place.symbol): stage for path, stage in world.every(Stage)}
    for stage in (stage for number, stage in stages.items() if number in before):
        made |= {*stage.writes, *stage.metrics, LOCK}
    return {normal(name).rpartition("/")[2] for name in made}


def _of_what_is_made(command: Command, made: set[str]) -> bool:
    """Whether a command compares what is made; one that names no file compares everything."""
    words = [word for word in command.argv[1:] if not word.startswith("-") and NAME.search(word)]
    if command.argv[:1] and SUMS.search(command.argv[0]):
        return True  # the list says which; somebody has put the hashes of this training there
    return not words or any(word.rpartition("/")[2] in made for word in words)
