"""What every reader of a YAML file needs: the document or the reason it is none, places by key route, texts in other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Embedded, Setting, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse, parse_template

_ALIAS = re.compile(r"\*[^\s,\[\]{}]+")
_MENDED = 50


def first_map(document: Document, format_: str, template: bool = False) -> tuple[Node | None, list[Unreadable]]:
    """The first document when it is a map, and what is wrong; an alias that leads nowhere spoils its own place only."""
    problems: list[Unreadable] = []
    text = document.text
    while True:
        try:
            nodes = parse_template(text) if template else parse(text)
            break
        except SyntaxProblem as problem:
            problems.append(Unreadable(document.place(Span(problem.line, problem.column)), format_, problem.reason))
            mended = _without_alias(text, problem)
            if mended is None or len(problems) > _MENDED:
                return None, problems
            text = mended
    if not nodes or nodes[0].kind == "null":
        problems.append(Unreadable(document.place(), format_, "no content"))
        return None, problems
    if nodes[0].kind != "map":
        problems.append(Unreadable(document.place(nodes[0].span), format_, f"a map was expected, not a {nodes[0].kind}"))
        return None, problems
    return nodes[0], problems


def _without_alias(text: str, problem: SyntaxProblem) -> str | None:
    """The text with the alias at the problem's place as null, of equal length."""
    lines = text.split("\n")
    if not 0 < problem.line <= len(lines):
        return None
    line, column = lines[problem.line - 1], problem.column - 1
    match = _ALIAS.match(line, column)
    if match is None:
        return None
    lines[problem.line - 1] = line[:column] + "~".ljust(len(match[0])) + line[match.end() :]
    return "\n".join(lines)


def only_comments(text: str) -> bool:
    """Something is written, and every line of it is a comment."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return bool(lines) and all(line.startswith("#") for line in lines)


def is_scalar(node: Node | None) -> bool:
    return node is not None and node.kind not in ("map", "list", "null")


def line_map(node: Node) -> tuple[tuple[int, int], ...]:
    """Where each line of a scalar's text begins; a plain or quoted one is a line of its own."""
    return node.content or ((node.span.line, node.span.column + (node.style == "quoted")),)


def embedded(
    document: Document, node: Node, route: str, owner: str, language: str = "shell", shell: str = "", options: frozenset[str] = frozenset()
) -> Embedded:
    """A scalar that is a text in another language."""
    return Embedded(document.place(node.span, route), language, node.text, owner, line_map(node), (), shell, options)


def settings(document: Document, node: Node | None, route: str) -> Iterator[Setting]:
    """Every scalar below a node with its route."""
    if node is None:
        return
    for leaf_route, leaf in node.leaves(route):
        kind = leaf.kind if leaf.kind in ("int", "float", "bool", "null", "date") else "string"
        yield Setting(document.place(leaf.span, leaf_route), leaf_route, leaf.text, kind)


def text_pairs(node: Node | None) -> tuple[tuple[str, str], ...]:
    """The scalar entries of a map as text."""
    if node is None or node.kind != "map":
        return ()
    return tuple((name, value.text) for name, value in node.pairs() if value.kind not in ("map", "list"))


def entry_place(document: Document, parent: Node, key: str, symbol: str) -> Place:
    """The place of `key: value` as a whole."""
    name, value = parent.key(key), parent.get(key)
    if name is None or value is None:
        return document.place(parent.span, symbol)
    return pair_place(document, name, value, symbol)


def pair_place(document: Document, key: Node, value: Node, symbol: str) -> Place:
    """From the key to the end of the value, which may stand elsewhere when it is an alias."""
    end = value.span if (value.span.line, value.span.column) >= (key.span.line, key.span.column) else key.span
    return document.place(Span(key.span.line, key.span.column, end.end_line, end.end_column), symbol)
