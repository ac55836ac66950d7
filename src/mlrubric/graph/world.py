"""What the links share: the facts by file, the graph, the code, and the nodes by the symbol they stand for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from mlrubric.graph.code import Code
from mlrubric.graph.column_lists import ColumnLists
from mlrubric.graph.column_names import ColumnNames
from mlrubric.graph.frameworks import Fixtures
from mlrubric.graph.graph import Graph
from mlrubric.graph.values import HOLE
from mlrubric.graph.versions import Versions
from mlrubric.knowledge.invocation import Invocation
from mlrubric.knowledge.moved import Moved
from mlrubric.model.facts import Command, FileFacts
from mlrubric.model.homes import MEMBER, at_home, home
from mlrubric.model.place import Place

if TYPE_CHECKING:
    from mlrubric.graph.skips import Skips

F = TypeVar("F")
ADDRESS = re.compile(
    r"([^/:@]+?)(?:\.git)?/?(?:@[^/@]*)?(?:[#?].*)?$"
)  # the last name: https://host/team/app.git, git+ssh://…/lib@v1#egg=lib
SHARED_NAME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # s3://bucket/rows, models:/loans/1, table:loans


@dataclass(slots=True)
class World:
    """Everything a link may look at. `files` are all paths of the tree; `folders` all their folders."""

    graph: Graph
    code: Code
    fixtures: Fixtures
    facts: Mapping[str, Sequence[FileFacts]]
    versions: Versions
    files: frozenset[str]
    folders: frozenset[str]
    doubtful: frozenset[str] = frozenset()  # files and folders that may or may not be tracked
    today: str = ""  # ISO date that schedules are judged by, "" when it is not known
    whole: bool = True  # a repository from its top, no folder of one
    nodes: dict[tuple[str, str], int] = field(default_factory=dict)  # (path, symbol) -> node
    artifacts: dict[str, int] = field(default_factory=dict)  # normalised path -> node
    needs: dict[int, tuple[int, ...]] = field(default_factory=dict)  # job or task -> those it waits for
    tasks: dict[int, int] = field(default_factory=dict)  # operation that declares a task -> its node
    conditional: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)  # task -> the task that decides, what it looks at
    broken: list[tuple[Place, str]] = field(default_factory=list)  # hops that point at nothing
    starts: list[tuple[int, Invocation]] = field(default_factory=list)  # commands that run a script or module of ours
    skips: dict[bool, Skips] = field(default_factory=dict)  # what keeps tests from counting, by whether expected failures must fail
    _every: dict[type, list[tuple[str, object]]] = field(default_factory=dict)
    _tests: list[tuple[int, int]] | None = None
    _columns: ColumnLists | None = None
    _column_names: ColumnNames | None = None
    installs: list[tuple[int, str, Invocation]] = field(default_factory=list)  # install commands: node, folder, what is asked for
    moved: list[tuple[int, str, Moved]] = field(default_factory=list)  # commands that versions of their program do not have: node, folder
    guessed: set[str] = field(default_factory=set)  # templates of which a condition is not known
    applied: set[str] = field(default_factory=set)  # folders of infrastructure code that a command of this repository brings about
    images: list[tuple[int, str, Command, Invocation]] = field(default_factory=list)  # commands that build or start an image: node, folder
    delivers: list[tuple[int, str, Command, Invocation]] = field(default_factory=list)  # commands that bring manifests: node, folder

    def every(self, kind: type[F]) -> Iterator[tuple[str, F]]:
        """All facts of a type with the path of their file, in order of path."""
        found = self._every.get(kind)
        if found is None:
            told = ((path, fact) for path in sorted(self.facts) for facts in self.facts[path] for fact in facts.facts)
            found = self._every[kind] = [(path, fact) for path, fact in told if isinstance(fact, kind)]
        return iter(found)  # type: ignore[arg-type]  # what is kept under a type is of that type

    def of(self, path: str) -> Iterator[object]:
        for facts in self.facts.get(path, ()):
            yield from facts.facts

    @property
    def tests(self) -> list[tuple[int, int]]:
        """Scope and node of every test function, in order."""
        if self._tests is None:
            nodes = self.graph.nodes
            self._tests = [(scope, node) for scope, node in sorted(self.code.scope_node.items()) if nodes[node].kind == "test"]
        return self._tests

    @property
    def columns(self) -> ColumnLists:
        """What trainings select their columns by; asked for once their roles are known."""
        if self._columns is None:
            self._columns = ColumnLists(self.graph, self.code)
        return self._columns

    @property
    def column_names(self) -> ColumnNames:
        """The columns that an operation names."""
        if self._column_names is None:
            self._column_names = ColumnNames(self.code)
        return self._column_names

    def home_of(self, address: str, near: str) -> str:
        """The repository of a system that an address names by its last name; else the one that the address is written in."""
        match = ADDRESS.search(address)
        named = f"{match[1]}{MEMBER}" if match is not None else ""
        return named if named in self.folders else home(near)

    def node(self, path: str, symbol: str) -> int | None:
        return self.nodes.get((path, symbol))

    def artifact(self, path: str, place: Place, kind: str = "artifact") -> int:
        """The one node of a file path or URI; a path counts from the root of the repository that speaks of it, a name in a store or a
        registry from nowhere."""
        key = normal(path)
        if home(place.path) and not home(key) and not SHARED_NAME.match(key):
            key = at_home(place.path, key)
        node = self.artifacts.get(key)
        if node is None:
            node = self.artifacts[key] = self.graph.add(kind, key, place)
            exists = key in self.files or key in self.folders
            self.graph.nodes[node].attributes["exists"] = "true" if exists else "false"
        elif kind != "artifact" and self.graph.nodes[node].kind == "artifact":
            self.graph.turn(node, kind)
        return node

    def file(self, directory: str, target: str) -> str | None:
        """The tracked file that a path names when read from a folder of the repository, or None."""
        joined = posixpath.normpath(posixpath.join(directory, target)) if directory else posixpath.normpath(target)
        return joined if joined in self.files else None


def normal(path: str) -> str:
    """A path as the key of an artifact: no leading dots, holes as `*`."""
    if "://" in path:
        return path.replace(HOLE, "*")
    cleaned = posixpath.normpath(path.replace("\\", "/").replace(HOLE, "*"))
    while cleaned.startswith("../"):
        cleaned = cleaned[3:]
    return cleaned.removeprefix("./")


def commands_of(world: World) -> Iterator[tuple[str, Command]]:
    return world.every(Command)


def parents(path: str) -> Iterator[str]:
    """The folders above a path, the nearest first, without the root."""
    folder = posixpath.dirname(path)
    while folder and folder != posixpath.dirname(folder):
        yield folder
        folder = posixpath.dirname(folder)
