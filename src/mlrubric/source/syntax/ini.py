"""INI files as `configparser` reads them (no interpolation, no strictness about duplicates), with spans."""

from __future__ import annotations

import re

from mlrubric.model.place import Span
from mlrubric.source.syntax.node import Node, SyntaxProblem

_SECTION = re.compile(r"\[(?P<name>.+)\]")
_SIGN = re.compile("[=:]")


class _Option:
    """An option while its continuation lines are read."""

    def __init__(self, key: Node, value: str, line: int, column: int) -> None:
        self.key = key
        self.values = [value]
        self.places = [(line, column)]

    def node(self) -> Node:
        text = "\n".join(self.values).rstrip()
        count = text.count("\n") + 1
        places = tuple(self.places[:count])
        line, column = places[-1]
        start = places[0]
        span = Span(*start, line, column + len(self.values[count - 1]))
        return Node("string", span, text, text, style="multiline" if count > 1 else "plain", content=places if count > 1 else ())


def parse(text: str, lower: bool = True) -> Node:
    """A map of sections, each a map of options with string values; `lower` folds option names as `configparser` does."""
    sections: list[tuple[Node, list[_Option]]] = []
    options: list[_Option] | None = None
    current: _Option | None = None
    indent = 0
    lines = text.removeprefix("\ufeff").split("\n")
    for number, raw in enumerate(lines, 1):
        stripped = raw.strip()
        comment = stripped.startswith(("#", ";"))
        if not stripped or comment:
            if not comment and current is not None:
                current.values.append("")
                current.places.append((number, 1))
            continue
        margin = len(raw) - len(raw.lstrip())
        if current is not None and margin > indent:
            current.values.append(stripped)
            current.places.append((number, margin + 1))
            continue
        indent = margin
        if section := _SECTION.match(stripped):
            name = section.group("name")
            key = Node("string", Span(number, margin + 2, number, margin + 2 + len(name)), name, name)
            options = []
            sections.append((key, options))
            current = None
            continue
        if options is None:
            raise SyntaxProblem("an option stands before the first [section]", number, margin + 1)
        sign = _SIGN.search(stripped)
        name = stripped[: sign.start()].rstrip() if sign else ""
        if sign is None or not name:
            raise SyntaxProblem("neither a [section] nor `option = value`", number, margin + 1)
        span = Span(number, margin + 1, number, margin + 1 + len(name))
        name = name.lower() if lower else name
        value = stripped[sign.end() :].lstrip()
        current = _Option(Node("string", span, name, name), value, number, margin + 1 + len(stripped) - len(value))
        options.append(current)
    return _document(sections, lines)


def _document(sections: list[tuple[Node, list[_Option]]], lines: list[str]) -> Node:
    entries: list[tuple[Node, Node]] = []
    for key, options in sections:
        pairs = tuple((option.key, option.node()) for option in options)
        end = max(((value.span.end_line, value.span.end_column) for _, value in pairs), default=(key.span.line, key.span.end_column + 1))
        inside = Node("map", Span(key.span.line, key.span.column - 1, *end), entries=pairs)
        entries.append((key, inside))
    merged: dict[str, tuple[Node, Node]] = {}
    for key, inside in entries:
        if key.text in merged:  # a section that is opened again goes on
            first, earlier = merged[key.text]
            merged[key.text] = (first, Node("map", earlier.span, entries=earlier.entries + inside.entries))
        else:
            merged[key.text] = (key, inside)
    return Node("map", Span(1, 1, len(lines), len(lines[-1]) + 1), entries=tuple(merged.values()))
