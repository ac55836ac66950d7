"""Places in YAML texts: the entry of a map that stands on a line, and where it ends."""

from __future__ import annotations

from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse


def documents(text: str) -> list[Node]:
    try:
        return parse(text)
    except SyntaxProblem:
        return []


def entry(text: str, number: int) -> tuple[Node, Node, Node] | None:
    """The innermost map with an entry whose key is on a line, with the key and its value."""
    found: tuple[Node, Node, Node] | None = None
    stack = documents(text)
    while stack:
        node = stack.pop()
        for key, value in node.entries:
            if key.span.line == number:
                found = (node, key, value)
            stack.append(value)
        stack.extend(node.items)
    return found


def last_line(text: str, key: Node) -> int:
    """The last line that belongs to the entry of a key: what is indented deeper, and the blank lines and comments between."""
    rows = text.split("\n")
    depth, last = key.span.column - 1, key.span.line
    for number in range(key.span.line + 1, len(rows) + 1):
        row = rows[number - 1]
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        deep = len(row) - len(row.lstrip())
        if deep > depth or (deep == depth and row.lstrip().startswith("- ")):
            last = number
        else:
            break
    return last
