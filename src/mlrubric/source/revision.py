"""The repository as a commit has it, read through git without touching the work tree."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mlrubric.source.git import Git
from mlrubric.source.history import Reviews
from mlrubric.source.tree import NEVER_ENTERED, FileEntry, Notices, text_limit

PLAIN = ("100644", "100755", "100664")
SECONDS = 120.0
MOST_BYTES = 500_000_000  # of all files together, the smallest first


class RevisionError(Exception):
    """A revision that cannot be read; its text says why."""


def fork_of(root: Path, revision: str, deadline: float = SECONDS) -> str:
    """The commit at which the work here parted from a revision; the revision itself where git cannot tell."""
    git = Git(root.resolve(), deadline)
    return (git.fork_of(revision) if git.present else None) or revision


class RevisionTree:
    """The files below `root` in the commit that `revision` names. Links and submodules are named and left."""

    def __init__(self, root: Path, revision: str, deadline: float = SECONDS) -> None:
        git = Git(root.resolve(), deadline)
        named = git.commit_of(revision) if git.present else None
        if named is None:
            why = f"git knows no commit `{revision}` here" if git.present else f"{root} is in no git repository"
            raise RevisionError(why)
        listed = git.listed_at(named[0])
        if listed is None:
            raise RevisionError(f"git could not list the files of `{revision}`")
        plain = {path: (name, size) for mode, name, path, size in listed if mode in PLAIN and _entered(path)}
        self.commit: str | None = named[0]
        self.commit_date: str | None = named[1]
        self.files = tuple(FileEntry(path, plain[path][1]) for path in sorted(plain))
        left = [(path, "a link or a submodule: not followed in a commit") for mode, _, path, _ in listed if mode not in PLAIN]
        self.tracked: frozenset[str] | None = frozenset(plain)
        self.doubtful: frozenset[str] = frozenset()
        self.whole = True
        self._objects = {path: name for path, (name, _) in plain.items()}
        wanted, total = [], 0
        for path, (name, size) in sorted(plain.items(), key=lambda item: (item[1][1], item[0])):
            total += size
            if size > text_limit(path) or total > MOST_BYTES:
                left.append((path, f"{size / 1e6:.1f} MB: too much to read"))
            else:
                wanted.append(name)
        self.notices: Notices = tuple(sorted(left))
        self._contents = git.contents(sorted(set(wanted)))
        self._git = git

    @property
    def authors(self) -> frozenset[str] | None:
        return self._git.authors(self.commit) if self.commit else None

    def changed(self, path: str) -> str | None:
        return self._git.changed(path, self.commit) if self.commit and self.commit_date else None

    def reviews(self, paths: Collection[str]) -> Reviews | None:
        return self._git.reviews(self.commit, paths) if self.commit else None

    def read(self, path: str) -> bytes:
        name = self._objects.get(path, "")
        if name not in self._contents:
            raise FileNotFoundError(path)
        return self._contents[name]


def _entered(path: str) -> bool:
    return NEVER_ENTERED.isdisjoint(path.split("/")[:-1])
