"""What a job installs: the distributions that its install commands name, as far as the files of the repository say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from mlrubric.graph.graph import RUNS
from mlrubric.graph.versions import Pinned, of_requirement, of_word
from mlrubric.graph.world import World
from mlrubric.knowledge.catalogue import normal_name
from mlrubric.knowledge.invocation import Invocation
from mlrubric.model.facts import Include, Project, Requirement, Setting

OPTIONAL = re.compile(r"tool\.poetry\.group\.([^.]+)\.optional")
DEFAULT_GROUP = "dev"  # what managers of projects install without being asked
PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")
ELSEWHERE = ("image", "service")  # their environment is not the job's
PREPARES = re.compile(r"requirement|install|environment|dependenc|extras|packages|conda", re.IGNORECASE)
OPAQUE = ("shell-text", "session")


@dataclass(slots=True)
class Environment:
    """`names` are normalised; `known` is false when something installs what we cannot see; `command` is the last install command; `pins`
    are the lines and words that ask for something, with what lock files beside them fix."""

    names: set[str] = field(default_factory=set)
    pins: list[Pinned] = field(default_factory=list)
    known: bool = True
    command: int = -1


class Installs:
    """Answers for the jobs of one repository."""

    def __init__(self, world: World, brings: Mapping[str, tuple[str, ...]]) -> None:
        self.world, self.graph, self.brings = world, world.graph, brings
        self.of_command: dict[int, list[tuple[str, Invocation]]] = {}
        for node, base, invocation in world.installs:
            self.of_command.setdefault(node, []).append((base, invocation))
        self.groups: dict[str, dict[str, list[Requirement]]] = {}
        for path, requirement in world.every(Requirement):
            if requirement.kind in ("direct", "locked"):
                self.groups.setdefault(path, {}).setdefault(requirement.group, []).append(requirement)
        self._jobs: dict[int, Environment] = {}

    def job(self, job: int) -> Environment:
        """What all commands that a job runs install."""
        if job not in self._jobs:
            found = self._jobs[job] = Environment()
            for node in self.graph.sweep([job], RUNS):
                one = self.graph.nodes[node]
                uses = one.attributes.get("uses", "")
                does = one.attributes.get("does", "")
                if one.kind in ELSEWHERE or does in OPAQUE or (does == "shell-script" and "unwired" in one.attributes):
                    found.known = False
                if uses and any(PREPARES.search(key) for key in one.attributes if key.startswith("with.")):
                    found.known = False
                for base, invocation in self.of_command.get(node, ()):
                    found.command = node
                    self._install(found, base, invocation)
            found.names = self._closed(found.names)
            found.known = found.known and found.command >= 0
        return self._jobs[job]

    def declared(self, name: str) -> bool:
        """Whether some file of the repository asks for a distribution."""
        return any(normal_name(r.name) == name for groups in self.groups.values() for members in groups.values() for r in members)

    def _closed(self, names: set[str]) -> set[str]:
        """With what these distributions are known to bring along."""
        found, waiting = set(names), list(names)
        while waiting:
            for brought in self.brings.get(waiting.pop(), ()):
                if brought not in found:
                    found.add(brought)
                    waiting.append(brought)
        return found

    def _install(self, found: Environment, base: str, invocation: Invocation) -> None:
        options = invocation.options
        extras = {v for n, v in options if n in ("extra", "group")}
        everything = any(n in ("--all-extras", "--all-groups", "--all") for n, _ in options)
        for name, value in options:
            if "$" in value or "*" in value or "://" in value or value.endswith((".whl", ".gz")):
                found.known = False
            elif name == "requirements":
                self._file(found, posixpath.normpath(posixpath.join(base, value)), frozenset())
            elif name == "package":
                found.names.add(normal_name(re.split(r"[\[<>=!~; ]", value, maxsplit=1)[0]))
                one = of_word(value, self.graph.nodes[found.command].place)
                found.pins.extend([one] if one is not None else [])
            elif name == "project":
                self._project(found, posixpath.normpath(posixpath.join(base, value)), extras, everything)
        manager = next((v for n, v in options if n == "manager"), "pip")
        if manager not in ("pip", "conda") and not any(n in ("requirements", "package", "project") for n, _ in options):
            without = {v for n, v in options if n == "without"}
            asked = extras | ({DEFAULT_GROUP} - without)
            self._project(found, base or ".", asked, everything, without, every_group=manager == "poetry")

    def _project(
        self,
        found: Environment,
        folder: str,
        extras: Set[str],
        everything: bool,
        without: Set[str] = frozenset(),
        *,
        every_group: bool = False,
    ) -> None:
        """The base of a project and the extras or groups that are asked for."""
        paths = [p for name in PROJECT_FILES if (p := posixpath.normpath(posixpath.join(folder, name))) in self.world.facts]
        if not paths:
            found.known = False
        for path in paths:
            groups = self.groups.get(path, {})
            optional = {m[1] for s in self._settings(path) if (m := OPTIONAL.fullmatch(s.route))}
            if any(s.route.startswith("tool.uv.default-groups") for s in self._settings(path)):
                everything = True
            for group, members in groups.items():
                wanted = group in ("", *extras) or everything or (every_group and group not in optional | without)
                if wanted:
                    self._take(found, path, members)
            for one in self.world.of(path):
                if isinstance(one, Include) and one.kind == "requirements" and (one.owner in ("", *extras) or everything):
                    self._file(found, posixpath.normpath(posixpath.join(folder, one.target)), frozenset())

    def _settings(self, path: str) -> Iterator[Setting]:
        return (one for one in self.world.of(path) if isinstance(one, Setting))

    def _take(self, found: Environment, path: str, members: list[Requirement]) -> None:
        own = {normal_name(one.name) for one in self.world.of(path) if isinstance(one, Project)}
        for requirement in members:
            name = normal_name(requirement.name)
            if name in own and requirement.extras:  # an extra that is made of others
                for extra in requirement.extras:
                    self._take(found, path, [r for r in self.groups.get(path, {}).get(extra, []) if normal_name(r.name) not in own])
            found.names.add(name)
            found.pins.append(of_requirement(requirement))
        self._locked(found, path)

    def _locked(self, found: Environment, path: str) -> None:
        """What lock files beside a manifest fix."""
        folder = posixpath.dirname(path)
        for other in sorted(self.groups):
            if other != path and posixpath.dirname(other) == folder:
                locked = [r for members in self.groups[other].values() for r in members if r.kind == "locked"]
                found.pins.extend(of_requirement(requirement) for requirement in locked)

    def _file(self, found: Environment, path: str, seen: frozenset[str]) -> None:
        if path not in self.world.facts:
            found.known = False
            return
        for members in self.groups.get(path, {}).values():
            for requirement in members:
                found.names.add(normal_name(requirement.name))
                found.pins.append(of_requirement(requirement))
                local = requirement.url or ("." if requirement.editable else "")
                if requirement.editable or local.startswith((".", "/", "file:")):
                    self._project(found, posixpath.dirname(path) or ".", set(requirement.extras), False)
        for one in self.world.of(path):
            if isinstance(one, Include) and one.kind == "requirements" and path not in seen:
                self._file(found, posixpath.normpath(posixpath.join(posixpath.dirname(path), one.target)), seen | {path})
