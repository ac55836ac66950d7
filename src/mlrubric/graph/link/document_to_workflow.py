"""Build files whose trigger lives outside of the repository, when a document tells of it: assumed, never sure.

A build file of Google Cloud says nothing of what starts it. A trigger counts when Terraform of this repository defines it; when a
document names the file and says on what event it runs, it is assumed, with less confidence; else a build is started by hand.
"""

from __future__ import annotations

import posixpath
import re

from mlrubric.graph.world import World
from mlrubric.model.facts import Heading, Workflow
from mlrubric.model.homes import inside

ORDER = 15
WAYS = (
    ("pull_request", re.compile(r"pull[- ]request|\bPRs?\b", re.IGNORECASE)),
    ("push", re.compile(r"\b(triggers?|triggered|on (every |each )?(push|merge|commit)s?|merged?|new (git )?tag)\b", re.IGNORECASE)),
)


def link(world: World) -> None:
    """One assumed trigger for each build file that a document describes."""
    graph = world.graph
    told = [(path, heading) for path, heading in world.every(Heading)]
    for path, workflow in world.every(Workflow):
        node = world.node(path, "workflow")
        if workflow.kind != "cloudbuild" or node is None or any(True for _ in graph.predecessors(node, ("run",))):
            continue
        for where, heading in told:
            text = _passage(f"{heading.text}\n{heading.body}", path, posixpath.dirname(where))
            kind = next((kind for kind, pattern in WAYS if text and pattern.search(text)), "")
            if kind:
                trigger = graph.add(
                    "trigger", kind, heading.place, ("trigger.push",), kind=kind, live="true", recurring="true",
                    reason=f"a trigger that is set up outside of this repository, as {where} says",
                )  # fmt: skip
                graph.connect(trigger, node, "trigger", heading.place, certain=False)
                break


def _passage(text: str, path: str, folder: str) -> str:
    """The heading and the paragraph or list item that names the file; a bare name means a file of the document's own folder."""
    lines = text.split("\n")
    name = posixpath.basename(path)
    own = posixpath.dirname(path) == folder
    path = inside(path)
    for line in lines[1:]:
        if path in line or (own and re.search(rf"(?<![\w/.-]){re.escape(name)}\b", line)):
            return f"{lines[0]}\n{line}"
    return ""
