"""The specification that the second compiler of Kubeflow Pipelines writes: executors are jobs, tasks of a graph are jobs that start them.

An executor that carries the text of a Python function gives that text, and `@function:<name>` as what it uses: the graph takes the
function of the repository when it has one of that name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.model.facts import Command, Embedded, Fact, Image, Job, Workflow
from mlrubric.source.automation_facts import by_hand
from mlrubric.source.document import Document
from mlrubric.source.syntax.image_name import split_image
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import embedded, entry_place, is_scalar

ANYWAY = "ALL_UPSTREAM_TASKS_COMPLETED"
FUNCTION = "--function_to_execute"
UNUSED = "a compiled pipeline that nothing in this repository submits"


def pipeline(document: Document, root: Node, symbol: str, name: str) -> Iterator[Fact]:
    """The facts of a specification whose workflow is `symbol`."""
    place = document.place(root.span, symbol)
    yield Workflow(place, name, "kfp")
    yield by_hand(place, symbol, UNUSED)
    parts = _Parts(document, symbol, name)
    components = _pairs(root.get("components"))
    labels = {key: f"{symbol}.executors.{node.scalar('executorLabel')}" for key, node in components if node.scalar("executorLabel")}
    labels |= {key: f"{symbol}.components.{key}" for key, _ in components if key not in labels}
    for key, component in components:
        if not component.scalar("executorLabel"):
            yield Job(document.place(component.span, labels[key]), f"{name}.{key}", "")
            yield from parts.tasks(component, labels[key], f"{name}.{key}", labels)
    whole = root.get("root")
    if whole is not None:
        yield from parts.tasks(whole, symbol, name, labels)
    for key, executor in _pairs(root.get("deploymentSpec", "executors")):
        yield from parts.executor(key, executor)


@dataclass(frozen=True, slots=True)
class _Parts:
    document: Document
    symbol: str
    name: str

    def tasks(self, holder: Node, owner: str, prefix: str, labels: dict[str, str]) -> Iterator[Fact]:
        """The tasks of a graph, in the order of their dependencies."""
        for key, task in _pairs(holder.get("dag", "tasks")):
            needs = tuple(f"{prefix}/{need}" for need in task.strings("dependentTasks"))
            condition = task.scalar("triggerPolicy", "condition")
            anyway = task.scalar("triggerPolicy", "strategy") == ANYWAY
            started = labels.get(task.scalar("componentRef", "name"))
            place = self.document.place(task.span, f"{owner}.tasks.{key}")
            yield Job(
                place, f"{prefix}/{key}", owner, needs, "always()" if anyway else condition or None, uses=f"#{started}" if started else None
            )

    def executor(self, key: str, node: Node) -> Iterator[Fact]:
        """What one executor runs."""
        route = f"{self.symbol}.executors.{key}"
        container = node.get("container")
        words = [*_items(container, "command"), *_items(container, "args")]
        texts = [word.text for word in words]
        function = texts[texts.index(FUNCTION) + 1] if FUNCTION in texts[:-1] else ""
        yield Job(self.document.place(node.span, route), f"{self.name}.{key}", "", uses=f"@function:{function}" if function else None)
        if container is None:
            return
        image, tag, digest = split_image(container.scalar("image"))
        if image:
            yield Image(entry_place(self.document, container, "image", f"{route}.image"), image, tag, digest, "run")
        source = next((word for word in words if "\ndef " in f"\n{word.text}" and function), None)
        if source is not None:
            yield code(self.document, source, route)
        elif words:
            yield Command(self.document.place(words[0].span, f"{route}.command"), route, tuple(texts))


def code(document: Document, text: Node, owner: str) -> Embedded:
    """The text of a function that a compiled file carries."""
    return embedded(document, text, f"{owner}.source", owner, "python")


def _pairs(node: Node | None) -> list[tuple[str, Node]]:
    return list(node.pairs()) if node is not None else []


def _items(node: Node | None, key: str) -> list[Node]:
    found = node.get(key) if node is not None else None
    return [item for item in found.items if is_scalar(item)] if found is not None else []
