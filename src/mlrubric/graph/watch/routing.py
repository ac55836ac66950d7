"""Whom an alert reaches: the tree of routes, walked with the labels of the alert, to receivers that have a channel."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.graph.watch.containers import Containers
from mlrubric.graph.watch.loaded import CHART, OPERATOR, Loaded
from mlrubric.graph.world import World
from mlrubric.model.facts import AlertRoute, Receiver, Watch, WatchServer
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
        self.receivers: dict[str, list[tuple[str, Receiver]]] = defaultdict(list)
        for path, receiver in world.every(Receiver):
            self.receivers[receiver.tool].append((path, receiver))
        self.children: dict[tuple[Tree, str], list[AlertRoute]] = defaultdict(list)
        self.roots: list[tuple[Tree, AlertRoute]] = []
        for path, route in world.every(AlertRoute):
            tree = (route.tool, path, "" if route.tool == "grafana" else route.holder)
            if route.above:
                self.children[tree, route.above].append(route)
            else:
                self.roots.append((tree, route))
        running = containers.with_image("alertmanager")
        known = {path: [name for name, _ in containers.places(path)] for (_, path, _), _ in self.roots}
        self.idle = {
            tree for tree, _ in self.roots
            if tree[0] == "alertmanager" and not tree[2] and running and not any(name in running for name in known[tree[1]])
        }  # fmt: skip
        self.servers = [server for _, server in world.every(WatchServer)]
        self.alone = [name for name in running if not any(name in known[tree[1]] for tree, _ in self.roots)]

    def of(self, watch: Watch, loaded: Loaded) -> Told:
        if watch.tool == "grafana":
            return self._grafana(watch)
        if watch.tool == "openslo" and (watch.receivers or not loaded.live):
            return self._named(watch)
        if watch.tool != "prometheus" and watch.kind != "objective":
            return self._named(watch)
        if watch.kind == "alert" and not watch.holder.startswith((CHART, *OPERATOR)):
            server = loaded.server
            if server is None or not server.managers:
                return Told((), "Prometheus is told of no Alertmanager", server.place if server else None)
        trees = [(tree, root) for tree, root in self.roots if tree[0] == "alertmanager" and tree not in self.idle]
        if not trees:
            if self.idle:
                tree = min(self.idle)
                return Told((), f"{tree[1]} is not given to the Alertmanager that runs", Place(tree[1]))
            return Told((), "no configuration of the Alertmanager is in this repository: whom it tells cannot be seen")
        return self._walked(watch, trees)

    def _walked(self, watch: Watch, trees: list[tuple[Tree, AlertRoute]]) -> Told:
        labels = {**dict(watch.labels), "alertname": watch.name}
        missed, at = "", None
        for tree, root in trees:
            for route, name in self._ends(tree, root, labels, root.receiver):
                found = [(p, r) for p, r in self.receivers[tree[0]] if r.name == name and (p == tree[1] or tree[0] == "grafana")]
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
        if watch.receivers and not found:
            return Told(((watch.place.path, Receiver(watch.place, watch.receivers[0], watch.tool, ("named",))),))
        return Told((), "it names nobody to tell", watch.place)

    def _grafana(self, watch: Watch) -> Told:
        if watch.receivers:
            return self._named(watch)
        if ".alert" in watch.place.symbol or watch.place.symbol.endswith("alert"):
            return Told((), "the alert of the panel has no notifications", watch.place)
        trees = [(tree, root) for tree, root in self.roots if tree[0] == "grafana"]
        if trees:
            return self._walked(watch, trees)
        return Told((), "no notification policy is provisioned: Grafana's own first receiver tells nobody")


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
