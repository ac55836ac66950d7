"""Data contracts: the Open Data Contract Standard (`kind: DataContract`) and the Data Contract Specification."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Expectations, Fact
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "data_contract"
_STANDARD = re.compile(r"^kind: *[\"']?DataContract\b", re.MULTILINE)
_SPECIFICATION = re.compile(r"^dataContractSpecification:", re.MULTILINE)
_CLAUSES = (
    "required",
    "unique",
    "primary",
    "primaryKey",
    "enum",
    "minimum",
    "maximum",
    "pattern",
    "minLength",
    "maxLength",
    "format",
    "references",
)
_BOUNDS = ("minimum", "maximum", "pattern", "minLength", "maxLength", "format")


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/" not in path


def read(document: Document) -> Iterable[Fact]:
    """One fact for each table of a contract; nothing for any other YAML."""
    standard = _STANDARD.search(document.text) is not None
    if not standard and _SPECIFICATION.search(document.text) is None:
        return
    try:
        root = next(iter(yaml.parse(document.text)), None)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    if root is not None:
        yield from _standard(document, root) if standard else _specification(document, root)


def _standard(document: Document, root: Node) -> Iterator[Expectations]:
    schema = root.get("schema") or root.get("dataset")
    for table in schema.items if schema is not None else ():
        name = table.scalar("name") or table.scalar("table")
        properties = table.get("properties") or table.get("columns")
        columns = properties.items if properties is not None else ()
        yield _table(document, "odcs", table, name, [(c.scalar("name") or c.scalar("column"), c) for c in columns])


def _specification(document: Document, root: Node) -> Iterator[Expectations]:
    models = root.get("models")
    for name, table in models.pairs() if models is not None else ():
        fields = table.get("fields")
        yield _table(document, "datacontract", table, name, list(fields.pairs()) if fields is not None else [])


def _table(document: Document, tool: str, table: Node, name: str, columns: list[tuple[str, Node]]) -> Expectations:
    values = _quality(table)
    structure = 0
    for _, column in columns:
        structure += any(column.get(key) is not None for key in ("type", "logicalType", "physicalType"))
        options = column.get("logicalTypeOptions")
        values += sum(column.scalar(key) not in ("", "false") or _list(column, key) for key in _CLAUSES)
        values += sum(options.get(key) is not None for key in _BOUNDS) if options is not None else 0
        values += _quality(column)
    place = document.place(table.span, name)
    return Expectations(
        place, tool, document.path, values, structure, columns=tuple(n for n, _ in columns), data=(f"table:{name.lower()}",)
    )


def _list(column: Node, key: str) -> bool:
    node = column.get(key)
    return node is not None and node.kind == "list" and bool(node.items)


def _quality(node: Node) -> int:
    quality = node.get("quality")
    return len(quality.items) if quality is not None else 0
