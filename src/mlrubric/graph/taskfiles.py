"""Which tasks of Taskfiles a command runs: those of the nearest file, with prefixes for the files that it includes."""

from __future__ import annotations

import posixpath

from mlrubric.graph.world import World
from mlrubric.model.facts import Include, Setting, Stage
from mlrubric.model.homes import home

TOOL = "task"
PROGRAMS = (TOOL, "go-task")
FILES = ("Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml", "Taskfile.dist.yml", "taskfile.dist.yml", "Taskfile.dist.yaml")
DEEP = 8


def called(world: World, folder: str, path: str, wanted: str, file: str | None) -> list[int]:
    """The stages that `task` runs in a folder; inside a Taskfile a name means a task of the same file first."""
    names = [word for word in wanted.split() if "=" not in word and not word.startswith("-")] or ["default"]
    here = path if posixpath.basename(path) in FILES else ""
    start = here or (world.file(folder, file) if file else _nearest(world, folder)) or ""
    found: list[int] = []
    for name in names:
        for node in _named(world, start, name.lstrip(":"), DEEP) or (_named(world, _nearest(world, folder), name.lstrip(":"), DEEP)):
            if node not in found:
                found.append(node)
    return found


def place_included(world: World) -> None:
    """Tasks of included files run where the include says, else where the including file lies."""
    for path, include in world.every(Include):
        if include.kind != TOOL:
            continue
        folder = next((s.value for s in world.of(path) if isinstance(s, Setting) and s.route == f"{include.place.symbol}.dir"), "")
        target = _file(world, path, include)
        for stage in world.of(target) if target and "{{" not in folder else ():
            node = world.node(target, stage.place.symbol) if isinstance(stage, Stage) else None
            if node is not None and isinstance(stage, Stage):
                joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), folder, stage.directory))
                world.graph.nodes[node].attributes["directory"] = joined


def _nearest(world: World, folder: str) -> str:
    """The Taskfile of a folder, or of the next one above that has one."""
    top = home(folder)
    while True:
        for name in FILES:
            found = world.file(folder, name)
            if found is not None:
                return found
        if folder in ("", ".", top):
            return ""
        folder = posixpath.dirname(folder)


def _named(world: World, path: str, name: str, deep: int) -> list[int]:
    if not path or deep == 0:
        return []
    node = world.node(path, f"tasks.{name}")
    if node is not None:
        return [node]
    for include in world.of(path):
        if isinstance(include, Include) and include.kind == TOOL:
            prefix = f"{include.owner}:" if include.owner else ""
            inner = "default" if name == include.owner else name.removeprefix(prefix) if name.startswith(prefix) else ""
            found = _named(world, _file(world, path, include), inner, deep - 1) if inner else []
            if found:
                return found
    return []


def _file(world: World, path: str, include: Include) -> str:
    """The included file: it is named, or lies in the folder that is named."""
    folder = posixpath.dirname(path)
    for form in (include.target, *(posixpath.join(include.target, name) for name in FILES)):
        found = world.file(folder, form)
        if found is not None:
            return found
    return ""
