"""Where each key and value of a valid TOML text stands; it trusts that the text was checked before."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from mlrubric.model.place import Span
from mlrubric.source.syntax.node import Node, Scalar, SyntaxProblem

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TOKEN = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[ \t]*\n[ \t\n]*|.)", re.DOTALL)
_SHORT = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}


@dataclass(slots=True)
class _Table:
    """A table that is still open, with its entries by key in source order."""

    start: int
    end: int
    entries: dict[str, tuple[Node, _Table | _Tables | Node]] = field(default_factory=dict)


@dataclass(slots=True)
class _Tables:
    """An array of tables."""

    tables: list[_Table]


class Index:
    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def document(self) -> Node:
        root = _Table(0, len(self.text))
        table = root
        at = self.skip(0)
        while at < len(self.text):
            if self.text.startswith("[", at):
                table, at = self.header(root, at)
            else:
                at = self.pair(table, at, 1)
            at = self.skip(at)
        return self.node(root, 1)

    # ---- tables

    def header(self, root: _Table, at: int) -> tuple[_Table, int]:
        many = self.text.startswith("[[", at)
        keys, end = self.keys(at + (2 if many else 1))
        end = self.spaces(end) + (2 if many else 1)
        table = root
        for key in keys[:-1]:
            table = self.step(table, key, at)
        last = keys[-1]
        if many:
            known = table.entries.get(last.text)
            fresh = _Table(at, end)
            if known is not None and isinstance(known[1], _Tables):
                known[1].tables.append(fresh)
            else:
                table.entries[last.text] = (last, _Tables([fresh]))
            return fresh, end
        table = self.step(table, last, at)
        table.start, table.end = at, max(table.end, end)
        return table, end

    def step(self, table: _Table, key: Node, at: int) -> _Table:
        """The table below `table` at `key`, made if it is not there."""
        known = table.entries.get(key.text)
        if known is None:
            fresh = _Table(at, at)
            table.entries[key.text] = (key, fresh)
            return fresh
        inner = known[1]
        if isinstance(inner, _Tables):
            return inner.tables[-1]
        if isinstance(inner, _Table):
            return inner
        raise SyntaxProblem(f"`{key.text}` is a value and a table", *self.where(at))

    def pair(self, table: _Table, at: int, depth: int) -> int:
        keys, end = self.keys(at)
        value, end = self.value(self.spaces(self.spaces(end) + 1), depth + 1)
        holder = table
        for key in keys[:-1]:
            holder = self.step(holder, key, at)
            holder.end = max(holder.end, end)
        holder.entries[keys[-1].text] = (keys[-1], value)
        table.end = holder.end = max(table.end, end)
        return end

    def node(self, item: _Table | _Tables | Node, depth: int) -> Node:
        if isinstance(item, Node):
            return item
        if depth > self.depth:
            raise SyntaxProblem(f"nested deeper than {self.depth} levels", *self.where(item.start if isinstance(item, _Table) else 0))
        if isinstance(item, _Table):
            entries = tuple((key, self.node(value, depth + 1)) for key, value in item.entries.values())
            start = self.where(item.start)
            end = max([self.where(item.end), *((value.span.end_line, value.span.end_column) for _, value in entries)])
            return Node("map", Span(*start, *end), entries=entries)
        items = tuple(self.node(table, depth + 1) for table in item.tables)
        first, last = items[0].span, items[-1].span
        return Node("list", Span(first.line, first.column, last.end_line, last.end_column), items=items)

    # ---- values

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        if depth > self.depth:
            raise SyntaxProblem(f"nested deeper than {self.depth} levels", *self.where(at))
        character = self.text[at]
        if character in "\"'":
            return self.string(at)
        if character == "[":
            return self.array(at, depth)
        if character == "{":
            return self.inline(at, depth)
        match = _TOKEN.match(self.text, at)
        if match is None:
            raise SyntaxProblem("a value was expected", *self.where(at))
        raw = match.group()
        if " " in raw and not _DATE.match(raw):
            raw = raw.partition(" ")[0]
        kind, value = _scalar(raw)
        return Node(kind, self.span(at, at + len(raw)), raw, value), at + len(raw)

    def array(self, at: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        end = self.skip(at + 1)
        while not self.text.startswith("]", end):
            item, end = self.value(end, depth + 1)
            items.append(item)
            end = self.skip(end)
            if self.text.startswith(",", end):
                end = self.skip(end + 1)
        return Node("list", self.span(at, end + 1), items=tuple(items)), end + 1

    def inline(self, at: int, depth: int) -> tuple[Node, int]:
        table = _Table(at, at)
        end = self.skip(at + 1)
        while not self.text.startswith("}", end):
            end = self.skip(self.pair(table, end, depth))
            if self.text.startswith(",", end):
                end = self.skip(end + 1)
        table.end = end + 1
        return self.node(table, depth), end + 1

    def keys(self, at: int) -> tuple[list[Node], int]:
        """The parts of a dotted key and the offset after them."""
        found: list[Node] = []
        while True:
            at = self.spaces(at)
            if self.text[at] in "\"'":
                node, at = self.string(at)
            else:
                match = _BARE.match(self.text, at)
                if match is None:
                    raise SyntaxProblem("a key was expected", *self.where(at))
                node = Node("string", self.span(at, match.end()), match.group(), match.group())
                at = match.end()
            found.append(node)
            after = self.spaces(at)
            if not self.text.startswith(".", after):
                return found, at
            at = after + 1

    def string(self, at: int) -> tuple[Node, int]:
        quote = self.text[at]
        if self.text.startswith(quote * 3, at):
            return self.long_string(at, quote)
        end = at + 1
        while self.text[end] != quote:
            end += 2 if quote == '"' and self.text[end] == "\\" else 1
        raw = self.text[at + 1 : end]
        value = _unescaped(raw) if quote == '"' else raw
        breaks = self.breaks(at + 1, end, quote) if "\n" in value else ()
        return Node("string", self.span(at, end + 1), value, value, style="quoted", content=breaks), end + 1

    def long_string(self, at: int, quote: str) -> tuple[Node, int]:
        end = begin = at + 3
        while not self.text.startswith(quote * 3, end):
            end += 2 if quote == '"' and self.text[end] == "\\" else 1
        while self.text.startswith(quote, end + 3):
            end += 1  # up to two quotes may stand before the closing ones
        if self.text.startswith("\n", begin):
            begin += 1
        raw = self.text[begin:end]
        value = _unescaped(raw) if quote == '"' else raw
        return Node("string", self.span(at, end + 3), value, value, style="multiline", content=self.breaks(begin, end, quote)), end + 3

    def breaks(self, begin: int, end: int, quote: str) -> tuple[tuple[int, int], ...]:
        """Where each line of a string's value begins, between two offsets of the text."""
        pattern = re.compile(_ESCAPE.pattern + "|\n", re.DOTALL) if quote == '"' else re.compile("\n")
        found = [begin]
        for match in pattern.finditer(self.text, begin, end):
            if match.group() == "\n" or (match.group()[1:2] not in " \t\n" and _unescaped(match.group()) == "\n"):
                found.append(match.end())
        return tuple(self.where(offset) for offset in found)

    # ---- text

    def skip(self, at: int) -> int:
        match = _BLANK.match(self.text, at)
        return match.end() if match else at

    def spaces(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def where(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        return Span(*self.where(start), *self.where(end))


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw

    def one(match: re.Match[str]) -> str:
        body = match.group()[1:]
        if body[0] in "xuU" and len(body) > 1:
            return chr(int(body[1:], 16))
        return _SHORT.get(body, "")

    return _ESCAPE.sub(one, raw)


def _scalar(raw: str) -> tuple[str, Scalar]:
    if raw in ("true", "false"):
        return "bool", raw == "true"
    if _DATE.match(raw):
        return "date", raw
    plain = raw.replace("_", "")
    if plain.lstrip("+-") in ("inf", "nan"):
        return "float", float(plain)
    if plain.startswith(("0x", "0o", "0b")):
        return "int", int(plain, 0)
    if any(character in plain for character in ".eE"):
        return "float", float(plain)
    return "int", int(plain)
