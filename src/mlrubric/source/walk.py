"""The files below a folder where git does not answer: a walk that honours every `.gitignore` on the way."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pathspec import GitIgnoreSpec

Specs = tuple[tuple[str, GitIgnoreSpec], ...]
Walked = tuple[list[str], list[tuple[str, str]], list[str]]
# what a tool writes for everybody who works on the repository: a pattern that names it came too late, what is private has its own file
_SHARED = re.compile(r"(?:.*/)?\.dvc/(?:config|\.gitignore)")


def walk(root: Path, never: frozenset[str], files: int, folders: int, levels: int) -> Walked:
    """Relative paths, (path, reason) for what was left out, and the files and folders that a `.gitignore` names; stops at the given
    limits and never enters a linked folder."""
    found: list[str] = []
    notes: list[tuple[str, str]] = []
    pending: list[tuple[str, Specs]] = [("", ())]
    seen = 0
    ignored: list[str] = []
    while pending:
        folder, specs = pending.pop()
        seen += 1
        if seen > folders or len(found) > files:
            notes.append((folder, f"more than {folders:,} folders or {files:,} files: the walk stopped here"))
            break
        try:
            with os.scandir(root / folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            notes.append((folder or ".", f"unreadable folder: {error.strerror}"))
            continue
        own = _ignores(root, folder, notes) if any(entry.name == ".gitignore" for entry in listed) else None
        specs = (*specs, (folder, own)) if own is not None else specs
        below: list[tuple[str, Specs]] = []
        for entry in listed:
            path = f"{folder}/{entry.name}" if folder else entry.name
            inside = entry.is_dir(follow_symlinks=False)
            if entry.name in never and (inside or entry.name == ".git"):
                continue
            if _ignored(path + "/" if inside else path, specs) and (inside or not _SHARED.fullmatch(path)):
                ignored.append(path)
                continue
            if not inside:
                found.append(path)
            elif path.count("/") >= levels:
                notes.append((path, f"more than {levels} folders deep: not entered"))
            else:
                below.append((path, specs))
        pending.extend(reversed(below))
    if ignored:
        notes.append(
            (
                min(ignored),
                f"left out because a .gitignore names it ({len(ignored)} such files or folders in all; there is no git here to ask)",
            )
        )
    return found, notes, ignored


def _ignores(root: Path, folder: str, notes: list[tuple[str, str]]) -> GitIgnoreSpec | None:
    path = root / folder / ".gitignore"
    name = f"{folder}/.gitignore" if folder else ".gitignore"
    try:
        if path.is_symlink() or path.stat().st_size > 1_000_000:
            return None  # as git does, which does not follow a linked .gitignore
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        notes.append((name, f"unreadable: {error.strerror}"))
        return None
    good: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError as error:
            notes.append((name, f"line {number}: {error}"))
        else:
            good.append(line)
    return GitIgnoreSpec.from_lines(good)


def _ignored(path: str, specs: Specs) -> bool:
    """The innermost file that has an opinion decides."""
    for folder, spec in reversed(specs):
        relative = path[len(folder) + 1 :] if folder else path
        result = spec.check_file(relative).include
        if result is not None:
            return result
    return False
