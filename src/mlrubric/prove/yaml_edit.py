"""Places in YAML texts: the entry of a map that stands on a line, and where it ends."""

from __future__ import annotations

from mlrubric.fix import yaml
from mlrubric.fix.lines import Lines
from mlrubric.source.syntax.node import Node


def entry(text: str, number: int) -> tuple[Node, Node, Node] | None:
    """The innermost map with an entry whose key is on a line, with the key and its value."""
    found: tuple[Node, Node, Node] | None = None
    stack = list(yaml.documents(text))
    while stack:
        node = stack.pop()
        for key, value in node.entries:
            if key.span.line == number:
                found = (node, key, value)
            stack.append(value)
        stack.extend(node.items)
    return found


def last_line(text: str, key: Node) -> int:
    """The last line that belongs to the entry of a key."""
    return yaml.last_line(Lines("", text), key)
