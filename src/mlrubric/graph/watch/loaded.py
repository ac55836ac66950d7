"""Whether a rule runs: the server whose configuration loads its file, as the server's container sees it."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlrubric.graph.watch.containers import Containers
from mlrubric.graph.world import World
from mlrubric.knowledge.metrics import load_metrics
from mlrubric.model.facts import Mount, Resource, RuleChoice, Watch, WatchServer
from mlrubric.model.homes import inside, same_home
from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Loaded:
    """`by` is the place that loads it, `at` the path of the server's configuration; `reason` says why nothing does, and `lacking` is the
    configuration that could name it and does not."""

    live: bool
    reason: str = ""
    by: Place | None = None
    certain: bool = True
    server: WatchServer | None = None
    at: str = ""
    lacking: str = ""


class Loading:
    """Answers for every rule of a repository; asked once for each file."""

    def __init__(self, world: World, containers: Containers) -> None:
        self.world, self.containers = world, containers
        self.servers = list(world.every(WatchServer))
        self.choices = list(world.every(RuleChoice))
        self.labels = {(p, r.place.symbol): dict(r.labels) for p, r in world.every(Resource)}
        self._known: dict[tuple[str, str], Loaded] = {}

    def of(self, path: str, watch: Watch) -> Loaded:
        if watch.off:
            return Loaded(False, watch.off)
        if watch.comes == "made":
            return self._made(path)
        if watch.comes in ("given", "operator"):
            return Loaded(True, certain=watch.comes == "given")
        key = (path, watch.holder)
        if key not in self._known:
            find = self._chosen if watch.comes == "selector" else self._file
            self._known[key] = find(path, watch.holder)
        return self._known[key]

    def _made(self, path: str) -> Loaded:
        """A file that needs a command that makes rules of it, or a server that has it mounted."""
        makers = load_metrics().makers
        for node in self.world.graph.of_kind("command"):
            words = self.world.graph.nodes[node].label.split()
            if (
                words
                and same_home(self.world.graph.nodes[node].place.path, path)
                and posixpath.basename(words[0]) in makers
                and any(_names(word, path) for word in words[1:])
            ):
                return Loaded(True, by=self.world.graph.nodes[node].place, certain=False)
        if any(
            posixpath.basename(self.containers.images[name]) in makers
            for name, _ in self.containers.places(path)
            if name in self.containers.images
        ):
            return Loaded(True, certain=False)
        return Loaded(False, "nothing makes alerting rules of this objective")

    def _chosen(self, path: str, holder: str) -> Loaded:
        """A rule object runs when a Prometheus of the operator selects its labels; without one in sight, that is assumed."""
        own = self.labels.get((path, holder), {})
        servers = [server for _, server in self.servers if server.selects]
        if not self.choices:
            if servers and not any(server.loads_all for server in servers):
                return Loaded(False, f"{servers[0].holder} has no ruleSelector: it takes no rule object", servers[0].place)
            return Loaded(True, certain=False, server=servers[0] if servers else None)
        for _, choice in self.choices:
            if all("{{" in value or "{{" in own.get(label, "") or own.get(label) == value for label, value in choice.labels):
                return Loaded(True, by=choice.place, server=servers[0] if servers else None)
        wanted = ", ".join(f"{label}: {value}" for label, value in self.choices[0][1].labels)
        return Loaded(False, f"the ruleSelector asks for the label {wanted}", self.choices[0][1].place)

    def _file(self, path: str, holder: str) -> Loaded:
        """A file that `rule_files` of some configuration names, where the server's container has it."""
        if not self.servers:
            return Loaded(False, "no configuration in this repository loads this rule file")
        missed = ""
        for at, server in self.servers:
            for pattern, place in zip(server.loads, server.lines, strict=True):
                found = self._named(at, server, pattern, path, holder)
                if found is not None:
                    return Loaded(True, by=place, certain=found, server=server, at=at)
                if bool(server.holder) is bool(holder):
                    missed = missed or f"rule_files of {at} names `{pattern}`, where this file is not"
        alike = [(at, server) for at, server in self.servers if bool(server.holder) is bool(holder)] or self.servers
        at, server = next(((at, server) for at, server in alike if not server.loads), alike[0])
        if missed:
            return Loaded(False, missed, server.place)
        return Loaded(False, f"{at} has no rule_files that name this file", server.place, lacking=at)

    def _in_cluster(self, config: str, rules: str, pattern: str) -> bool | None:
        """As `_named`, for files that objects of a cluster carry; where nobody mounts the configuration, the name of the file decides."""
        servers = {(owner, posixpath.dirname(path)) for owner, path in self._mounted(config)}
        if not servers:
            return False if fnmatchcase(rules.rpartition("/")[2], posixpath.basename(pattern)) else None
        for owner, path in self._mounted(rules):
            if any(owner == other and _matches(path, posixpath.normpath(posixpath.join(folder, pattern))) for other, folder in servers):
                return True
        return None

    def _mounted(self, holder: str) -> Iterator[tuple[str, str]]:
        """The containers that get an entry of an object, and the path it has there."""
        source, _, key = holder.rpartition("/")
        for _, mount in self.world.every(Mount):
            if mount.source == source:
                names = dict(mount.keys) if mount.keys else {key: key}
                if key in names:
                    yield mount.owner, posixpath.join(mount.path, names[key]).rstrip("/")

    def _named(self, at: str, server: WatchServer, pattern: str, path: str, holder: str) -> bool | None:
        """Whether a pattern of a configuration names a rule file: surely (True), by its name only (False), or not (None)."""
        if bool(server.holder) is not bool(holder):
            return None
        if holder:
            return self._in_cluster(server.holder, holder, pattern)
        mounted = list(self.containers.places(at))
        if mounted:
            inside: defaultdict[str, list[str]] = defaultdict(list)
            for name, target in self.containers.places(path):
                inside[name].append(target)
            for name, config in mounted:
                whole = posixpath.normpath(posixpath.join(posixpath.dirname(config), pattern))
                if any(_matches(target, whole) for target in inside[name]):
                    return True
            return None
        if not same_home(at, path):
            return None
        folder = posixpath.dirname(at)
        if not pattern.startswith("/"):
            return True if _matches(path, posixpath.normpath(posixpath.join(folder, pattern))) else None
        rest = [part for part in pattern.split("/") if part]
        for start in range(len(rest)):
            if _matches(path, posixpath.join(folder, *rest[start:])) or (
                start == len(rest) - 1 and fnmatchcase(posixpath.basename(path), rest[-1])
            ):
                return False
        return None


def _names(word: str, path: str) -> bool:
    """Whether a word of a command names a file, its folder, or a pattern that fits it."""
    target, path = posixpath.normpath(word.partition("=")[2] or word), inside(path)
    return path == target or path.startswith(f"{target}/") or fnmatchcase(path, target) or path.endswith(f"/{target}")


def _matches(path: str, pattern: str) -> bool:
    """A glob of Go: `*` stays inside of a folder."""
    own, wanted = path.split("/"), pattern.split("/")
    return len(own) == len(wanted) and all(fnmatchcase(a, b) for a, b in zip(own, wanted, strict=True))
