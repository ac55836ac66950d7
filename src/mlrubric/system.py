"""Several repositories as one tree of facts: members of a system, and automation that lives elsewhere and runs here.

Each repository is read as it is, from its own root, so that a reader sees a root where there is one; then its facts are moved below the
folder that stands for it (`model/homes.py`). What leaves the program is moved back: a member's file is named by its path from the
repository that is analysed, `../serving/deploy/app.yaml`.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from mlrubric.config import Settings
from mlrubric.graph.graph import Graph
from mlrubric.model.facts import Fact, FileFacts, Include, Job, Pin, Stage, Step
from mlrubric.model.homes import MEMBER, home
from mlrubric.model.place import Place
from mlrubric.model.report import Member, Message
from mlrubric.read.drive import Known, Progress, read_tree
from mlrubric.source.tree import DiskTree, Tree

T = TypeVar("T")
UNWANTED = re.compile(r"[^A-Za-z0-9_.-]+")
ROOTED = ("dvc", "mlproject")  # tools whose stages have a folder that counts from the root
GROUP = "[tool.mlrubric.system]"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository beside the one that is analysed. `folder` is the path to it from there, `root` that of its files in the program."""

    name: str
    folder: str
    tree: Tree

    @property
    def root(self) -> str:
        return self.name + MEMBER


@dataclass(slots=True)
class System:
    """The repositories beside the one that is analysed, in the order of the configuration, and what is to be said of them."""

    members: tuple[Repository, ...] = ()
    notices: tuple[Message, ...] = ()
    known: dict[str, Known] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.members)

    # ---- in ----

    def read(self, progress: Progress | None, memory: dict[str, Known] | None = None) -> Iterator[FileFacts]:
        """The facts of all members, moved below their roots."""
        for member in self.members:
            known = memory.setdefault(member.root, {}) if memory is not None else None
            for one in read_tree(member.tree, progress, known=known):
                facts = tuple(_moved(fact, member.root) for fact in one.facts)
                yield FileFacts(f"{member.root}/{one.path}", one.format, facts)

    @property
    def files(self) -> list[str]:
        return [f"{member.root}/{entry.path}" for member in self.members for entry in member.tree.files]

    @property
    def described(self) -> tuple[Member, ...]:
        return tuple(Member(member.name, member.folder, member.tree.commit) for member in self.members)

    @property
    def doubtful(self) -> frozenset[str]:
        return frozenset(f"{member.root}/{path}" for member in self.members for path in member.tree.doubtful)

    # ---- out ----

    def outer(self, text: str) -> str:
        """A path, or a message with paths in it, as people read it."""
        if MEMBER in text:
            for member in self.members:
                text = text.replace(f"{member.root}/", f"{member.folder}/").replace(member.root, member.folder)
        return text

    def published(self, value: T) -> T:
        """A value with all texts in it as people read them."""
        return _mapped(value, self._published) if self.members else value

    def publish(self, graph: Graph) -> None:
        """A graph as people read it; in place, for it is large."""
        for node in graph.nodes if self.members else ():
            node.place = self.published(node.place)
            node.label = self.outer(node.label)
            node.attributes.update({name: self.outer(text) for name, text in node.attributes.items() if MEMBER in text})
        for number, edge in enumerate(graph.edges if self.members else ()):
            graph.edges[number] = self.published(edge)

    def _published(self, value: str | Place) -> str | Place:
        if isinstance(value, str):
            return self.outer(value)
        root = home(value.path)
        if not root:
            return value
        name = next((member.name for member in self.members if member.root == root), "")
        return replace(value, path=self.outer(value.path), repository=name)

    def find(self, path: str) -> tuple[Tree, str] | None:
        """The tree and the path in it that an outer path names; None for one of the repository that is analysed."""
        for member in self.members:
            if path.startswith(f"{member.folder}/"):
                return member.tree, path[len(member.folder) + 1 :]
        return None


