"""One tree for YAML, JSON, TOML and INI: scalars, lists and maps with their spans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.model.place import Span

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its span. `kind`: "map", "list", "string", "int", "float", "bool", "null", "date".

    `text` is a scalar as written without quotes (`on` stays "on", `yes` stays "yes", 3.10 stays "3.10"); `value` is its converted
    value. `entries` are a map's (key node, value node) in source order, duplicates included; `items` a list's nodes.
    `style` is the YAML or TOML style of a scalar: "plain", "quoted", "literal", "folded", "multiline".
    `content` gives, for multi-line scalars, (line, column) of the first character of each line of `text`.
    """

    kind: str
    span: Span
    text: str = ""
    value: Scalar = None
    entries: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()
    style: str = "plain"
    content: tuple[tuple[int, int], ...] = ()

    def get(self, *keys: str) -> Node | None:
        """The node at a route of map keys; the last of duplicate keys wins; None when it is not there."""
        node: Node | None = self
        for key in keys:
            if node is None:
                return None
            found: Node | None = None
            for name, value in node.entries:
                if name.text == key:
                    found = value
            node = found
        return node

    def key(self, name: str) -> Node | None:
        """The key node of an entry, for its place."""
        found: Node | None = None
        for key, _ in self.entries:
            if key.text == name:
                found = key
        return found

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Key text and value of each entry of a map."""
        for key, value in self.entries:
            yield key.text, value

    def scalar(self, *keys: str, default: str = "") -> str:
        """The text of the scalar at a route, or `default`."""
        node = self.get(*keys)
        return node.text if node is not None and not node.entries and node.kind not in ("map", "list", "null") else default

    def strings(self, *keys: str) -> tuple[str, ...]:
        """The texts of a list of scalars; a single scalar counts as a list of one."""
        node = self.get(*keys) if keys else self
        if node is None or node.kind in ("null", "map"):
            return ()
        return tuple(item.text for item in node.items if item.kind not in ("map", "list", "null")) if node.kind == "list" else (node.text,)

    def starts(self) -> tuple[tuple[int, int], ...]:
        """(line, column) of the first character of each line of `text`, for `Embedded.lines`; for any scalar."""
        return self.content or ((self.span.line, self.span.column + (1 if self.style == "quoted" else 0)),)

    def leaves(self, route: str = "") -> Iterator[tuple[str, Node]]:
        """Every scalar below with its dotted route (list items as `[0]`)."""
        if self.kind == "map":
            for name, value in self.entries:
                yield from value.leaves(f"{route}.{name.text}" if route else name.text)
        elif self.kind == "list":
            for index, item in enumerate(self.items):
                yield from item.leaves(f"{route}[{index}]")
        else:
            yield route, self


class SyntaxProblem(Exception):
    """The text is not of the format; `line` and `column` count from 1. Readers turn it into an `Unreadable` fact."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column
