"""A file inside of another one: a text of a manifest that is read as the file it becomes, with places in its host."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import line_map


@dataclass(frozen=True, slots=True)
class Inner(Document):
    """`starts[i]` is where line `i` of the text begins in the host; `route` is the symbol of what holds it."""

    starts: tuple[tuple[int, int], ...] = ()
    route: str = ""

    def place(self, span: Span | None = None, symbol: str = "") -> Place:
        span = span or Span(1)
        first, last = self._host(span.line, span.column), self._host(span.end_line, span.end_column)
        return Place(self.path, Span(*first, *max(first, last)), f"{self.route}.{symbol}" if symbol else self.route)

    def _host(self, line: int, column: int) -> tuple[int, int]:
        if not self.starts:
            return line, column
        known = self.starts[min(line, len(self.starts)) - 1]
        return known[0] + max(0, line - len(self.starts)), known[1] + column - 1


def inner(document: Document, node: Node, name: str, route: str) -> Inner:
    """The text of a scalar as a file of its own."""
    return Inner(document.path, node.text, document.encoding, starts=line_map(node), route=route)
