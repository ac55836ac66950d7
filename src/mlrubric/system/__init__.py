"""Several repositories as one tree of facts: members of a system, and automation that lives elsewhere and runs here.

Each repository is read as it is, from its own root, so that a reader sees a root where there is one; then its facts are moved below the
folder that stands for it (`model/homes.py`). What leaves the program is moved back: a member's file is named by its path from the
repository that is analysed, `../serving/deploy/app.yaml`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from mlrubric.config import Settings
from mlrubric.graph.graph import Graph
from mlrubric.model.facts import FileFacts
from mlrubric.model.homes import MEMBER, SHARED
from mlrubric.model.place import Place
from mlrubric.model.report import Member, Message
from mlrubric.read.drive import Known, Progress, read_tree
from mlrubric.source.tree import DiskTree, Tree
from mlrubric.system.moving import mapped, moved
from mlrubric.system.shared import Bringing, Source

T = TypeVar("T")
UNWANTED = re.compile(r"[^A-Za-z0-9_.-]+")
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
    sources: tuple[Source, ...] = ()
    notices: tuple[Message, ...] = ()
    _brought: list[str] = field(default_factory=list)

    # ---- in ----

    def joined(self, own: list[FileFacts], progress: Progress | None, memory: dict[str, Known] | None = None) -> list[FileFacts]:
        """The facts of this repository with those of all members, moved below their roots, and of the automation that they share."""
        facts = list(own)
        for member in self.members:
            known = memory.setdefault(member.root, {}) if memory is not None else None
            for one in read_tree(member.tree, progress, known=known):
                facts.append(FileFacts(f"{member.root}/{one.path}", one.format, tuple(moved(fact, member.root) for fact in one.facts)))
        if not self.sources:
            return facts
        bringing = Bringing(self.sources)
        facts = bringing.bring(facts)
        self._brought = bringing.files
        return facts

    def inner(self, path: str) -> str:
        """A path as people write it, from the root of the repository, as the program has it."""
        for member in self.members:
            if path.startswith(f"{member.folder}/"):
                return f"{member.root}/{path[len(member.folder) + 1 :]}"
        return path

    @property
    def files(self) -> list[str]:
        """All paths beside those of this repository; the brought ones are known once the facts are joined."""
        return [*(f"{member.root}/{entry.path}" for member in self.members for entry in member.tree.files), *self._brought]

    @property
    def doubtful(self) -> frozenset[str]:
        return frozenset(f"{member.root}/{path}" for member in self.members for path in member.tree.doubtful)

    @property
    def described(self) -> tuple[Member, ...]:
        return tuple(Member(other.name, other.folder, other.tree.commit) for other in self._others)

    @property
    def _others(self) -> list[Repository | Source]:
        """Members and sources, each folder once."""
        found: dict[str, Repository | Source] = {}
        for member in self.members:
            found.setdefault(member.folder, member)
        for source in self.sources:
            found.setdefault(source.folder, source)
        return list(found.values())

    # ---- out ----

    def outer(self, text: str) -> str:
        """A path, or a message with paths in it, as people read it."""
        if SHARED in text:
            for source in self.sources:
                inside = "|".join(re.escape(f"{member.root}/") for member in self.members)
                text = re.sub(rf"(?:\./)?(?:{inside})?{re.escape(source.root)}(?=/)", source.folder, text)
        if MEMBER in text:
            for member in self.members:
                text = text.replace(f"{member.root}/", f"{member.folder}/").replace(member.root, member.folder)
        return text

    def published(self, value: T) -> T:
        """A value with all texts in it as people read them."""
        return mapped(value, self._published) if self.members or self.sources else value

    def publish(self, graph: Graph) -> None:
        """A graph as people read it; in place, for it is large."""
        if not self.members and not self.sources:
            return
        for node in graph.nodes:
            node.place = self.published(node.place)
            node.label = self.outer(node.label)
            node.attributes.update({name: self.outer(text) for name, text in node.attributes.items()})
        for number, edge in enumerate(graph.edges):
            graph.edges[number] = self.published(edge)

    def _published(self, value: str | Place) -> str | Place:
        if isinstance(value, str):
            return self.outer(value)
        path = self.outer(value.path)
        return value if path == value.path else replace(value, path=path, repository=self._name(path))

    def _name(self, path: str) -> str:
        return next((other.name for other in self._others if f"{path}/".startswith(f"{other.folder}/")), "")

    def find(self, path: str) -> tuple[Tree, str] | None:
        """The tree and the path in it that an outer path names; None for one of the repository that is analysed."""
        for other in self._others:
            if path.startswith(f"{other.folder}/"):
                return other.tree, path[len(other.folder) + 1 :]
        return None


def open_system(root: Path, settings: Settings) -> System:
    """The repositories that are there, and a notice for each that is not."""
    here, place = root.resolve(), Place(Path(settings.source).name) if settings.source else None
    members: list[Repository] = []
    sources: list[Source] = []
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
            members.append(Repository(_name(path, [member.name for member in members]), folder, DiskTree(path)))
    for address, path in settings.sources:
        folder = _from(here, path)
        known = next((member for member in members if member.folder == folder), None)
        if not path.is_dir():
            said = f"{GROUP} sources: {folder} is not there: check {address} out in that place; what it runs stays not visible"
            notices.append(Message("warning", said, place))
        elif known is not None:
            sources.append(Source(address, known.name, folder, known.tree))
        else:
            alike = next((source for source in sources if source.folder == folder), None)
            name = alike.name if alike is not None else _name(path, [*(m.name for m in members), *(s.name for s in sources)])
            sources.append(Source(address, name, folder, alike.tree if alike is not None else DiskTree(path)))
    return System(tuple(members), tuple(sources), tuple(notices))


def _from(here: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, here)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()


def _name(path: Path, names: Sequence[str]) -> str:
    """The folder's name; with its parent's, then a number, where two are called alike."""
    plain = UNWANTED.sub("-", path.name).strip("-") or "member"
    wanted = [plain, UNWANTED.sub("-", f"{path.parent.name}-{plain}").strip("-"), *(f"{plain}-{n}" for n in range(2, len(names) + 3))]
    return next(name for name in wanted if name not in names)
