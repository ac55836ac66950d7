"""What git knows of a work tree, asked so that the repository's own configuration can run nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from mlrubric.source.history import BOT, FORM, Reviews, commits_of, people, reviewed

MOST_COMMITS = 5_000
MOST_PATHS = 500
_SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "protocol.allow=never",
    "-c",
    "safe.directory=*",
)


class Git:
    """Read-only questions about the work tree that holds `root`; every failure is None and the caller walks instead."""

    def __init__(self, root: Path, deadline: float) -> None:
        self.root = root
        self.until = monotonic() + deadline
        self.present = root.is_dir() and any((folder / ".git").exists() for folder in (root, *root.parents))

    def listed(self) -> list[str] | None:
        """Tracked and untracked-not-ignored paths below the root, relative to it."""
        out = self._run("ls-files", "-z", "-c", "-o", "--exclude-standard")
        if out is None or (not out and self.ignored_as_a_whole()):
            return None
        return _paths(out)

    def tracked(self) -> frozenset[str] | None:
        out = self._run("ls-files", "-z", "-c")
        return None if out is None else frozenset(_paths(out))

    def head(self) -> tuple[str, str | None] | None:
        """HEAD's commit and its date (none in a shallow clone, where a later reader would take it for history)."""
        out = self._run("log", "-1", "--no-color", "--no-show-signature", "--format=%H %ct")
        parts = out.decode("ascii", "replace").split() if out else []
        if len(parts) != 2 or not parts[1].lstrip("-").isdigit():
            return None
        shallow = self._run("rev-parse", "--is-shallow-repository")
        if shallow is None or shallow.strip() != b"false":
            return parts[0], None
        return parts[0], _date(int(parts[1]))

    def authors(self, commit: str) -> frozenset[str] | None:
        """All authors of a commit and of those before it; None in a shallow clone, which knows some only, and in a folder of somebody's
        repository, which may have little to do with them."""
        if not (self.root / ".git").exists():
            return None
        shallow = self._run("rev-parse", "--is-shallow-repository")
        if shallow is None or shallow.strip() != b"false":
            return None
        out = self._run("shortlog", "-s", "-n", "-e", commit, "--")
        if not out:
            return None
        lines = out.decode("utf-8", "replace").split("\n")
        return frozenset(line.partition("\t")[2].strip() for line in lines if "\t" in line)

    def changed(self, path: str, commit: str = "HEAD") -> str | None:
        """The day of the last commit that touched a file."""
        out = self._run("log", "-1", "--no-color", "--no-show-signature", "--format=%ct", commit, "--", f":(literal){path}")
        seconds = out.decode("ascii", "replace").strip() if out else ""
        return _date(int(seconds)) if seconds.isdigit() else None

    def reviews(self, commit: str, paths: Collection[str]) -> Reviews | None:
        """How the commits that touch some files were reviewed; None where the whole history is not known."""
        if not paths or not (self.root / ".git").exists():
            return None
        shallow = self._run("rev-parse", "--is-shallow-repository")
        if shallow is None or shallow.strip() != b"false":
            return None
        told = self._run("log", f"-{MOST_COMMITS}", "--no-color", "--no-show-signature", f"--format={FORM}", commit, "--")
        touching = self._run(
            "log", f"-{MOST_COMMITS}", "--no-merges", "--no-color", "--no-show-signature", "--format=%H", commit, "--",
            *(f":(literal){path}" for path in sorted(paths)[:MOST_PATHS]),
        )  # fmt: skip
        if told is None or touching is None:
            return None
        commits = commits_of(told.decode("utf-8", "replace"))
        seen, touched = reviewed(commits), set(touching.decode("ascii", "replace").split())
        own = [one.name for one in commits if one.name in touched and not BOT.search(one.author)]
        return Reviews(len(own), sum(name in seen for name in own), people(commits))

    def commit_of(self, revision: str) -> tuple[str, str | None] | None:
        """The commit that a revision names, and its date."""
        out = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if out is None:
            return None
        commit = out.decode("ascii", "replace").strip()
        dated = self._run("log", "-1", "--no-color", "--no-show-signature", "--format=%ct", commit)
        seconds = dated.decode("ascii", "replace").strip() if dated else ""
        return commit, _date(int(seconds)) if seconds.lstrip("-").isdigit() else None

    def fork_of(self, revision: str) -> str | None:
        """The last commit that HEAD and a revision have in common; None where there is none or the clone is too shallow to know."""
        out = self._run("merge-base", "--end-of-options", "HEAD", revision)
        return out.decode("ascii", "replace").strip() or None if out is not None else None

    def listed_at(self, commit: str) -> list[tuple[str, str, str, int]] | None:
        """Mode, object, path from the root and size of everything below the root in a commit; a submodule's size is 0."""
        out = self._run("ls-tree", "-r", "-z", "-l", commit)
        if out is None:
            return None
        found = []
        for line in out.split(b"\0"):
            about, tab, path = line.partition(b"\t")
            words = about.decode("ascii", "replace").split()
            if tab and len(words) == 4:
                found.append((words[0], words[2], os.fsdecode(path), int(words[3]) if words[3].isdigit() else 0))
        return found

    def contents(self, objects: list[str]) -> dict[str, bytes]:
        """The bytes of objects, all in one call; those that are not there are left out."""
        out = self._run("cat-file", "--batch", given="\n".join(objects).encode("ascii") + b"\n") if objects else None
        found: dict[str, bytes] = {}
        at = 0
        while out is not None and at < len(out):
            end = out.index(b"\n", at)
            words = out[at:end].decode("ascii", "replace").split()
            at = end + 1
            if len(words) == 3 and words[2].isdigit():
                size = int(words[2])
                found[words[0]] = out[at : at + size]
                at += size + 1
        return found

    def ignored_as_a_whole(self) -> bool:
        """A folder that the work tree around it ignores is not described by that work tree."""
        if (self.root / ".git").exists():
            return False
        return self._run("check-ignore", "-q", ".") is not None

    def _run(self, *arguments: str, given: bytes = b"") -> bytes | None:
        left = self.until - monotonic()
        if left <= 0:
            return None
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",  # a promisor remote of the repository must not be asked for what is missing
            "GIT_PAGER": "cat",
            "LC_ALL": "C",
        }
        try:
            done = subprocess.run(
                ["git", "--no-pager", *_SAFE, *arguments],
                cwd=self.root,
                env=environment,
                input=given,
                capture_output=True,
                timeout=left,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None


def _paths(out: bytes) -> list[str]:
    return [os.fsdecode(path) for path in out.split(b"\0") if path]


def _date(seconds: int) -> str | None:
    """The day in UTC, so that it does not depend on the machine."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return None
