"""What git knows of a work tree, asked so that the repository's own configuration can run nothing."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

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
        if out is None or (not out and self._ignored_as_a_whole()):
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

    def _ignored_as_a_whole(self) -> bool:
        """A folder that the work tree around it ignores is not described by that work tree."""
        if (self.root / ".git").exists():
            return False
        return self._run("check-ignore", "-q", ".") is not None

    def _run(self, *arguments: str) -> bytes | None:
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
                stdin=subprocess.DEVNULL,
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