def open_system(root: Path, settings: Settings) -> System:
    """The members that are there, and a notice for each that is not."""
    here, place = root.resolve(), Place(Path(settings.source).name) if settings.source else None
    found: list[Repository] = []
    notices: list[Message] = []
    for path in settings.members:
        folder = _from(here, path)
        if not path.is_dir():
            said = f"{GROUP} {folder} is not there: check the repository out in that place, or take it out of `members`"
            notices.append(Message("warning", said, place))
        elif path == here or path.is_relative_to(here) or here.is_relative_to(path):
            said = f"{GROUP} {folder} is part of this repository, or this one of it: `members` are other repositories"
            notices.append(Message("note", said, place))
        else:
            found.append(Repository(_name(path, found), folder, DiskTree(path)))
    return System(tuple(found), tuple(notices))


def _from(here: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, here)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def _name(path: Path, known: Sequence[Repository]) -> str:
    """The folder's name; with its parent's, then a number, where two are called alike."""
    plain = UNWANTED.sub("-", path.name).strip("-") or "member"
    names = {member.name for member in known}
    wanted = [plain, UNWANTED.sub("-", f"{path.parent.name}-{plain}").strip("-"), *(f"{plain}-{n}" for n in range(2, len(names) + 3))]
    return next(name for name in wanted if name not in names)


# ---- facts of another root ----------------------------------------------------------------------------------------------


def _moved(fact: Fact, root: str) -> Fact:
    """A fact of a repository that lies below `root`: its places, and the paths that count from the repository's root."""
    moved = _mapped_places(fact, root)
    if isinstance(moved, Job):
        return replace(moved, uses=_local(moved.uses, root))
    if isinstance(moved, Step):
        directory = moved.working_directory
        return replace(moved, uses=_local(moved.uses, root), working_directory=directory and _below(directory, root))
    if isinstance(moved, Include) and moved.kind in ("workflow", "action"):
        return replace(moved, target=_local(moved.target, root) or moved.target)
    if isinstance(moved, Stage) and moved.tool in ROOTED:
        return replace(moved, directory=_below(moved.directory, root))
    if isinstance(moved, Pin):
        return replace(moved, path=_below(moved.path, root))
    return moved


def _local(uses: str | None, root: str) -> str | None:
    return f"./{root}/{uses.removeprefix('./')}" if uses is not None and uses.startswith("./") else uses


def _below(path: str, root: str) -> str:
    return path if path.startswith(("/", "$", "~")) or "://" in path else posixpath.normpath(posixpath.join(root, path))


def _mapped_places(fact: Fact, root: str) -> Fact:
    """The fact with every place in it moved; a module's operations have no places of their own."""
    changed: dict[str, object] = {}
    for one in fields(fact):
        value = getattr(fact, one.name)
        if isinstance(value, Place):
            changed[one.name] = replace(value, path=f"{root}/{value.path}" if value.path else root)
        elif isinstance(value, tuple) and value and isinstance(value[0], Place):
            changed[one.name] = tuple(replace(place, path=f"{root}/{place.path}") for place in cast("tuple[Place, ...]", value))
    return replace(fact, **changed) if changed else fact  # type: ignore[arg-type]


def _mapped(value: T, change: Callable[[str | Place], str | Place]) -> T:
    """A frozen value with every text and every place in it changed."""
    found: object = value
    if isinstance(value, (str, Place)):
        found = change(value)
    elif isinstance(value, tuple):
        found = tuple(_mapped(item, change) for item in value)
    elif isinstance(value, Mapping):
        found = {key: _mapped(item, change) for key, item in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        given = {one.name: getattr(value, one.name) for one in fields(value)}
        made = {name: _mapped(item, change) for name, item in given.items()}
        changed = {name: item for name, item in made.items() if item is not given[name]}
        found = replace(value, **changed) if changed else value
    return cast("T", found if found != value else value)
