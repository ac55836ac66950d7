"""Job specifications: a YAML file whose `entrypoint` is a shell command (Ray, Anyscale and their like)."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.model.facts import Embedded, Fact, Stage
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "job_spec"


def accepts(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and ".github/" not in path and "entrypoint" not in path


def read(document: Document) -> Iterable[Fact]:
    """A stage and its command, when the file is such a specification; nothing for any other YAML."""
    if "\nentrypoint:" not in "\n" + document.text:
        return
    try:
        roots = yaml.parse(document.text)
    except SyntaxProblem:
        return  # the reader that owns the file tells of it
    for root in roots[:1]:
        node = root.get("entrypoint")
        if node is None or node.kind != "string":
            continue
        place = document.place(node.span, "entrypoint")
        yield Stage(place, "job", root.scalar("name", default="entrypoint"))
        lines = node.content or ((node.span.line, node.span.column),)
        yield Embedded(place, "shell", node.text, "entrypoint", lines, options=frozenset({"errexit"}))
