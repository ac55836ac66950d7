"""A server's own configuration file is read by what starts the server: a command that names it, a container that mounts it, an image into
which it is copied."""

from __future__ import annotations

import posixpath

from mlrubric.graph.world import World, parents
from mlrubric.model.facts import Command, Instruction, Part, Service

ORDER = 62
OWNER = "server"


def link(world: World) -> None:
    """Run edges from commands, services and images to the nodes of such files."""
    files = {path: node for path, part in world.every(Part) if part.owner == OWNER and (node := world.node(path, OWNER)) is not None}
    if not files:
        return
    for path, command in world.every(Command):
        source = world.node(path, command.place.symbol)
        for word in command.argv[1:] if source is not None else ():
            for named in _named(files, word.partition("=")[2] or word):
                world.graph.connect(source, files[named], "run", command.place, certain=False) if source is not None else None
    for path, service in world.every(Service):
        source = world.node(path, service.place.symbol)
        for volume in service.volumes if source is not None else ():
            inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), volume.partition(":")[0]))
            for named in (f for f in files if f == inner or inner in tuple(parents(f))):
                if source is not None and source != files[named]:
                    world.graph.connect(source, files[named], "run", service.place)
    for path, instruction in world.every(Instruction):
        image = world.node(path, "run")
        if image is None or instruction.name not in ("COPY", "ADD"):
            continue
        for word in instruction.arguments[:-1]:
            for base in dict.fromkeys((posixpath.dirname(path), "")):
                inner = posixpath.normpath(posixpath.join(base, word))
                for named in (f for f in files if f == inner or (inner not in (".", "") and inner in tuple(parents(f)))):
                    world.graph.connect(image, files[named], "run", instruction.place)


def _named(files: dict[str, int], word: str) -> list[str]:
    """The files that a word of a command names, by their end: inside of a container the folders are others."""
    if "/" not in word and "." not in word:
        return []
    name = posixpath.basename(word.rstrip("/"))
    exact = [f for f in files if f == posixpath.normpath(word)]
    alike = [f for f in files if posixpath.basename(f) == name or (name and f"/{name}/" in f"/{posixpath.dirname(f)}/")]
    return exact or (alike if len({posixpath.dirname(posixpath.dirname(f)) for f in alike}) <= 1 else [])
