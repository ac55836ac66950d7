"""Model cards as data (model_card.json, model_card.yaml): each part with what it holds, like a section of a document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Heading
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.root import root_of
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "model_card"

_PLACE = re.compile(r"(^|/)[^/]*model[-_]?cards?[^/]*\.(json|ya?ml)$", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?%?(?![\w.])")
_SHOWN = 2000
_PROSE = 40  # characters: less is a name


def accepts(path: str) -> bool:
    return _PLACE.search(path) is not None


def read(document: Document) -> Iterator[Fact]:
    try:
        root = root_of(document)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    if root is not None and root.kind == "map":
        yield from _parts(document, root, 1)


def _parts(document: Document, node: Node, level: int) -> Iterator[Fact]:
    """A heading for every key with parts or a text of some length, down to the third level."""
    for key, value in node.entries:
        if value.kind in ("map", "list") or (value.kind == "string" and len(value.text) > _PROSE):
            leaves = [leaf for _, leaf in value.leaves()]
            numbers = sum(leaf.kind in ("int", "float") or len(_NUMBER.findall(leaf.text)) > 0 for leaf in leaves)
            text = key.text.replace("_", " ").replace("-", " ")
            body = "\n".join(leaf.text for leaf in leaves)[:_SHOWN]
            yield Heading(document.place(key.span, text), level, text, numbers, value.kind == "list" and numbers > 1, body)
            if value.kind == "map" and level < 3:
                yield from _parts(document, value, level + 1)
            elif value.kind == "list" and level < 3:
                for item in value.items:
                    if item.kind == "map":
                        yield from _parts(document, item, level + 1)
