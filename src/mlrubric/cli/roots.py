"""Which repository the paths of a command line lie in: a folder of a repository is looked at as a part of it, as files are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mlrubric.cli import UsageError

OWN = (".git", "mlrubric.toml", ".github", ".gitlab-ci.yml")  # what is read at the top of a repository only
TOPS = ("pyproject.toml", ".dvc")  # what stands at the top of one as a rule, where nothing of these is above
SECONDS = 10.0


def root_of(paths: Sequence[Path], given: Path | None = None) -> tuple[Path, list[str]]:
    """The repository to analyse, and what of it to report on, from there ("" for all). `given` is the root that the command line names."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}")
    full = [path.resolve() for path in paths]
    root = given.resolve() if given is not None else _common(full)
    outside = [path for path, where in zip(paths, full, strict=True) if not where.is_relative_to(root)]
    if outside:
        raise UsageError(f"{outside[0]} is not below {given}")
    wanted = ["" if path == root else path.relative_to(root).as_posix() for path in full]
    return _as_said(root, given, paths), wanted


def _common(full: Sequence[Path]) -> Path:
    """The one repository of all paths."""
    tops = [_top(path) for path in full]
    folders = [top or (path if path.is_dir() else path.parent) for top, path in zip(tops, full, strict=True)]
    around = [folder for folder in folders if all(path.is_relative_to(folder) for path in full)]
    if around:
        return min(around, key=lambda folder: len(folder.parts))
    common = Path(os.path.commonpath(folders))
    if not any(tops):
        return common
    above = None if any((folder / ".git").exists() for folder in folders) else _top(common)
    if above is None:
        first, second = sorted(set(folders))[:2]
        raise UsageError(f"{first} and {second} are two repositories: check one after the other")
    return above


def _top(path: Path) -> Path | None:
    """The repository that holds a path: the nearest folder with a mark of its own, else the nearest that looks like one; None when none
    does, and for a folder that the repository around it leaves out."""
    folder = path if path.is_dir() else path.parent
    lines = (folder, *folder.parents)
    found = next((one for one in lines if _own(one) and (one == folder or one != Path.home())), None)
    found = found or next((one for one in lines if any((one / mark).exists() for mark in TOPS)), None)
    return None if found is None or (folder != found and _left_out(folder, found)) else found


def _own(folder: Path) -> bool:
    from mlrubric.config import has_settings

    return any((folder / mark).exists() for mark in OWN) or has_settings(folder / "pyproject.toml")


def _left_out(folder: Path, root: Path) -> bool:
    """Whether git ignores a folder, or the settings of the repository exclude it: it is then no part of it."""
    from mlrubric.config import read_settings
    from mlrubric.source.git import Git

    inside = folder.relative_to(root).as_posix()
    return read_settings(root).excludes(f"{inside}/x") or Git(folder, SECONDS).ignored_as_a_whole()


def _as_said(root: Path, given: Path | None, paths: Sequence[Path]) -> Path:
    """The root as the command line names it, else as it is seen from here."""
    for said in [given] if given is not None else list(paths):
        if said is not None and said.resolve() == root:
            return said
    try:
        return Path(os.path.relpath(root))
    except ValueError:  # on another drive
        return root
