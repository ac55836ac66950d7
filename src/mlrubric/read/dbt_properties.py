"""The property files of dbt: tests of models and sources, unit tests, contracts, freshness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Expectations, Fact, Freshness, UnitTest
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "dbt_properties"
TOOL = "dbt"
_OURS = re.compile(r"^(models|sources|snapshots|seeds|unit_tests): *\n+(?: *#.*\n)* *- +name:", re.MULTILINE)
_STRUCTURE = re.compile(
    r"(expect_column_to_exist|expect_table_|expect_row_|equal_rowcount|fewer_rows_than|of_type|expect_column_values_to_be_in_type_list)"
)


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/" not in path


def read(document: Document) -> Iterable[Fact]:
    """Facts of each model and source; nothing for any other YAML."""
    if _OURS.search(document.text) is None:
        return
    try:
        root = next(iter(yaml.parse_template(document.text)), None)
    except SyntaxProblem as problem:
        if "version: 2" in document.text:
            yield unreadable(document, FORMAT, problem)
        return
    if root is None:
        return
    for section in ("models", "snapshots", "seeds"):
        for node in _items(root.get(section)):
            yield _model(document, node, node.scalar("name"))
    for source in _items(root.get("sources")):
        yield from _source(document, source)
    for test in _items(root.get("unit_tests")):
        name = test.scalar("name")
        yield UnitTest(document.place(test.span, f"unit_tests.{name}"), TOOL, name, test.scalar("model"))


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if node is not None else ()


def _model(document: Document, node: Node, name: str) -> Expectations:
    values = structure = warnings = 0
    columns: list[str] = []
    contract = "true" in (node.scalar("config", "contract", "enforced"), node.scalar("contract", "enforced"))
    enabled = node.scalar("config", "enabled").lower() != "false"
    for holder in (node, *_items(node.get("columns"))) if enabled else ():
        if holder is not node:
            columns.append(holder.scalar("name"))
            structure += contract and holder.get("data_type") is not None
            values += len(_items(holder.get("constraints"))) if contract else 0
        for test, severity in _tests(holder):
            if severity.lower() == "warn":
                warnings += 1
            elif _STRUCTURE.search(test):
                structure += 1
            else:
                values += 1
    table = f"table:{name.rpartition('.')[2].lower()}"
    return Expectations(
        document.place(node.span, f"models.{name}"), TOOL, name, values, structure, warnings, tuple(sorted(filter(None, columns))), (table,)
    )


def _tests(holder: Node) -> Iterator[tuple[str, str]]:
    """Name and severity of each test; `tests` is the name of 1.7 and before."""
    for key in ("tests", "data_tests"):
        for item in _items(holder.get(key)):
            if not item.entries:
                yield item.text, ""
                continue
            name, options = item.entries[0][0].text, item.entries[0][1]
            config = item.get("config") or options.get("config")
            if config is not None and config.scalar("enabled").lower() == "false":
                continue
            severity = item.scalar("severity") or options.scalar("severity") or (config.scalar("severity") if config is not None else "")
            yield item.scalar("test_name") or name, severity


def _source(document: Document, source: Node) -> Iterator[Fact]:
    """Each table of a source; its limit of age may stand at the source, at the table or in the `config` of either."""
    outer = source.get("freshness") or source.get("config", "freshness")
    for table in _items(source.get("tables")):
        name = f"{source.scalar('name')}.{table.scalar('name')}"
        yield _model(document, table, name)
        limit = table.get("freshness") or table.get("config", "freshness") or outer
        if limit is None or limit.kind != "map":
            continue
        loaded = any(n.get("loaded_at_field") or n.get("config", "loaded_at_field") or n.get("loaded_at_query") for n in (table, source))
        fails = limit.get("error_after", "count") is not None
        yield Freshness(document.place(limit.span, f"sources.{name}.freshness"), TOOL, name, fails, loaded)
