"""HCL (Terraform) as blocks whose bodies are trees of nodes: attributes and nested blocks by name; an expression is its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mlrubric.model.place import Span
from mlrubric.source.syntax.node import Node

if TYPE_CHECKING:
    from tree_sitter import Node as Raw
    from tree_sitter import Parser

MAX_DEPTH = 60
_LITERALS = {"numeric_lit": "float", "bool_lit": "bool", "null_lit": "null"}


@dataclass(frozen=True, slots=True)
class Block:
    """A block at the top: `resource "aws_instance" "web" { ... }`. A nested block is an entry of `body`, by its type; several of one type
    are several entries. What `dynamic "x" { content { ... } }` makes is an entry `x`, too."""

    kind: str
    labels: tuple[str, ...]
    span: Span
    body: Node


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a file, and where its syntax is not understood."""

    found: tuple[Block, ...]
    problems: tuple[Span, ...] = ()


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_hcl
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_hcl.language()))


def parse(text: str) -> Blocks:
    """Never fails: what is not understood is a problem, the blocks around it are read all the same."""
    masked = re.sub(r"[^\x00-\x7f]", "?", text)  # bytes and characters keep the same places
    root = _parser().parse(masked.encode("ascii")).root_node
    reader = _Reader(text)
    return Blocks(tuple(reader.blocks(root)), tuple(dict.fromkeys(_problems(root))))


def _problems(root: Raw) -> Iterator[Span]:
    if not root.has_error:
        return
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "ERROR" or node.is_missing:
            yield _span(node)
        elif node.has_error:
            stack.extend(reversed(node.children))


def _span(node: Raw) -> Span:
    start, end = node.start_point, node.end_point
    return Span(start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1)


class _Reader:
    """Turns tree-sitter's nodes into ours."""

    def __init__(self, text: str) -> None:
        self.text = text

    def blocks(self, root: Raw) -> Iterator[Block]:
        for body in root.named_children:
            for node in body.named_children if body.type == "body" else ():
                if node.type == "block":
                    kind, labels = self.head(node)
                    yield Block(kind, labels, _span(node), self.body(node, 0))

    def head(self, block: Raw) -> tuple[str, tuple[str, ...]]:
        words = [self.of(node).strip('"') for node in block.named_children if node.type in ("identifier", "string_lit")]
        return words[0] if words else "", tuple(words[1:])

    def of(self, node: Raw) -> str:
        return self.text[node.start_byte : node.end_byte]

    def body(self, block: Raw, depth: int) -> Node:
        entries: list[tuple[Node, Node]] = []
        for part in block.named_children:
            for node in part.named_children if part.type == "body" and depth < MAX_DEPTH else ():
                if node.type == "attribute":
                    name = node.named_children[0]
                    entries.append((Node("string", _span(name), self.of(name)), self.value(node.named_children[-1], depth + 1)))
                elif node.type == "block":
                    entries.append(self.nested(node, depth + 1))
        return Node("map", _span(block), entries=tuple(entries))

    def nested(self, block: Raw, depth: int) -> tuple[Node, Node]:
        kind, labels = self.head(block)
        body = self.body(block, depth)
        if kind == "dynamic" and labels:
            kind, body = labels[0], body.get("content") or body
        return Node("string", _span(block.named_children[0]), kind), body

    def value(self, node: Raw, depth: int) -> Node:
        """A literal, list or map; any other expression is a string of style "expression"."""
        inner, span = node, _span(node)
        while inner.type in ("expression", "literal_value", "collection_value", "template_expr") and len(inner.named_children) == 1:
            inner = inner.named_children[0]
        if depth > MAX_DEPTH:
            return Node("string", span, self.of(node), style="expression")
        if inner.type in ("string_lit", "quoted_template"):
            return Node("string", span, self.of(inner)[1:-1], style="quoted")
        if inner.type in _LITERALS:
            text = self.of(inner)
            return Node(_LITERALS[inner.type] if "." in text or inner.type != "numeric_lit" else "int", span, text)
        if inner.type == "heredoc_template":
            return Node("string", span, self.of(inner).partition("\n")[2].rpartition("\n")[0], style="literal")
        if inner.type == "tuple":
            items = [self.value(item, depth + 1) for item in inner.named_children if item.type == "expression"]
            return Node("list", span, items=tuple(items))
        if inner.type == "object":
            return Node("map", span, entries=tuple(self.elements(inner, depth + 1)))
        return Node("string", span, self.of(node), style="expression")

    def elements(self, node: Raw, depth: int) -> Iterator[tuple[Node, Node]]:
        for element in node.named_children:
            if element.type == "object_elem" and len(element.named_children) >= 2:
                key = self.value(element.named_children[0], depth)
                yield Node("string", key.span, key.text), self.value(element.named_children[-1], depth)
