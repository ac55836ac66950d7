"""The repository as files: on disk, found through git or by a walk that knows `.gitignore`, or in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mlrubric.source.git import Git
from mlrubric.source.history import Reviews

MAX_TEXT = 5_000_000
MAX_NOTEBOOK = 50_000_000
MAX_FILES = 200_000
MAX_FOLDERS = 100_000
MAX_LEVELS = 60

NEVER_ENTERED = frozenset((".git", "node_modules", ".venv", "__pycache__", "site-packages"))


@dataclass(frozen=True, slots=True, order=True)
class FileEntry:
    """A file of the tree; `path` is relative with forward slashes, undecodable bytes of a name are surrogates."""

    path: str
    size: int


Notices = tuple[tuple[str, str], ...]


class Tree(Protocol):
    """What the rest of the program knows of a repository: its files, and why some of them are not among them."""

    @property
    def files(self) -> tuple[FileEntry, ...]: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def commit(self) -> str | None: ...
    @property
    def commit_date(self) -> str | None: ...
    @property
    def tracked(self) -> frozenset[str] | None: ...
    @property
    def doubtful(self) -> frozenset[str]:
        """Files and folders that are there, that a `.gitignore` names, and that may be tracked all the same: git was not there to ask."""
        ...

    @property
    def whole(self) -> bool:
        """Whether this is a repository from its top, and no folder of one: a host looks for its own files at the top only."""
        ...

    @property
    def authors(self) -> frozenset[str] | None:
        """Names and addresses of all who made a commit that HEAD has, as `name <address>`; None without the whole history."""
        ...

    def changed(self, path: str) -> str | None:
        """The day of the last commit that touched a file, None without the whole history."""
        ...

    def reviews(self, paths: Collection[str]) -> Reviews | None:
        """How the commits that touch these files were reviewed; None without the whole history."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of a listed file; `OSError` when it went away or may not be read."""
        ...


def text_limit(path: str) -> int:
    """How many bytes of such a file are read at most."""
    return MAX_NOTEBOOK if path.endswith(".ipynb") else MAX_TEXT


@dataclass(frozen=True, slots=True)
class _Found:
    files: tuple[FileEntry, ...]
    notices: Notices


class MemoryTree:
    """A tree that is written down in the test that uses it."""

    def __init__(self, files: dict[str, str | bytes], commit: str | None = None, commit_date: str | None = None) -> None:
        self._data = {path: text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text for path, text in files.items()}
        self.files = tuple(FileEntry(path, len(self._data[path])) for path in sorted(self._data))
        self.notices: Notices = ()
        self.commit: str | None = commit
        self.commit_date: str | None = commit_date
        self.tracked: frozenset[str] | None = frozenset(self._data) if commit else None
        self.doubtful: frozenset[str] = frozenset()
        self.whole = True
        self.authors: frozenset[str] | None = None
        self.days: dict[str, str] = {}  # the last changes of files, where a test has a history

    def changed(self, path: str) -> str | None:
        return self.days.get(path)

    def reviews(self, paths: Collection[str]) -> Reviews | None:
        return None

    def read(self, path: str) -> bytes:
        try:
            return self._data[path]
        except KeyError:
            raise FileNotFoundError(path) from None


