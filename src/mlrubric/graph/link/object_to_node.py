"""Objects of a cluster become nodes: services with what they run, load, explain, log and probe, and the divisions of their traffic."""

from __future__ import annotations

from mlrubric.graph.references import MOVING, unversioned
from mlrubric.graph.traffic import division
from mlrubric.graph.world import World
from mlrubric.model.facts import Image, Part, Resource, Service

CLUSTER = "kubernetes"
ORDER = 22  # behind the services, before commands
ROUTES = ("VirtualService", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "TrafficSplit", "TraefikService", "HTTPProxy", "Ingress")
MOVERS = ("Rollout", "Canary")  # they set the weights of routes, whatever is written there
ROLES = {
    "server": ("model.load", "serve.app"),
    "explainer": ("model.explain",),
    "versions": ("model.load",),
    "logger": ("serve.log",),
    "probe": ("serve.probe",),
    "shadow": ("serve.shadow",),
}


def link(world: World) -> None:
    """One node an object that runs or routes something, one a part, and run edges from the object to them."""
    objects = _objects(world)
    off = {(path, part.owner): part.name for path, part in world.every(Part) if part.kind == "off"}
    for path, service in world.every(Service):
        owner = service.place.symbol.partition(".")[0] if "/" in service.place.symbol else ""
        node, above = world.node(path, service.place.symbol), objects.get((path, _owner(service.place.symbol)))
        if owner and node is not None and above is not None:
            world.graph.nodes[node].attributes.update(directory=".", tool=CLUSTER)
            world.graph.connect(above, node, "run", service.place, blocked=off.get((path, _owner(service.place.symbol)), ""))
        elif node is not None and service.place.symbol == "server":
            world.graph.nodes[node].attributes["tool"] = "settings"
    analyses = {part.owner for _, part in world.every(Part) if part.kind == "analysis" and not part.problem}
    moved = any(part.owner.partition("/")[0] in MOVERS for _, part in world.every(Part) if part.kind in ("split", "undo"))
    for path, part in world.every(Part):
        node = _part(world, part, analyses, moved)
        if node is None:
            continue
        world.nodes.setdefault((path, part.place.symbol), node)
        above = objects.get((path, part.owner)) or world.node(path, part.owner)
        if part.owner.startswith("services."):
            world.graph.nodes[node].attributes["tool"] = "settings"  # a stack alone asks for it
        elif above is not None and above != node:
            world.graph.connect(above, node, "run", part.place, blocked=off.get((path, part.owner), ""))


def _owner(symbol: str) -> str:
    """`Kind/name` of a symbol; names of objects may hold dots."""
    for key in (".initContainers.", ".containers.", ".predictors.", ".predictor.", ".transformer.", ".explainer."):
        symbol = f"{symbol}.".partition(key)[0].removesuffix(".")
    return symbol


def _objects(world: World) -> dict[tuple[str, str], int]:
    """A service node for each object that owns services or parts, unless it is a workflow already."""
    owners = {(path, _owner(service.place.symbol)) for path, service in world.every(Service)}
    owners |= {(path, part.owner) for path, part in world.every(Part)}
    owners |= {(path, _owner(image.place.symbol)) for path, image in world.every(Image) if "/" in image.place.symbol}
    found: dict[tuple[str, str], int] = {}
    for path, resource in world.every(Resource):
        key = (path, resource.place.symbol)
        if key in owners and key not in found:
            node = world.node(*key)
            if node is None:
                label = f"{resource.kind} {resource.name}"
                node = world.nodes[key] = world.graph.add("service", label, resource.place, object=resource.kind, tool=CLUSTER)
            found[key] = node
    return found


def _part(world: World, part: Part, analyses: set[str], moved: bool) -> int | None:
    graph = world.graph
    if part.kind in ("analysis", "off"):
        return None
    label = " ".join(word for word in (part.kind, part.name or part.source) if word)
    node = graph.add("service", label, part.place, ROLES.get(part.kind, ()), tool=CLUSTER, part=part.kind)
    attributes = graph.nodes[node].attributes
    if part.kind == "server":
        attributes.update({"@source": part.source, "object": part.owner.partition("/")[0]})
        if part.source and "{{" not in part.source:
            graph.connect(world.artifact(part.source, part.place, "model"), node, "read", part.place)
        if MOVING.search(part.source):
            attributes["reference"] = "moving"
        elif unversioned(part.source):
            attributes["reference"] = "unversioned"
    elif part.kind == "shadow" and part.problem:
        graph.take(node, "serve.shadow")
        attributes["canary"] = part.problem
    elif part.kind == "forgets":
        attributes["history"] = "none"
    elif part.kind == "undo":
        if all(name in analyses or name.startswith("Cluster") for name in part.refers):
            graph.give(node, "serve.rollback")
    elif part.kind == "split":
        _split(world, node, part, analyses, moved)
    elif part.source:
        attributes["@source"] = part.source
    return node


def _split(world: World, node: int, part: Part, analyses: set[str], moved: bool) -> None:
    graph, attributes = world.graph, world.graph.nodes[node].attributes
    found = division(part, analyses, moved and part.owner.partition("/")[0] in ROUTES)
    attributes.update(object=part.owner.partition("/")[0], shares=" ".join(f"{who}:{share}" for who, share in part.shares))
    if found.weight:
        attributes["weight"] = found.weight
    if found.equal:
        attributes["equal"] = "true"
    if found.problem:
        attributes["canary"] = found.problem
    elif found.divides and (found.flaw or (part.moves and not part.decides)):
        attributes["canary"] = found.flaw or "it goes on by itself whatever the new version does: nothing is measured"
        attributes["defect"] = "undecided"
    if not found.divides:
        return
    graph.give(node, "serve.split")
    decided = part.decides and all(name in analyses or name.startswith("Cluster") for name in part.refers)
    attributes["analysis"] = ("true" if part.decides == "true" else "preview") if decided and not found.flaw else "false"
    if part.reverts and decided and not found.flaw:
        graph.give(node, "serve.rollback")
