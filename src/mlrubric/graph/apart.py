"""Environments: training and serving that fix another version of the library of the model, and an interpreter that nobody fixes."""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.processes import Processes
from mlrubric.graph.references import predicting_programs, serving_code
from mlrubric.graph.versions import Pinned
from mlrubric.graph.world import World
from mlrubric.model.facts import Image, Manifest, Requirement, Setting, Step

INTERPRETER = re.compile(r"(^|/)(python|pypy|anaconda3|miniconda3|micromamba|uv)$")
STEP = re.compile(r"python-version")


def mark_apart(world: World) -> None:
    """`trained_with` and `trained_at` on the pin of a serving environment that differs from the one of the training environment;
    `interpreter` on the first manifest: said or open."""
    _versions(world)
    _interpreter(world)


def _versions(world: World) -> None:
    graph, code = world.graph, world.code
    serving = serving_code(world) | predicting_programs(world)
    loads = [n for n in graph.with_role("model.load", "object.unpickle") if n in code.node_op and code.holder(code.node_op[n]) in serving]
    served = sorted({p for n in loads if not is_test_code(p := graph.nodes[n].place.path)})
    if not served:
        return
    catalogue = code.meanings.catalogue
    fits = [n for n in graph.with_role("model.fit") if n in code.node_op and not is_test_code(graph.nodes[n].place.path)]
    view = Processes(graph)
    for fit in fits:
        name = _library(world, fit)
        distribution = catalogue.distribution(name) if name else ""
        one = _exact(world, graph.nodes[fit].place.path, distribution) if distribution else None
        others = [(p, other) for p in served if one is not None and (other := _exact(world, p, distribution)) is not None]
        apart = {p: other for p, other in others if one is not None and other.bounds.exact != one.bounds.exact}
        if one is None or not apart:
            continue
        reached = view.sweep([fit])
        for path in sorted({graph.nodes[n].place.path for n in loads if n in reached} & apart.keys()):
            node = _node(world, apart[path])
            attributes = graph.nodes[node].attributes
            attributes.update(trained_with=one.bounds.exact, served_with=apart[path].bounds.exact, trained_at=str(one.place))
            attributes["trained_by"] = str(_node(world, one))


def _library(world: World, fit: int) -> str:
    """The library that a fit is of: by the type that it is called on, or by its own name."""
    one, receiver = world.graph.nodes[fit], world.code.program.receiver(world.code.node_op[fit])
    made = [str(v[1]) for v in world.code.resolver.of(receiver) if v[0] == "object"] if receiver >= 0 else []
    name = made[0] if len(made) == 1 else one.attributes.get("type", one.api)
    return "" if name.startswith("?") or "." not in name else name


def _exact(world: World, path: str, distribution: str) -> Pinned | None:
    """The pin that fixes the version that the code of a file meets, when all that governs it agrees."""
    found = [one for one in world.versions.of(path, distribution) if one.bounds.exact]
    return found[0] if found and len({one.bounds.exact for one in found}) == 1 and not found[0].locked else None


def _node(world: World, pin: Pinned) -> int:
    graph = world.graph
    for node in graph.of_kind("requirement"):
        place = graph.nodes[node].place
        if (place.path, place.line) == (pin.place.path, pin.place.line) and "env.require" in graph.nodes[node].roles:
            return node
    return graph.add("requirement", pin.name, pin.place, ("env.require",), pinned="true", covered="true")


def _interpreter(world: World) -> None:
    graph = world.graph
    manifests = [n for n in graph.with_role("env.manifest") if graph.nodes[n].kind == "requirement"]
    if not manifests:
        return
    said = any(manifest.python for _, manifest in world.every(Manifest))
    said = said or any(setting.route == "python" for _, setting in world.every(Setting))
    said = said or any(INTERPRETER.search(image.name) and re.match(r"\d", image.tag or "") for _, image in world.every(Image))
    said = said or any(STEP.fullmatch(key) for _, step in world.every(Step) for key, _ in step.options)
    said = said or any(one.name.lower() == "python" and one.specifiers for _, one in world.every(Requirement))
    first = min(manifests, key=lambda n: (graph.nodes[n].place.path.count("/"), graph.nodes[n].place.path))
    graph.nodes[first].attributes["interpreter"] = "said" if said else "open"
