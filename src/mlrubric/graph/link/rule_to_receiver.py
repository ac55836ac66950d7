"""Rules, panels and objectives become nodes; the server that loads a rule is its trigger, the receivers it reaches hear of it."""

from __future__ import annotations

from mlrubric.graph.watch.containers import Containers
from mlrubric.graph.watch.loaded import Loaded, Loading
from mlrubric.graph.watch.routing import Routing, Told, channels
from mlrubric.graph.world import World
from mlrubric.model.facts import Receiver, Watch
from mlrubric.model.place import Place

ORDER = 84
ROLES = {"alert": "alert.rule", "panel": "dashboard.panel", "objective": "slo.objective"}


def link(world: World) -> None:
    """Nodes of what watches metrics, triggers of rules that are loaded, edges to receivers that tell somebody."""
    watched = list(world.every(Watch))
    if not watched:
        return
    containers = Containers(world)
    loading, routing = Loading(world, containers), Routing(world, containers)
    starts: dict[tuple[Place, bool, str], int] = {}
    for path, watch in watched:
        node = world.graph.add("monitor", watch.name or watch.kind, watch.place, tool=watch.tool, watch=watch.kind)
        world.nodes[path, watch.place.symbol] = node
        if watch.kind not in ROLES:
            continue
        world.graph.give(node, ROLES[watch.kind])
        if watch.kind == "panel":
            continue
        loaded = loading.of(path, watch)
        _start(world, starts, node, watch, loaded)
        told = routing.of(watch, loaded)
        _tell(world, node, watch, loaded, told)


def _start(world: World, starts: dict[tuple[Place, bool, str], int], node: int, watch: Watch, loaded: Loaded) -> None:
    """The trigger of a rule: the line that loads it; one for all rules that this line loads."""
    place = loaded.by or watch.place
    key = (place, loaded.live, loaded.reason)
    if key not in starts:
        starts[key] = world.graph.add(
            "trigger",
            f"alert rules of {watch.tool}",
            place,
            ("trigger.alert",),
            kind="alert",
            live="true" if loaded.live else "false",
            recurring="true",
            reason=loaded.reason,
        )
    world.graph.connect(starts[key], node, "trigger", place, certain=loaded.certain)
    attributes = world.graph.nodes[node].attributes
    attributes["loaded"] = "true" if loaded.live else "false"
    if loaded.reason:
        attributes["reason"] = loaded.reason
    if loaded.lacking:
        attributes["lacking_in"] = loaded.lacking


def _tell(world: World, node: int, watch: Watch, loaded: Loaded, told: Told) -> None:
    attributes = world.graph.nodes[node].attributes
    attributes["receiver"] = "notifying" if told.receivers else "none"
    if not told.receivers:
        attributes["untold"] = told.reason
        if told.at is not None and told.at != watch.place:
            silent = world.graph.add("monitor", told.reason, told.at)
            world.graph.connect(node, silent, "join", told.at)
        return
    for path, receiver in told.receivers:
        target = _receiver(world, path, receiver)
        world.graph.connect(node, target, "join", receiver.place)


def _receiver(world: World, path: str, receiver: Receiver) -> int:
    symbol = f"{receiver.place.symbol}|receiver"
    node = world.node(path, symbol)
    if node is None:
        label = receiver.name or "receiver"
        node = world.graph.add("monitor", label, receiver.place, ("alert.receiver",), channels=" ".join(channels(receiver)))
        world.nodes[path, symbol] = node
    return node
