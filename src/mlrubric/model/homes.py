"""Repositories of a system in one tree of paths: a member's files lie below a first folder that no file of ours can be called.

The repository that is analysed keeps its paths; those of a member read `serving+member/deploy/app.yaml` inside the program, and
`../serving/deploy/app.yaml` in everything that leaves it (docs/decisions/0009).
"""

from __future__ import annotations

import posixpath

MEMBER = "+member"
SHARED = "+shared"  # automation of another repository that runs in the checkout of the one that uses it: a folder of that one


def home(path: str) -> str:
    """The folder of the repository that a path lies in; "" for the one that is analysed."""
    first = path.partition("/")[0]
    return first if first.endswith(MEMBER) else ""


def at_home(near: str, path: str) -> str:
    """A path that counts from the root of the repository that `near` lies in."""
    root = home(near)
    return posixpath.normpath(posixpath.join(root, path)) if root and not home(path) else path


def inside(path: str) -> str:
    """A path as its own repository has it."""
    root = home(path)
    return path[len(root) :].lstrip("/") if root else path


def same_home(one: str, other: str) -> bool:
    return home(one) == home(other)
