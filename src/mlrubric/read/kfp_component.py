"""Component files of Kubeflow Pipelines (`component.yaml`): the image and command line that a step of a pipeline runs."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Command, Fact, Job
from mlrubric.source.automation_facts import image
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse
from mlrubric.source.yaml_facts import embedded, entry_place, is_scalar

FORMAT = "kfp_component"
SYMBOL = "component"
SOURCES = ("def ", "import ", "from ")


def accepts(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    if "implementation:" not in document.text or "container:" not in document.text:
        return
    try:
        roots = parse(document.text)
    except SyntaxProblem:
        return  # the reader that owns the file tells of it
    for root in roots[:1]:
        container = root.get("implementation", "container")
        if container is None or not container.scalar("image"):
            continue
        yield Job(document.place(root.span, SYMBOL), root.scalar("name") or document.path, "")
        yield image(entry_place(document, container, "image", f"{SYMBOL}.image"), container.scalar("image"))
        words = [item for key in ("command", "args") for item in _items(container.get(key))]
        text = next((word for word in words if "\n" in word.text and word.text.lstrip().startswith(SOURCES)), None)
        if text is not None:
            yield embedded(document, text, f"{SYMBOL}.source", SYMBOL, "python")
        elif words:
            yield Command(document.place(words[0].span, f"{SYMBOL}.command"), SYMBOL, tuple(word.text for word in words))


def _items(node: Node | None) -> list[Node]:
    """The words of a command; an entry that stands for an input of the component is not known."""
    return [item for item in node.items if is_scalar(item)] if node is not None else []
