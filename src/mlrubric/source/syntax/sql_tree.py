"""The selects of a SQL statement with their clauses: items, sources, condition, grouping; nested queries and those of `with` among them.

Brackets and keywords alone, no grammar of any one dialect: an expression stays a range of words. What is not understood is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mlrubric.source.syntax.sql import TOKEN, UNKNOWN, Word

Range = tuple[int, int]
CLAUSES = frozenset({"from", "where", "group", "having", "qualify", "window", "order", "limit", "fetch"})
UNIONS = frozenset({"union", "except", "intersect", "minus"})
JOINS = frozenset({"join", "inner", "left", "right", "full", "outer", "cross", "natural", "lateral", "only", "asof", "any", "semi", "anti"})
NO_ALIAS = JOINS | CLAUSES | UNIONS | {"on", "using", "as", "for", "tablesample", "pivot", "unpivot"}
SILENT = frozenset({"as", "case", "end", "when", "then", "else", "and", "or", "not", "is", "in", "null"})
DEEPEST = 40


@dataclass(slots=True)
class Item:
    """One column that a select yields: its name (`*` for all, "" when not known) and the words of its expression."""

    name: str
    words: Range


@dataclass(slots=True)
class Source:
    """What stands in `from`: a name with the raw text that it was written as, or a query in brackets."""

    name: str
    alias: str
    query: Query | None = None


@dataclass(slots=True)
class Select:
    items: list[Item] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    where: Range = (0, 0)
    grouped: bool = False  # `group by`, `distinct`, `limit`: the rows are no longer those of the sources, or not all of them
    own: Mapping[str, Query] = field(default_factory=dict)  # queries of `with` that may be named here


@dataclass(slots=True)
class Query:
    """The selects of a union, most often one."""

    arms: list[Select] = field(default_factory=list)


class Tree:
    """The words of one statement with their brackets."""

    def __init__(self, words: list[Word], text: str) -> None:
        self.words, self.text = words, text
        self.low = [text.lower() if kind == "name" else text for kind, text, _ in words]
        self.close: dict[int, int] = {}  # opening bracket -> closing bracket
        self.around: list[int] = []  # for every word the opening bracket around it, or -1
        self.selects: list[Select] = []
        waiting: list[int] = []
        for index, word in enumerate(self.low):
            if word == ")" and waiting:
                self.close[waiting.pop()] = index
            self.around.append(waiting[-1] if waiting else -1)
            if word == "(":
                waiting.append(index)
        self._queries: dict[int, Query] = {}
        self.main = self._main()

    def takes(self) -> tuple[str, ...]:
        """The tables that are read, as they are written."""
        names = (source.name for select in self.selects for source in select.sources if source.name not in select.own)
        return tuple(dict.fromkeys(name for name in names if name))

    def makes(self) -> str:
        """The table that is made or added to, as it is written, or ""."""
        for at, word in enumerate(self.low[:12]):
            if word in ("table", "view", "into"):
                at += 1
                while self.word(at) in ("table", "if", "not", "exists"):
                    at += 1
                return self._table(at) if at < len(self.words) else ""
        return ""

    def _main(self) -> Query | None:
        """The query of a select, or the one that an insert, a table or a view is made of."""
        for index, word in enumerate(self.low):
            if word == "select" or (word == "with" and self._begins(index)):
                inside = self.around[index]
                end = self.close.get(inside, len(self.words)) if inside >= 0 else len(self.words)
                return self.query(index, end, {})
        return None

    def _begins(self, index: int) -> bool:
        """Whether `with` opens a list of queries, and no options."""
        at = index + 1 + (self.word(index + 1) == "recursive")
        return self.word(at + 1) == "as" or (self.word(at + 1) == "(" and self.word(self.close.get(at + 1, -2) + 1) == "as")

    def word(self, index: int) -> str:
        return self.low[index] if 0 <= index < len(self.low) else ""

    def level(self, start: int, end: int) -> Iterator[int]:
        """The words of a range that stand in none of its brackets; of a bracket only the opening one."""
        at = start
        while at < end:
            yield at
            at = self.close.get(at, end - 1) + 1 if self.low[at] == "(" else at + 1

    def parts(self, start: int, end: int, marks: frozenset[str] = frozenset(",")) -> Iterator[Range]:
        """The ranges between separators."""
        begin = start
        for at in self.level(start, end):
            if self.low[at] in marks:
                yield begin, at
                begin = at + 1
        yield begin, end

    def query(self, start: int, end: int, own: Mapping[str, Query], depth: int = 0) -> Query:
        while self.word(start) == "(" and self.close.get(start, -1) == end - 1:
            start, end = start + 1, end - 1
        if start in self._queries:
            return self._queries[start]
        found = self._queries[start] = Query()
        if depth > DEEPEST:
            return found
        if self.word(start) == "with":
            own = dict(own)
            start = self._with(start, end, own, depth)
        for begin, stop in self._arms(start, end):
            begin += self.word(begin) in ("all", "distinct")
            while self.word(begin) == "(" and self.close.get(begin, -1) == stop - 1:
                begin, stop = begin + 1, stop - 1
            if self.word(begin) == "select":
                found.arms.append(self._select(begin, stop, own, depth))
            elif self.word(begin) == "with":
                found.arms.extend(self.query(begin, stop, own, depth + 1).arms)
        return found

    def _arms(self, start: int, end: int) -> Iterator[Range]:
        """What a union is of; `* except (a)` leaves out columns and is none."""
        begin = start
        for at in self.level(start, end):
            if self.low[at] in UNIONS and not self.word(at - 1).endswith("*"):
                yield begin, at
                begin = at + 1
        yield begin, end

    def _with(self, start: int, end: int, own: dict[str, Query], depth: int) -> int:
        """Takes in the queries of `with`; returns where the query behind them begins."""
        at = start + 1 + (self.word(start + 1) == "recursive")
        while at < end:
            name = plain(self.word(at))
            at += 1
            if self.word(at) == "(":
                at = self.close.get(at, end) + 1  # names of columns
            while self.word(at) in ("as", "not", "materialized"):
                at += 1
            if self.word(at) != "(":
                break
            close = self.close.get(at, end)
            own[name] = self.query(at + 1, close, dict(own), depth + 1)
            at = close + 1
            if self.word(at) != ",":
                break
            at += 1
        return at

    def _select(self, start: int, end: int, own: Mapping[str, Query], depth: int) -> Select:
        found = Select(own=own)
        self.selects.append(found)
        marks = [(start, "select")]
        for at in self.level(start + 1, end):
            if self.low[at] in CLAUSES and self._opens(at, len(marks)):
                marks.append((at, self.low[at]))
        for (at, clause), (stop, _) in zip(marks, [*marks[1:], (end, "")], strict=True):
            if clause == "select":
                self._items(found, at + 1, stop)
            elif clause == "from":
                found.sources = list(self.sources(at + 1, stop, own, depth))
            elif clause == "where":
                found.where = (at + 1, stop)
            elif clause in ("group", "having", "limit", "fetch"):
                found.grouped = True
        return found

    def _opens(self, at: int, before: int) -> bool:
        """Whether a keyword opens a clause: `is distinct from` and `within group (...)` do not."""
        if self.low[at] == "from":
            return before == 1 and self.word(at - 1) != "distinct"
        return self.low[at] not in ("group", "order") or self.word(at + 1) in ("by", "all", "siblings")

    def _items(self, into: Select, start: int, end: int) -> None:
        if self.word(start) in ("distinct", "all"):
            into.grouped = into.grouped or self.word(start) == "distinct"
            start += 1
        for begin, stop in self.parts(start, end):
            if begin >= stop:
                continue
            last = self.low[stop - 1]
            if self.low[begin] == "*" or self.low[begin].endswith("*"):
                into.items.append(Item("*", (begin, begin + 1)))
                self._replaced(into, begin + 1, stop)
            elif stop - begin > 2 and self.low[stop - 2] == "as":
                into.items.append(Item(plain(last), (begin, stop - 2)))
            elif stop - begin == 1:
                into.items.append(Item(plain(last), (begin, stop)))
            elif self.words[stop - 1][0] == "name" and (self.low[stop - 2] in (")", "end") or self.words[stop - 2][0] in ("name", "text")):
                end_of = stop if last == "end" else stop - 1
                into.items.append(Item(plain(last) if last != "end" else "", (begin, end_of)))
            else:
                into.items.append(Item("", (begin, stop)))

    def _replaced(self, into: Select, start: int, end: int) -> None:
        """`* replace (a / b as a)`."""
        for at in self.level(start, end):
            if self.low[at] == "replace" and self.word(at + 1) == "(":
                self._items(into, at + 2, self.close.get(at + 1, end))

    def sources(self, start: int, end: int, own: Mapping[str, Query] | None = None, depth: int = 0) -> Iterator[Source]:
        """What stands in `from`, or behind `update`."""
        for begin, stop in self.parts(start, end, JOINS | {","}):
            if begin >= stop:
                continue
            first, at = self.low[begin], begin + 1
            if first == "(":
                close = self.close.get(begin, stop)
                alias = self._alias(close + 1, stop)
                yield Source("", alias, self.query(begin + 1, close, own or {}, depth + 1))
            elif self.words[begin][0] == "name" and self.word(at) != "(":
                name = self._table(begin)
                yield Source(name, self._alias(at, stop) or name.rpartition(".")[2])
            else:
                yield Source("", self._alias(self.close.get(at, at) + 1, stop))

    def _table(self, at: int) -> str:
        """A table as it is named; of a template the whole text, so that two of them are not one."""
        _, name, offset = self.words[at]
        raw = TOKEN.match(self.text, offset) if UNKNOWN in name else None
        return ".".join(part.strip('"`[] ') for part in (raw.group() if raw else name).split(".")).lower()

    def _alias(self, at: int, end: int) -> str:
        at += self.word(at) == "as"
        return plain(self.low[at]) if at < end and self.words[at][0] == "name" and self.low[at] not in NO_ALIAS else ""


def plain(name: str) -> str:
    """The last part of a name, without quotes, in lower case; "" when it is a template."""
    last = name.strip('"`[] ').rpartition(".")[2].strip('"`[] ')
    return "" if UNKNOWN in last else last.lower()
