"""The value that a file of YAML or JSON holds, for formats that are written as either."""

from __future__ import annotations

from mlrubric.source.document import Document
from mlrubric.source.syntax import json, yaml
from mlrubric.source.syntax.node import Node


def root_of(document: Document) -> Node | None:
    """JSON by the ending of the name, else the first document of YAML (None when there is none); raises SyntaxProblem."""
    if document.name.lower().endswith(".json"):
        return json.parse(document.text)
    return next(iter(yaml.parse(document.text)), None)
