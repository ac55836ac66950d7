"""SQL files, models of dbt among them, and SQL in notebooks: the tables that each statement reads and writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Embedded, Fact, Notice, Query
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.sql import statements

FORMAT = "sql"
LANGUAGE = "sql"

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_MACRO = re.compile(r"\{%-?\s*(?:macro|test|materialization)\b")


def accepts(path: str) -> bool:
    return path.lower().endswith((".sql", ".sql.j2", ".sql.jinja", ".ddl"))


def read(document: Document) -> Iterator[Fact]:
    found = statements(document.text)
    for one in found:
        line = document.text.count("\n", 0, one.offset) + 1
        yield Query(document.place(Span(line)), one.verb, tuple(one.reads), tuple(one.writes), one.columns)
    if not found:
        yield Notice(document.place(), _unnamed(document.text))


def _unnamed(text: str) -> str:
    """Why a file of SQL tells of no table."""
    if not _COMMENT.sub("", text).strip():
        return "nothing but comments"
    if _MACRO.search(text):
        return "a macro: what it makes of a query is not followed"
    if "{{" in text or "${" in text:
        return "the tables of this query are named by a template, which is not filled in here"
    return "no statement that reads or writes a table was found"


def read_embedded(embedded: Embedded) -> Iterator[Fact]:
    for one in statements(embedded.text):
        line = embedded.text.count("\n", 0, one.offset)
        row, column = embedded.lines[min(line, len(embedded.lines) - 1)] if embedded.lines else (embedded.place.line, 1)
        cell, inner = embedded.cells[line] if line < len(embedded.cells) else (embedded.place.cell, embedded.place.cell_line)
        place = Place(embedded.place.path, Span(row, column), embedded.owner, cell, inner)
        yield Query(place, one.verb, tuple(one.reads), tuple(one.writes), one.columns, embedded.owner)
