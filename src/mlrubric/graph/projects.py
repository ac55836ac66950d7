"""Which entry point of an MLflow project is run: of the project in a folder, by its name or as a file."""

from __future__ import annotations

import posixpath

from mlrubric.graph.world import World

TOOL = "mlproject"
FILES = (".py", ".sh")


def entry_point(world: World, folder: str, uri: str, entry: str) -> list[int]:
    """The nodes that running `entry` of the project at `uri` starts; nothing for a project of another repository."""
    if "://" in uri or uri.startswith("git@") or "$" in uri:
        return []
    path, _, inner = uri.partition("#")
    home = posixpath.normpath(posixpath.join(folder, path or ".", inner))
    home = "" if home == "." else home
    graph = world.graph
    here = [
        n
        for n in graph.of_kind("stage")
        if graph.nodes[n].attributes.get("tool") == TOOL and posixpath.dirname(graph.nodes[n].place.path) == home
    ]
    named = [n for n in here if graph.nodes[n].label == (entry or "main")]
    if named or not entry.endswith(FILES):
        return named
    file = posixpath.normpath(posixpath.join(home, entry))
    index = world.code.program.by_path.get(file)
    if index is None:
        script = world.node(file, "script")
        return [script] if script is not None else []
    code = world.code
    return [code.module_node[index], *([code.main_node[index]] if index in code.main_node else [])]
