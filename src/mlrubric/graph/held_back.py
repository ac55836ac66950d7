"""Registrations that release nothing by themselves: what serves loads by an alias or a stage, and a check guards every move of that."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from mlrubric.graph.code import is_test_code
from mlrubric.graph.link.registry_to_model import MODEL
from mlrubric.graph.world import World

NAMED = re.compile(r"models:/+[^/@*]+(?:/|@)(.+)$")
SERVES = ("serve.handle", "serve.app")
UNKNOWN = ("given", "none", "")


def only_promoted(world: World, checks: Mapping[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    """Unguarded registrations of models of which only guarded promotions are served, with the checks of these. `checks` are those of every
    release."""
    graph = world.graph
    moves: dict[str, list[int]] = {}
    for node in checks:
        if "model.promote" in graph.nodes[node].roles:
            moves.setdefault(graph.nodes[node].attributes.get("@name", ""), []).append(node)
    loads = _loads(world) if moves else {}
    found: dict[int, tuple[int, ...]] = {}
    for node, own in checks.items():
        one = graph.nodes[node]
        name = one.attributes.get("@name", "")
        if own or not _registers(one.roles) or name in UNKNOWN or name not in moves or not all(checks[m] for m in moves[name]):
            continue
        aliases = {graph.nodes[m].attributes.get("@alias", "").lower() for m in moves[name]}
        if loads.get(name) and loads[name] <= aliases:
            found[node] = tuple(sorted({check for m in moves[name] for check in checks[m]}))
    return found


def _registers(roles: Collection[str]) -> bool:
    return "model.register" in roles and not {"model.promote", "model.deploy"} & set(roles)


def _loads(world: World) -> dict[str, set[str]]:
    """Model -> the aliases, stages and versions by which programs that serve it load it; programs that evaluate are none."""
    graph = world.graph
    serving = _paths(world, SERVES)
    judging = _paths(world, ("model.evaluate", "model.compare"))
    found: dict[str, set[str]] = {}
    for node in graph.with_role("model.load"):
        path, source = graph.nodes[node].place.path, graph.nodes[node].attributes.get("@source", "")
        match, said = MODEL.match(source), NAMED.match(source)
        if match is not None and not is_test_code(path) and (path in serving or path not in judging):
            found.setdefault(match[1], set()).add(said[1].lower() if said is not None else "")
    return found


def _paths(world: World, roles: Iterable[str]) -> set[str]:
    return {world.graph.nodes[n].place.path for n in world.graph.with_role(*roles)}
