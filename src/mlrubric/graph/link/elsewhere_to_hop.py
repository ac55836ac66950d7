"""Automation that lies in another repository: what it runs is not visible, and it stands in the graph as something that may run a test."""

from __future__ import annotations

import posixpath
import re

from mlrubric.graph.unread import UNREAD
from mlrubric.graph.world import World
from mlrubric.model.facts import Elsewhere

ORDER = 12  # behind the workflows, jobs and steps that hand over
WHY = "lies in another repository, which is not visible"
PREPARES = re.compile(
    r"(?<![a-z])(set-?up|install|auth|login|log-in|cache|checkout|notify|configure|credentials|label|slack)", re.IGNORECASE
)
TO_DO = "map a checkout of it under [tool.mlrubric.system.sources]"


def link(world: World) -> None:
    """A node below each job, step or workflow that hands over, with what may be known by its name."""
    graph = world.graph
    said: set[str] = set()
    for path, other in world.every(Elsewhere):
        source = world.node(path, other.owner)
        if source is None or not _whole(other):
            continue
        node = graph.add("workflow", other.text, other.place, (UNREAD,), kind="elsewhere", name=_name(other), why=WHY)
        graph.connect(source, node, "run", other.place)
        if other.text not in said:
            said.add(other.text)
            world.broken.append((other.place, f"`{other.text}` {WHY}: what it checks, trains or releases is not known; {TO_DO}"))


def _whole(other: Elsewhere) -> bool:
    """Whether it may be more than a preparation. An action of the market does one thing that its users know; one that lies in a folder of a
    repository is somebody's own."""
    own = bool(other.path) and not PREPARES.search(_name(other))
    return own or other.kind in ("workflow", "template", "include", "library", "pipeline")


def _name(other: Elsewhere) -> str:
    """What its own name says: the file or the part, not the repository."""
    return posixpath.splitext(posixpath.basename(other.path))[0] if other.path else other.text.rpartition("/")[2]
