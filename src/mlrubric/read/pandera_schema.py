"""Schemas that Pandera writes as YAML or JSON (`schema_type: dataframe`)."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.model.facts import Expectations, Fact
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.root import root_of
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "pandera_schema"
_MARKS = ("schema_type: dataframe", '"schema_type": "dataframe"')

_PLAIN = frozenset(
    {"dtype", "nullable", "checks", "unique", "coerce", "required", "regex", "title", "description", "default", "metadata", "name"}
    | {"report_duplicates", "drop_invalid_rows", "parsers"}
)


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml", ".json")) and ".github/" not in path


def read(document: Document) -> Iterable[Fact]:
    """One fact for a schema; nothing for any other file."""
    if not any(mark in document.text for mark in _MARKS):
        return
    try:
        root = root_of(document)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    if root is None or root.scalar("schema_type") != "dataframe":
        return
    columns = root.get("columns")
    named = [(name, column) for name, column in columns.pairs() if column.kind == "map"] if columns is not None else []
    values = sum(_clauses(column) for _, column in named) + _count(root.get("checks"))
    structure = sum(column.get("dtype") is not None for _, column in named)
    yield Expectations(document.place(root.span, "schema"), "pandera", document.path, values, structure, columns=tuple(n for n, _ in named))


def _clauses(column: Node) -> int:
    """Checks stand under `checks`, since 0.35 beside the type as well."""
    beside = sum(name not in _PLAIN for name, _ in column.pairs())
    return _count(column.get("checks")) + (column.scalar("unique") == "true") + beside


def _count(checks: Node | None) -> int:
    return len(checks.entries) + len(checks.items) if checks is not None else 0
