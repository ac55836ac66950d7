"""A deployment starts the images that its workflow has built: the hop is a guess, because the cluster that runs them is not here.

A service of a compose file starts the image that it builds.
"""

from __future__ import annotations

import posixpath

from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World
from mlrubric.model.facts import Service

ORDER = 75


def link(world: World) -> None:
    """Run edges from deploying commands and steps to what the images built in the same workflow start."""
    graph = world.graph
    ends = {
        node: world.nodes[(path, "run")] for (path, end), node in world.nodes.items() if end == "build" and (path, "run") in world.nodes
    }
    deploying = set(graph.with_role("model.deploy"))
    for workflow in graph.of_kind("workflow"):
        inside = graph.sweep([workflow], RUNS)
        started = sorted(ends[n] for n in inside if n in ends)
        for node in sorted(n for n in deploying if n in inside and graph.nodes[n].kind in ("command", "step")):
            for end in started:
                graph.connect(node, end, "run", graph.nodes[node].place, certain=False)
    for path, service in world.every(Service):
        source = world.node(path, service.place.symbol)
        if source is not None and service.build and not any(graph.successors(source, ("run",))):
            folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), service.build))
            image = world.node(posixpath.normpath(posixpath.join(folder, "Dockerfile")), "run")
            if image is not None:
                graph.connect(source, image, "run", service.place)
