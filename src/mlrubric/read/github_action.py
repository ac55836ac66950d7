"""GitHub actions of this repository (action.yml): composite steps, or the container that they run in."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.knowledge.actions import action
from mlrubric.model.facts import Elsewhere, Fact, Include, Unreadable, Workflow
from mlrubric.model.homes import inside
from mlrubric.source.document import Document
from mlrubric.source.workflow_steps import Defaults, image, steps
from mlrubric.source.yaml_facts import entry_place, first_map, settings

FORMAT = "github_action"


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in ("action.yml", "action.yaml")


def read(document: Document) -> Iterable[Fact]:
    """What the file says; an action whose meaning is known lies nowhere else."""
    return (fact for fact in _read(document) if not isinstance(fact, Elsewhere) or fact.kind == "workflow" or action(fact.text) is None)


def _read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    yield from problems
    if root is None:
        return
    runs = root.get("runs")
    if runs is None or runs.kind != "map":
        yield Unreadable(document.place(), FORMAT, "no `runs`: not a GitHub action")
        return
    yield Workflow(document.place(root.span, "action"), root.scalar("name"), "action")
    for name, value in inputs.pairs() if (inputs := root.get("inputs")) is not None else ():
        yield from settings(document, value.get("default"), f"inputs.{name}.default")
    listed = runs.get("steps")
    if listed is not None:
        yield from steps(document, listed, "runs.steps", "action", Defaults(action=inside(document.directory) or "."), FORMAT)
    container = runs.scalar("image")
    if container.startswith("docker://"):
        yield image(entry_place(document, runs, "image", "runs.image"), container)
    elif container:
        yield Include(entry_place(document, runs, "image", "runs.image"), container, "dockerfile", "action")
