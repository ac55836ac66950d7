"""A call that runs a project of MLflow leads to its entry point: `mlflow.projects.run(".", "train")`."""

from __future__ import annotations

import posixpath

from mlrubric.graph.projects import entry_point
from mlrubric.graph.world import World

ORDER = 36


def link(world: World) -> None:
    """Run edges from such calls; the folder is that of the whole repository, or of the module that calls."""
    graph, code = world.graph, world.code
    for node in graph.with_role("flow.run"):
        attributes, op = graph.nodes[node].attributes, code.node_op.get(node)
        uri = attributes.get("@source", "")
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or "@params" not in {p.role for p in (meaning.entry.params if meaning.entry else ())}:
            continue
        if uri in ("given", "none", ""):
            uri = "."
        entry = attributes.get("@name", "")
        for folder in dict.fromkeys(("", posixpath.dirname(graph.nodes[node].place.path))):
            started = entry_point(world, folder, uri, "" if entry in ("given", "none") else entry)
            for target in started:
                graph.connect(node, target, "run", graph.nodes[node].place, certain=entry not in ("given", "none"))
            if started:
                break
