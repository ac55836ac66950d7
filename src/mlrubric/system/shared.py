"""Automation of other repositories, brought to the repositories that use it: reusable workflows, actions, included files, templates.

A file that runs in the checkout of the repository that calls it is read as if it lay there, below a folder of its own
(`model/homes.py`, SHARED); what is local to it leads to its neighbours, which are brought as well.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mlrubric.model.facts import Elsewhere, Fact, FileFacts, Job, Notice, Step, Trigger
from mlrubric.model.homes import SHARED, home
from mlrubric.read.drive import read_as, read_entry, read_file
from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.tree import Tree
from mlrubric.system.moving import local, moved

SCHEME = re.compile(r"^(https?://|ssh://|git@)|\.git$")
FORMATS = {"include": "gitlab_ci", "template": "azure_pipelines", "workflow": "github_workflow"}
SCRIPTS = (".sh", ".bash", ".py")
ACTIONS = ("action.yml", "action.yaml")
TESTS = re.compile(r"(^|/)(test_[^/]*|conftest|[^/]*_test)\.py$")


@dataclass(frozen=True, slots=True)
class Source:
    """A checkout of a repository with shared automation. `address` is how others name it, `folder` the path to it."""

    address: str
    name: str
    folder: str
    tree: Tree

    @property
    def root(self) -> str:
        return self.name + SHARED

    def answers(self, repository: str) -> bool:
        """Whether it is meant: the whole address, or its end where one of the two says no host."""
        one, other = normal(self.address), normal(repository)
        return bool(other) and (one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}"))


def normal(address: str) -> str:
    return SCHEME.sub("", SCHEME.sub("", address.strip().rstrip("/"))).replace(":", "/").lower()


@dataclass(slots=True)
class Bringing:
    """One pass over the facts of all repositories; `files` are the paths that were brought."""

    sources: Sequence[Source]
    files: list[str] = field(default_factory=list)
    _waiting: list[tuple[Source, str, str, str]] = field(default_factory=list)  # source, path in it, its format, repository that uses it
    _known: set[tuple[str, str, str]] = field(default_factory=set)

    def bring(self, facts: Sequence[FileFacts]) -> list[FileFacts]:
        """The facts with their hops into mapped repositories, and those of all files behind the hops."""
        found = [self._followed(one) for one in facts]
        while self._waiting:
            source, path, format_, root = self._waiting.pop(0)
            for one in self._read(source, path, format_, root):
                found.append(self._followed(one))
                self.files.append(one.path)
        return found

    def _followed(self, one: FileFacts) -> FileFacts:
        """The facts of a file with what is mapped of it as hops."""
        if not any(isinstance(fact, Elsewhere) for fact in one.facts):
            return one
        hops: dict[str, str] = {}
        facts: list[Fact] = []
        for fact in one.facts:
            source = self._source(fact) if isinstance(fact, Elsewhere) else None
            if not isinstance(fact, Elsewhere) or source is None:
                facts.append(fact)
                continue
            path = _file(source.tree, fact)
            if path is None:
                version = fact.reference or "the right version"
                said = f"`{fact.text}`: there is no such file in {source.folder}; is it checked out at {version}?"
                facts += [fact, Notice(fact.place, said)]
                continue
            hop = self._ask(source, path, FORMATS.get(fact.kind, ""), home(one.path))
            if fact.kind == "include" or fact.owner == "workflow":
                facts.append(Job(fact.place, f"include {fact.text}", fact.owner, uses=hop))
            else:
                hops[fact.owner] = hop
        if not hops:
            return replace(one, facts=tuple(facts))
        joined = (
            replace(fact, uses=hops[fact.place.symbol]) if isinstance(fact, (Job, Step)) and fact.place.symbol in hops else fact
            for fact in facts
        )
        return replace(one, facts=tuple(joined))

    def _source(self, fact: Elsewhere) -> Source | None:
        return next((source for source in self.sources if source.answers(fact.repository)), None)

    def _ask(self, source: Source, path: str, format_: str, root: str) -> str:
        """Ask for a file, and say how a hop names it."""
        key = (source.root, path, root)
        if key not in self._known:
            self._known.add(key)
            self._waiting.append((source, path, format_, root))
        folder = posixpath.join(root, source.root)
        named = posixpath.dirname(path) if posixpath.basename(path) in ACTIONS else path
        return f"./{posixpath.join(folder, named)}"

    def _read(self, source: Source, path: str, format_: str, root: str) -> Iterator[FileFacts]:
        """The facts of a brought file: an action with its scripts, as it lies there; any other file from its own root."""
        below = posixpath.join(root, source.root)
        entries = {entry.path: entry for entry in source.tree.files}
        if posixpath.basename(path) in ACTIONS:
            folder = posixpath.dirname(path)
            inside = [p for p in entries if p.startswith(f"{folder}/" if folder else "") and p.endswith(SCRIPTS) and not TESTS.search(p)]
            for one in (path, *inside):
                yield from _as_it_lies(source.tree, one, f"{below}/{one}", root)
            return
        document = decode(path, source.tree.read(path)) if format_ else None
        if isinstance(document, Document):
            yield self._from_its_root(source, FileFacts(path, format_, read_as(format_, document)), below, root)
            return
        for facts in read_entry(source.tree, entries[path]):
            yield self._from_its_root(source, facts, below, root)

    def _from_its_root(self, source: Source, facts: FileFacts, below: str, root: str) -> FileFacts:
        """Jobs lead to files of the same repository, steps into the checkout; only a call starts it here."""
        found: list[Fact] = []
        for fact in facts.facts:
            if isinstance(fact, Trigger) and fact.owner == "workflow" and fact.kind != "workflow_call":
                continue
            if isinstance(fact, Job) and fact.uses is not None and fact.uses.startswith("./"):
                target = posixpath.normpath(fact.uses.partition("@")[0])
                if any(entry.path == target for entry in source.tree.files):
                    self._ask(source, target, facts.format, root)
            uses = fact.uses if isinstance(fact, Step) else None
            new = moved(fact, below)
            found.append(replace(new, uses=local(uses, root), working_directory=_checkout(fact, root)) if isinstance(new, Step) else new)
        return FileFacts(f"{below}/{facts.path}", facts.format, tuple(found))


def _checkout(step: Fact, root: str) -> str | None:
    """The folder a step works in, which is one of the repository that calls."""
    assert isinstance(step, Step)
    directory = step.working_directory
    return posixpath.join(root, directory) if root and directory and not directory.startswith(("/", "$", "~")) else directory


def _as_it_lies(tree: Tree, path: str, full: str, root: str) -> Iterator[FileFacts]:
    """What a file of an action says at the path that it has here; `./` in it is the checkout."""
    document = decode(full, tree.read(path))
    for facts in read_file(document) if isinstance(document, Document) else ():
        steps = (replace(fact, uses=local(fact.uses, root)) if isinstance(fact, Step) else fact for fact in facts.facts)
        yield replace(facts, facts=tuple(steps))


def _file(tree: Tree, fact: Elsewhere) -> str | None:
    """The file of a checkout that is meant; a component may be a file or a folder, an action is a folder."""
    path = fact.path.strip("/")
    candidates = [path]
    if fact.kind == "action":
        candidates = [posixpath.join(path, name) for name in ACTIONS]
    elif fact.path.startswith("templates/"):
        candidates = [f"{path}.yml", f"{path}/template.yml", path]
    known: set[str] = {entry.path for entry in tree.files}
    return next((one for one in candidates if one in known), None)