class DiskTree:
    """The files below a folder: what git tracks or would add, else all that `.gitignore` files leave."""

    def __init__(self, root: Path, deadline: float = 30.0) -> None:
        self.root = root.resolve()
        self._prefix = str(self.root).rstrip(os.sep) + os.sep
        self._git = Git(self.root, deadline)
        listed = self._git.listed() if self._git.present else None
        walked = ([], [], []) if listed is not None else _walked(self.root)
        found = self._check(listed) if listed is not None else self._check(*walked[:2])
        self.doubtful = frozenset(walked[2])
        self.files, self.notices = found.files, found.notices
        self.tracked: frozenset[str] | None = self._git.tracked() if listed is not None else None
        self.whole = listed is None or (self.root / ".git").exists()
        head = self._git.head() if listed is not None else None
        self.commit: str | None = head[0] if head else None
        self.commit_date: str | None = head[1] if head else None

    @property
    def authors(self) -> frozenset[str] | None:
        """Asked of git when somebody wants it."""
        return self._git.authors("HEAD") if self.tracked is not None else None

    def changed(self, path: str) -> str | None:
        return self._git.changed(path) if self.commit_date is not None else None

    def reviews(self, paths: Collection[str]) -> Reviews | None:
        return self._git.reviews("HEAD", paths) if self.tracked is not None else None

    def read(self, path: str) -> bytes:
        """At most `text_limit` bytes and one more, through no link that leaves the root."""
        full = self._inside(path)
        if full is None:
            raise PermissionError(f"{path} leads out of the repository")
        with open(full, "rb", opener=_open_plain) as stream:
            return stream.read(text_limit(path) + 1)

    def _inside(self, path: str) -> str | None:
        full = os.path.realpath(self._prefix + path)
        return full if (full + os.sep).startswith(self._prefix) else None

    def _check(self, listed: list[str], notices: list[tuple[str, str]] | None = None) -> _Found:
        """Each listed path that is a plain file inside the root, once; the others with a reason."""
        notes = list(notices or ())
        sizes: dict[str, int] = {}
        links: list[str] = []
        missing: list[str] = []
        paths = sorted(set(listed))
        if len(paths) > MAX_FILES:
            notes.append((paths[MAX_FILES], f"more than {MAX_FILES:,} files: those from here on were not read"))
            del paths[MAX_FILES:]
        safe: dict[str, bool] = {"": True}
        for path in paths:
            if not NEVER_ENTERED.isdisjoint(path.split("/")[:-1]):
                continue
            if path.count("/") > MAX_LEVELS:
                notes.append((path, f"more than {MAX_LEVELS} folders deep: not read"))
                continue
            try:
                info = os.lstat(self._prefix + path)
            except OSError as error:
                if isinstance(error, FileNotFoundError):
                    missing.append(path)
                else:
                    notes.append((path, f"unreadable: {error.strerror}"))
                continue
            folder = path.rpartition("/")[0]
            if stat.S_ISLNK(info.st_mode) or not self._real_folder(folder, safe):
                links.append(path)
            elif stat.S_ISREG(info.st_mode):
                sizes[path] = info.st_size
            elif stat.S_ISDIR(info.st_mode):
                notes.append((path.rstrip("/"), "another git repository inside this one: not read"))
            else:
                notes.append((path, "neither a file nor a folder: not read"))
        for path in links:
            self._follow(path, sizes, notes)
        if missing:
            notes.append((missing[0], f"tracked but not in the work tree ({len(missing)} in all): sparse or deleted"))
        files = tuple(FileEntry(path, sizes[path]) for path in sorted(sizes))
        notes.extend((entry.path, _huge(entry)) for entry in files if _huge(entry))
        return _Found(files, tuple(sorted(set(notes))))

    def _real_folder(self, folder: str, known: dict[str, bool]) -> bool:
        """No part of the folder's path is a link."""
        answer = known.get(folder)
        if answer is None:
            parent = folder.rpartition("/")[0]
            answer = self._real_folder(parent, known) and not (self.root / folder).is_symlink()
            known[folder] = answer
        return answer

    def _follow(self, path: str, sizes: dict[str, int], notes: list[tuple[str, str]]) -> None:
        """A link to a file inside counts as that file, once; any other is named and left."""
        try:
            full = self._inside(path)
            if full is None:
                notes.append((path, "a link that leads out of the repository: not followed"))
                return
            info = Path(full).stat()
        except OSError as error:
            notes.append((path, f"a link that leads nowhere: {error.strerror}"))
            return
        target = os.path.relpath(full, self.root).replace(os.sep, "/")
        if stat.S_ISREG(info.st_mode) and NEVER_ENTERED.isdisjoint(target.split("/")[:-1]):
            sizes.setdefault(target, info.st_size)


def _huge(entry: FileEntry) -> str:
    limit = text_limit(entry.path)
    return f"{entry.size / 1e6:.1f} MB, more than the limit of {limit // 1_000_000} MB for reading" if entry.size > limit else ""


def _open_plain(path: str, flags: int) -> int:
    """Never waits on a FIFO and never follows a link that was put there after we looked."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def _walked(root: Path) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    from mlrubric.source.walk import walk

    return walk(root, NEVER_ENTERED, MAX_FILES, MAX_FOLDERS, MAX_LEVELS)
