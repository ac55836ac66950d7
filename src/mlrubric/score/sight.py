"""Absent, not visible, not analysed: three reasons for which no check was found, and what would make it visible.

Absent: the repository was read, and nothing of the kind is in it. Not visible: it would live in another repository. Not analysed: there is
something that could not be read (a program in another language, a broken file), and it may be the check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.graph.build import Picture
from mlrubric.model.facts import Unreadable
from mlrubric.model.place import Place

SERVING = "score the repository that serves as one system with this one ([tool.mlrubric.system] members), or attest it"
ELSEWHERE = "attest it, or score the repository that does it as one system with this one ([tool.mlrubric.system] members)"
OTHER = "map a checkout of it under [tool.mlrubric.system.sources], or attest it"
WRITTEN_OUT = "write the command out where it is run"
LANGUAGE = "attest it, with what the program writes as evidence, or let a program that is analysed do it"
STARTS = frozenset(  # formats that say what runs what
    {
        "azure_pipelines",
        "bitbucket_pipelines",
        "circleci",
        "cloudbuild",
        "databricks_bundle",
        "dvc_yaml",
        "github_action",
        "github_workflow",
        "gitlab_ci",
        "jenkinsfile",
        "justfile",
        "kubernetes",
        "makefile",
        "mlproject",
        "precommit",
        "prefect_yaml",
        "taskfile",
        "tox",
    }
)
UNRUN = ("live", "wired")
VARIABLE = re.compile(r"\$\w|\$\{|\$\(|`|<\(")
LATE = re.compile(r"^\$|(?:^|\s)(?:-c|eval)\s+[\"']?\$")  # a command that is a variable, a shell or an interpreter that is handed one


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that may be the check, or may run it. `sight`: elsewhere, not_analysed; `by` what would make it visible."""

    place: Place | None
    message: str
    sight: str
    by: str


def unseen_program(picture: Picture, words: tuple[str, ...]) -> Unseen | None:
    """A program that is not analysed, or automation of another repository that a live trigger reaches, whose name, or that of what runs
    it, says that it may be this test."""
    graph = picture.graph
    pattern = _names(words)
    for node in graph.with_role("code.unread") if pattern is not None else ():
        program = graph.nodes[node]
        own = program.attributes.get("name", program.label)
        if program.kind == "workflow" and picture.schedule.of(node).level not in ("kept", "lost"):
            continue
        for edge in graph.predecessors(node, ("run",)):
            holders = [graph.nodes[e.source].label for e in graph.predecessors(edge.source, ("run",))]
            if program.kind == "workflow":
                holders.append(graph.nodes[edge.source].label.partition("/")[0])
            if pattern is not None and any(pattern.search(name) for name in (own, *holders)):
                elsewhere = program.attributes.get("kind") == "elsewhere"
                said = f"{program.label} may do this, but it {program.attributes['why']}"
                return Unseen(edge.place, said, "elsewhere" if elsewhere else "not_analysed", OTHER if elsewhere else LANGUAGE)
    return None


def unreadable_check(picture: Picture, words: tuple[str, ...]) -> Unseen | None:
    """A file that could not be read and whose name says that it may be this test."""
    pattern = _names(words)
    for path, broken in picture.world.every(Unreadable) if pattern is not None else ():
        if pattern is not None and pattern.search(path.rpartition("/")[2]):
            return _unreadable(path, broken, "may do this")
    return None


def unread_start(picture: Picture) -> Unseen | None:
    """Automation that could not be read, or a command of which only the run knows what it runs: it may run what nothing is seen to run."""
    for path, broken in picture.world.every(Unreadable):
        if broken.format in STARTS:
            return _unreadable(path, broken, "may run it")
    return next(_dynamic(picture), None)


def _dynamic(picture: Picture) -> Iterator[Unseen]:
    """Commands that a live trigger reaches and whose program stands in a variable."""
    for node in picture.graph.of_kind("command"):
        command = picture.graph.nodes[node]
        target = command.attributes.get("unwired", "")
        late = VARIABLE.search(target) if target else LATE.search(command.label)
        if late is not None and picture.schedule.of(node).level in ("kept", "lost"):
            said = f"`{command.label}` ({command.place}) may run it, but what it runs is only known when it runs"
            yield Unseen(command.place, said, "not_analysed", WRITTEN_OUT)


def _unreadable(path: str, broken: Unreadable, may: str) -> Unseen:
    place = broken.place
    return Unseen(place, f"{place} {may}, but it could not be read: {broken.reason}", "not_analysed", f"mend {path}: {broken.reason}")


def _names(words: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile(rf"(?<![a-z])({'|'.join(words)})", re.IGNORECASE) if words else None
