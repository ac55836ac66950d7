"""Places in YAML texts: the entry of a map that stands on a line, and where it ends."""

from __future__ import annotations

from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse


def documents(text: str) -> list[Node]:
    try:
        return parse(text)
    except SyntaxProblem:
        return []


def entry(text: str, number: int, name: str = "") -> tuple[Node, Node, Node] | None:
    """The innermost map with an entry whose key is on a line (and is called so), with the key and its value."""
    found: tuple[Node, Node, Node] | None = None
    stack = documents(text)
    while stack:
        node = stack.pop()
        for key, value in node.entries:
            if key.span.line == number and (not name or key.text == name):
                found = (node, key, value)
            stack.append(value)
        stack.extend(node.items)
    return found


def holder(text: str, number: int, name: str) -> tuple[Node, Node] | None:
    """The innermost map around a line that has a key of that name, with the key."""
    found: tuple[Node, Node] | None = None
    stack = documents(text)
    while stack:
        node = stack.pop()
        if node.kind == "map" and node.span.line <= number <= max(node.span.end_line, node.span.line):
            key = node.key(name)
            if key is not None and (found is None or key.span.line >= found[1].span.line):
                found = (node, key)
        stack.extend(value for _, value in node.entries)
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
