"""Whom an alert reaches: the tree of routes, walked with the labels of the alert, to receivers that have a channel."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.graph.watch.containers import Containers
from mlrubric.graph.watch.loaded import Loaded
from mlrubric.graph.world import World
from mlrubric.model.facts import AlertRoute, Receiver, Watch
from mlrubric.model.place import Place

LOCAL = re.compile(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)[:/]")
Tree = tuple[str, str, str]  # tool, path, holder


@dataclass(frozen=True, slots=True)
class Told:
    """The receivers that an alert reaches and that tell somebody; `reason` says why there is none, `at` where."""

    receivers: tuple[tuple[str, Receiver], ...] = ()
    reason: str = ""
    at: Place | None = None


class Routing:
    """The receivers and routes of a repository."""

    def __init__(self, world: World, containers: Containers) -> None:
        self.containers = containers
        self.receivers: dict[str, list[tuple[str, Receiver]]] = defaultdict(list)
        for path, receiver in world.every(Receiver):
            self.receivers[receiver.tool].append((path, receiver))
        self.children: dict[tuple[Tree, str], list[AlertRoute]] = defaultdict(list)
        self.roots: list[tuple[Tree, AlertRoute]] = []
        given: dict[str, list[str]] = {}  # the containers that have the file of a tree
        for path, route in world.every(AlertRoute):
            tree = (route.tool, path, "" if route.apart else route.holder)
            if route.above:
                self.children[tree, route.above].append(route)
            else:
                self.roots.append((tree, route))
                given[path] = [name for name, _ in containers.places(path)]
        running = {tool: containers.with_image(tool) for (tool, _, _), _ in self.roots}
        self.idle = {
            tree for tree, root in self.roots
            if not tree[2] and not root.apart and running[tree[0]] and not set(given[tree[1]]) & set(running[tree[0]])
        }  # fmt: skip

    def of(self, watch: Watch, loaded: Loaded) -> Told:
        if watch.receivers or not watch.routes:
            return self._named(watch)
        server = loaded.server
        if watch.kind == "alert" and watch.comes == "config" and (server is None or not server.managers):
            return Told((), "the server is told of no Alertmanager", server.place if server else None)
        if server is not None and server.managers and all(self.containers.answers(loaded.at, m) is False for m in server.managers):
            return Told((), f"no service is called {server.managers[0]}, which the alerts are sent to", server.place)
        trees = [(tree, root) for tree, root in self.roots if tree[0] == watch.routes and tree not in self.idle]
        if trees:
            return self._walked(watch, trees)
        if self.idle:
            tree = min(self.idle)
            return Told((), f"the routes of {tree[1]} are not given to the server that runs", Place(tree[1]))
        return Told((), "no routes of its alerts are in this repository: whom it tells cannot be seen")

    def _walked(self, watch: Watch, trees: list[tuple[Tree, AlertRoute]]) -> Told:
        labels = {**dict(watch.labels), "alertname": watch.name}
        missed, at = "", None
        for tree, root in trees:
            for route, name in self._ends(tree, root, labels, root.receiver):
                found = [(p, r) for p, r in self.receivers[tree[0]] if r.name == name and (p == tree[1] or root.apart)]
                telling = tuple((p, r) for p, r in found if channels(r))
                if telling and not route.muted:
                    return Told(telling)
                if not missed:
                    at = found[0][1].place if found else route.place
                    said = f"the receiver `{name}` has no channel" if found else f"there is no receiver `{name}`"
                    missed = route.muted or said
        return Told((), missed or "no route leads anywhere", at)

    def _ends(self, tree: Tree, route: AlertRoute, labels: dict[str, str], inherited: str) -> Iterator[tuple[AlertRoute, str]]:
        """The routes that may send an alert: the first child that surely matches ends the search, one that may match does not."""
        name = route.receiver or inherited
        for child in self.children[tree, route.place.symbol]:
            answer = matches(child, labels)
            if answer is not False:
                yield from self._ends(tree, child, labels, name)
            if answer is True and not child.goes_on:
                return
        yield route, name

    def _named(self, watch: Watch) -> Told:
        found = [(p, r) for p, r in self.receivers[watch.tool] if r.name in watch.receivers]
        telling = tuple((p, r) for p, r in found if channels(r))
        if telling:
            return Told(telling)
        plain = any("{" not in name and "$" not in name for name in watch.receivers)
        if plain and not found and self.receivers[watch.tool]:  # they are declared here, and it is none of them
            return Told((), f"there is no receiver `{watch.receivers[0]}`", watch.place)
        if watch.receivers and not found:
            return Told(((watch.place.path, Receiver(watch.place, watch.receivers[0], watch.tool, ("named",))),))
        return Told((), "it names nobody to tell", watch.place)


def channels(receiver: Receiver) -> tuple[str, ...]:
    """The channels that leave the container: a webhook to itself tells nobody."""
    own = bool(receiver.urls) and all(LOCAL.match(url) for url in receiver.urls)
    return tuple(c for c in receiver.channels if not (c == "webhook" and own))


def matches(route: AlertRoute, labels: dict[str, str]) -> bool | None:
    """Whether a route takes an alert; None when a label comes from the metric, or from a template."""
    certain = True
    for label, operator, wanted in route.matchers:
        value = labels.get(label)
        if value is None or "{{" in value or "{{" in wanted:
            certain = False
            continue
        if operator in ("=", "!="):
            holds = (value == wanted) is (operator == "=")
        else:
            try:
                holds = (re.fullmatch(wanted, value) is not None) is (operator == "=~")
            except re.error:
                certain = False
                continue
        if not holds:
            return False
    return True if certain else None
