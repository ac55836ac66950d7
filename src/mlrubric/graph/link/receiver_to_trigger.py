"""The closed loop: the webhook of a receiver starts what listens at its address: events of a cluster, a dispatched workflow, a handler."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from mlrubric.graph.world import World
from mlrubric.model.facts import EventSource, Listener, Receiver, Service, Trigger

ORDER = 90
DISPATCH = re.compile(r"/repos/[^/]+/[^/]+/dispatches/?$")
RUNS = re.compile(r"/dags/([\w.-]+)/dagRuns/?$")


def link(world: World) -> None:
    """Trigger edges from the receivers that alerts reach to the triggers, flows and handlers at their addresses; `closes` says that
    there are some, `deaf` what is missing at an address that only this repository can answer."""
    for path, receiver in world.every(Receiver):
        node = world.node(path, f"{receiver.place.symbol}|receiver")
        if node is None:
            continue
        for url in receiver.urls:
            listening = list(_listening(world, url))
            for target, certain in listening:
                world.graph.connect(node, target, "trigger", receiver.place, certain=certain)
                world.graph.nodes[node].attributes["closes"] = "true"
            if not listening and (missing := _missing(world, url)):
                world.graph.nodes[node].attributes.update(deaf=missing, url=url)
        if world.graph.nodes[node].attributes.get("closes"):
            for edge in list(world.graph.predecessors(node, ("join",))):
                world.graph.connect(edge.source, node, "trigger", receiver.place)


def _listening(world: World, url: str) -> Iterator[tuple[int, bool]]:
    """What is started by a request to an address."""
    parts = urlsplit(url)
    host, route = parts.hostname or "", parts.path.rstrip("/") or "/"
    if DISPATCH.search(route):
        yield from ((n, True) for n in _dispatched(world))
        return
    flow = RUNS.search(route)
    if flow is not None:
        yield from ((n, True) for n in world.graph.with_role("flow.define") if world.graph.nodes[n].attributes.get("@name") == flow[1])
        return
    for _, event in world.every(EventSource):
        service, slash, endpoint = event.address.partition("/")
        if slash and f"/{endpoint}".rstrip("/") == route.rstrip("/"):
            same = host.partition(".")[0] == service
            yield from ((n, same) for n in _started(world, event))
    if route != "/":
        for node in world.graph.of_kind("function"):
            attributes = world.graph.nodes[node].attributes
            if "serve.handle" in world.graph.nodes[node].roles and attributes.get("@route", "").rstrip("/") == route:
                yield node, False


def _missing(world: World, url: str) -> str:
    """What this repository should have at an address and has not; "" where something else may answer there."""
    parts = urlsplit(url)
    host, route = (parts.hostname or "").partition(".")[0], parts.path.rstrip("/")
    flow = RUNS.search(route)
    if flow is not None:
        named = [world.graph.nodes[n].attributes.get("@name", "") for n in world.graph.with_role("flow.define")]
        return f"no flow is called `{flow[1]}`" if any(named) else ""
    events = {event.address.partition("/")[0] for _, event in world.every(EventSource)}
    if host in events or (events and host.endswith("-eventsource-svc")):
        return f"no event source has the endpoint `{route or '/'}`" if host in events else f"no event source is called `{host}`"
    own = {service.name for _, service in world.every(Service) if service.build}
    routes = {world.graph.nodes[n].attributes.get("@route", "").rstrip("/") for n in world.graph.with_role("serve.handle")}
    return f"no handler of this repository has the route `{route}`" if host in own and route and _said(routes, route) else ""


def _said(routes: set[str], route: str) -> bool:
    """Whether all routes are known, and none of them is this one."""
    return bool(routes) and route not in routes and all(one.startswith("/") and "{" not in one and "<" not in one for one in routes if one)


def _started(world: World, event: EventSource) -> Iterator[int]:
    for path, listener in world.every(Listener):
        if (listener.source, listener.event) == (event.source, event.event):
            target = world.node(path, listener.owner)
            if target is not None:
                yield target


def _dispatched(world: World) -> Iterator[int]:
    """The workflows that a dispatched event starts."""
    for path, trigger in world.every(Trigger):
        if trigger.place.symbol.endswith("repository_dispatch") and trigger.live:
            target = world.node(path, trigger.owner)
            if target is not None:
                yield target
