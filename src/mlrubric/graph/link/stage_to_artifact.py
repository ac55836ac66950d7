"""Stages of dvc, make, tox, MLproject, pre-commit and compose services become nodes; the files they declare join them."""

from __future__ import annotations

import posixpath

from mlrubric.graph.taskfiles import TOOL, called, place_included
from mlrubric.graph.world import World
from mlrubric.model.facts import Service, Stage
from mlrubric.model.homes import home

ORDER = 20


def link(world: World) -> None:
    """Nodes of all stages, their order, and their declared files."""
    by_name: dict[tuple[str, str], int] = {}
    for path, stage in world.every(Stage):
        node = world.graph.add("stage", stage.name, stage.place, tool=stage.tool, directory=_base(path, stage))
        attributes = world.graph.nodes[node].attributes
        if stage.frozen:
            attributes["frozen"] = "true"
        if stage.default:
            attributes["default"] = "true"
        if stage.tool != "tox":  # it goes on after an environment that has failed
            attributes["ordered"] = "true"
        attributes.update({f"with.{name}": value for name, value in stage.options})
        world.nodes[(path, stage.place.symbol)] = node
        by_name[(path, stage.name)] = node
        for read in stage.reads:
            artifact = world.artifact(read, stage.place)
            world.graph.connect(artifact, node, "read", stage.place)
        for write in (*stage.writes, *stage.metrics):
            artifact = world.artifact(write, stage.place)
            world.graph.nodes[artifact].attributes["produced"] = stage.tool
            world.graph.connect(node, artifact, "write", stage.place)
    place_included(world)
    for path, stage in world.every(Stage):
        node = by_name[(path, stage.name)]
        for need in stage.needs:
            other = by_name.get((path, need))
            others = called(world, "", path, need, None) if stage.tool == TOOL else [] if other is None else [other]
            for one in others:
                if one != node:
                    world.graph.connect(node, one, "run", stage.place)
    for path, service in world.every(Service):
        node = world.graph.add("service", service.name, service.place, directory=_directory(path, service.build or ""))
        world.nodes[(path, service.place.symbol)] = node
        if service.profiles:
            world.graph.nodes[node].attributes["profiles"] = " ".join(service.profiles)


def _base(path: str, stage: Stage) -> str:
    """The folder a stage runs in: some readers give it from the root, hooks and jobs run at the root, all others beside their file."""
    if stage.tool in ("dvc", "mlproject"):
        return stage.directory
    return home(path) if stage.tool in ("job", "pre-commit") else _directory(path, stage.directory)


def _directory(path: str, inner: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), inner)) if inner or posixpath.dirname(path) else ""
