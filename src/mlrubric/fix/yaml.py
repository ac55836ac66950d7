"""Places in YAML texts: the maps around a place, and keys put beside others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from mlrubric.fix.lines import Lines
from mlrubric.model.place import Span
from mlrubric.model.remedy import TextEdit
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse


@lru_cache(maxsize=8)
def documents(text: str) -> tuple[Node, ...]:
    """The documents of a text; none when it is no YAML."""
    try:
        return tuple(parse(text))
    except SyntaxProblem:
        return ()


def around(text: str, place: Span, key: str) -> tuple[Node, Node, Node] | None:
    """The innermost map that has an entry `key` at or around a place: the map, the key, the value."""
    found: tuple[Node, Node, Node] | None = None
    for node in _all(documents(text)):
        for name, value in node.entries:
            if name.text == key and (name.span.line, name.span.column) <= (place.line, place.column) <= _end(value):
                found = (node, name, value)
    return found


def _end(node: Node) -> tuple[int, int]:
    return node.span.end_line, node.span.end_column


def _all(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all(node.items)
        yield from _all(tuple(value for _, value in node.entries))


def beside(lines: Lines, key: Node, entry: str) -> TextEdit:
    """An entry put before another one of a block or flow map."""
    start = lines.offset(key.span.line, key.span.column)
    before = lines.row(key.span.line)[: key.span.column - 1].rstrip()
    flow = before.endswith(("{", ",")) or (not before and lines.text[:start].rstrip().endswith(("{", ",")))
    return lines.edit(start, start, f"{entry}, " if flow else f"{entry}\n{' ' * (key.span.column - 1)}")


def last_line(lines: Lines, key: Node) -> int:
    """The last line that belongs to the entry of a key: what is indented deeper, and the blank lines and comments between."""
    depth, last = key.span.column - 1, key.span.line
    for number in range(key.span.line + 1, len(lines) + 1):
        row = lines.row(number)
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        deep = len(row) - len(row.lstrip())
        if deep > depth or (deep == depth and row.lstrip().startswith("- ")):
            last = number
        else:
            break
    return last


def without(lines: Lines, node: Node, key: Node, value: Node) -> TextEdit | None:
    """An entry of a block map that stands alone on its lines, taken away; None where that would leave the map empty or torn."""
    row = lines.row(key.span.line)
    after = lines.row(value.span.end_line)[value.span.end_column - 1 :].strip()
    if len(node.entries) < 2 or row[: key.span.column - 1].strip() or (after and not after.startswith("#")):
        return None
    return lines.removed(key.span.line, max(value.span.end_line, key.span.line))


def appended(lines: Lines, listed: Node | None, item: str) -> TextEdit | None:
    """A list with one more item at its end, on a line of its own where the others have theirs; None of what is no list, or an empty one."""
    if listed is None or listed.kind != "list" or not listed.items:
        return None
    last = listed.items[-1].span
    if lines.row(last.line).lstrip().startswith("- "):
        return lines.inserted_after(last.end_line, f"{lines.indent(last.line)}- {item}")
    end = lines.offsets_of(last)[1]
    return lines.edit(end, end, f", {item}")
