"""What the tests of the four syntaxes share: a node as plain data, and the text that a span covers."""

from __future__ import annotations

from mlrubric.model.place import Span
from mlrubric.source.syntax.node import Node, Scalar

Plain = Scalar | list["Plain"] | dict[str, "Plain"]


def plain(node: Node | None) -> Plain:
    """The node's values; the last of duplicate keys wins."""
    assert node is not None
    if node.kind == "map":
        return {key.text: plain(value) for key, value in node.entries}
    if node.kind == "list":
        return [plain(item) for item in node.items]
    return node.value


def slice_of(text: str, span: Span) -> str:
    """The text between the span's ends."""
    lines = text.split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    middle = lines[span.line : span.end_line - 1]
    return "\n".join([lines[span.line - 1][span.column - 1 :], *middle, lines[span.end_line - 1][: span.end_column - 1]])


def all_nodes(node: Node) -> list[Node]:
    """The node and everything below it, keys included."""
    below = [child for pair in node.entries for child in pair] + list(node.items)
    return [node, *(found for child in below for found in all_nodes(child))]
