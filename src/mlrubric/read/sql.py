"""SQL files, models of dbt among them, and SQL in notebooks: the tables of each statement, and what it does to columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mlrubric.model.documents import DerivedColumn, LearntNumber
from mlrubric.model.facts import Embedded, Fact, Notice, Query, QueryFeatures
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.sql import Statement
from mlrubric.source.syntax.sql_features import Features, described

FORMAT = "sql"
LANGUAGE = "sql"

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_MACRO = re.compile(r"\{%-?\s*(?:macro|test|materialization)\b")


def accepts(path: str) -> bool:
    return path.lower().endswith((".sql", ".sql.j2", ".sql.jinja", ".ddl"))


def read(document: Document) -> Iterator[Fact]:
    def at(offset: int) -> Place:
        return document.place(Span(document.text.count("\n", 0, offset) + 1))

    found = list(described(document.text))
    named = [one for one, _ in found if one.reads or one.writes or one.files]
    for one in named:
        files = tuple((path, at(offset)) for path, offset in one.files)
        yield Query(at(one.offset), one.verb, tuple(one.reads), tuple(one.writes), one.columns, files=files)
    if not named:
        yield Notice(document.place(), _unnamed(document.text))
    if not _MACRO.search(document.text):
        yield from _features(found, at)


def _unnamed(text: str) -> str:
    """Why a file of SQL tells of no table."""
    if not _COMMENT.sub("", text).strip():
        return "nothing but comments"
    if _MACRO.search(text):
        return "a macro: what it makes of a query is not followed"
    if "{{" in text or "${" in text:
        return "the tables of this query are named by a template, which is not filled in here"
    return "no statement that reads or writes a table was found"


def _features(found: list[tuple[Statement, Features]], at: Callable[[int], Place], owner: str = "") -> Iterator[QueryFeatures]:
    """What statements do to columns, as far as they do anything."""
    for one, said in found:
        fact = _fact(one, said, at, owner)
        if fact.learns or fact.derives or fact.picks:
            yield fact


def _fact(one: Statement, said: Features, at: Callable[[int], Place], owner: str) -> QueryFeatures:
    learns = tuple(LearntNumber(at(n.offset), n.name, n.column, n.use, n.yields) for n in said.learns)
    derives = tuple(DerivedColumn(at(d.offset), d.name, d.tokens) for d in said.derives)
    return QueryFeatures(at(one.offset), learns, derives, said.picks, tuple(one.reads), tuple(one.writes), said.takes, said.makes, owner)


def read_embedded(embedded: Embedded) -> Iterator[Fact]:
    def at(offset: int) -> Place:
        line = embedded.text.count("\n", 0, offset)
        row, column = embedded.lines[min(line, len(embedded.lines) - 1)] if embedded.lines else (embedded.place.line, 1)
        cell, inner = embedded.cells[line] if line < len(embedded.cells) else (embedded.place.cell, embedded.place.cell_line)
        return Place(embedded.place.path, Span(row, column), embedded.owner, cell, inner)

    found = list(described(embedded.text))
    for one, _ in found:
        if one.reads or one.writes:
            yield Query(at(one.offset), one.verb, tuple(one.reads), tuple(one.writes), one.columns, embedded.owner)
    yield from _features(found, at, embedded.owner)
