"""Which stages a command runs. Of dvc: those of a folder or those that are named, with everything that they need, unless it asks for less
or for more. Of a project's own scripts: the one that is named."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from mlrubric.graph.world import World
from mlrubric.knowledge.commands import Invocation

ALONE = frozenset({"-s", "--single-item"})
WHOLE = frozenset({"-P", "--all-pipelines"})
PIPELINE = frozenset({"-p", "--pipeline"})
DOWN = frozenset({"--downstream"})
DEEP = frozenset({"-R", "--recursive"})
FILES = ("dvc.yaml", "dvc.yml")
RUNNERS = frozenset({"hatch", "pdm"})
NAMING = {"poe": "poe", "task": "taskipy", "taskipy": "taskipy"}
FROZEN = "frozen stage"


def chosen_stages(world: World, folder: str, invocation: Invocation) -> list[tuple[int, bool, str]]:
    """The stages that a command runs in a folder, each with the reason when it does not run."""
    graph = world.graph
    every = [n for n in graph.of_kind("stage") if graph.nodes[n].attributes.get("tool") == "dvc"]
    given = {name for name, _ in invocation.options}
    wanted = [word for word in invocation.target.split() if not word.startswith("-")]
    named = [n for n in every if any(_is_named(world, n, folder, word, bool(given & DEEP)) for word in wanted)]
    if wanted and not named and not given & WHOLE:
        return []
    chosen = named or [n for n in every if _folder(world, n) == folder]
    if given & WHOLE:
        chosen = every
    elif given & PIPELINE:
        chosen = _closed(world, chosen, every, up=True, down=True)
    elif given & DOWN and wanted:
        chosen = _closed(world, chosen, every, up=False, down=True)
    elif not given & ALONE:
        chosen = _closed(world, chosen, every, up=True, down=False)
    return [(n, True, FROZEN if graph.nodes[n].attributes.get("frozen") == "true" else "") for n in chosen]


def _is_named(world: World, stage: int, folder: str, word: str, deep: bool) -> bool:
    """Whether a target names a stage: `train`, `train@a`, `sub/dvc.yaml:train`, `sub/dvc.yaml`, a file that the stage writes, a folder."""
    node = world.graph.nodes[stage]
    file, colon, name = word.rpartition(":")
    if not colon:
        path = posixpath.normpath(posixpath.join(folder, word))
        if posixpath.basename(word) in FILES or word.endswith(".dvc"):
            return node.place.path == path
        if any(world.graph.nodes[e.target].label == path for e in world.graph.successors(stage, ("write",))):
            return True
        if deep and (path == "." or node.place.path.startswith(path + "/")):
            return True
        name = word
    home = posixpath.dirname(posixpath.normpath(posixpath.join(folder, file))) if file else folder
    if file and not posixpath.basename(file).startswith("dvc."):
        home = posixpath.normpath(posixpath.join(folder, file))
    if _folder(world, stage) != ("" if home == "." else home):
        return False
    label = node.label
    return name == label or name == label.partition("@")[0] or ("*" not in name and name.partition("@")[0] == label)


def _folder(world: World, stage: int) -> str:
    return posixpath.dirname(world.graph.nodes[stage].place.path)


def _closed(world: World, stages: Iterable[int], every: Iterable[int], *, up: bool, down: bool) -> list[int]:
    """The stages with those that make what they read, and those that read what they make, over and over."""
    before: dict[int, set[int]] = {}
    graph = world.graph
    makers: dict[str, list[int]] = {}
    for stage in every:
        for edge in graph.successors(stage, ("write",)):
            makers.setdefault(graph.nodes[edge.target].label, []).append(stage)
    for stage in every:
        for edge in graph.predecessors(stage, ("read",)):
            for path in _above(graph.nodes[edge.source].label):
                before.setdefault(stage, set()).update(n for n in makers.get(path, ()) if n != stage)
            label = graph.nodes[edge.source].label + "/"
            before.setdefault(stage, set()).update(n for path, ns in makers.items() if path.startswith(label) for n in ns if n != stage)
    after: dict[int, set[int]] = {}
    for stage, needed in before.items():
        for one in needed:
            after.setdefault(one, set()).add(stage)
    found, waiting = set(stages), list(stages)
    while waiting:
        stage = waiting.pop()
        frozen = graph.nodes[stage].attributes.get("frozen") == "true"
        following = (*(before.get(stage, ()) if up and not frozen else ()), *(after.get(stage, ()) if down else ()))
        for one in following:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return sorted(found)


def _above(path: str) -> Iterable[str]:
    """A path and the folders above it: a stage may write a folder of which another reads a file."""
    while path and path != ".":
        yield path
        path = posixpath.dirname(path)


def project_scripts(world: World, folder: str, argv: tuple[str, ...]) -> list[int]:
    """The scripts of the project that a command names: `poe test`, `hatch run dev:test`, `pdm run test`, `task test`."""
    manager = argv[0] if argv else ""
    words = [word for word in argv[1:] if not word.startswith("-")]
    if manager in RUNNERS and words[:1] == ["run"]:
        words = words[1:]
    elif manager not in (*RUNNERS, *NAMING):
        return []
    wanted = words[0].rpartition(":")[2] if words else ""
    graph = world.graph
    return [
        n
        for n in graph.of_kind("stage")
        if graph.nodes[n].attributes.get("tool") == "script"
        and graph.nodes[n].attributes.get("with.manager") == (NAMING.get(manager) or manager)
        and graph.nodes[n].label == wanted
        and _folder(world, n) == folder
    ]
