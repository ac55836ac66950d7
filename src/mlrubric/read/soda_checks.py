"""Soda: SodaCL files of version 3 (`checks for orders:`) and contracts of version 4 (`dataset:` with `columns:` and `checks:`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Expectations, Fact
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "soda_checks"
TOOL = "soda"
_LANGUAGE = re.compile(r"^(?:automated monitoring|checks) for ([^:\s]+)(?: \[[^\]]*\])?:", re.MULTILINE)
_CONTRACT = re.compile(r"^dataset: *\S+/", re.MULTILINE)
_HEAD = re.compile(r"checks for (\S+?)(?: \[.*\])?")
_STRUCTURE = re.compile(r"^(row_count|schema|change.* for row_count)\b")


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/" not in path


def read(document: Document) -> Iterable[Fact]:
    """One fact for each data set; nothing for any other YAML."""
    language, contract = _LANGUAGE.search(document.text), _CONTRACT.search(document.text)
    if language is None and contract is None:
        return
    try:
        root = next(iter(yaml.parse(document.text)), None)
    except SyntaxProblem as problem:
        if language is not None:
            yield unreadable(document, FORMAT, problem)
        return
    if root is None:
        return
    if language is not None:
        yield from _checks(document, root)
    elif root.get("columns") is not None or root.get("checks") is not None:
        yield _contract(document, root)


def _checks(document: Document, root: Node) -> Iterator[Fact]:
    for key, items in root.pairs():
        head = _HEAD.fullmatch(key)
        if head is None:
            continue
        values = structure = warnings = 0
        for item in items.items:
            name = item.text if not item.entries else item.entries[0][0].text
            options = item.entries[0][1] if item.entries else None
            if options is not None and options.get("warn") is not None and options.get("fail") is None:
                warnings += 1
            elif _STRUCTURE.search(name):
                structure += 1
            else:
                values += 1
        place = document.place(items.span, key)
        yield Expectations(place, TOOL, head[1], values, structure, warnings, data=(f"table:{head[1].lower()}",))


def _contract(document: Document, root: Node) -> Expectations:
    """A column's type is structure, a check of a column or of the rows is a clause on values, `schema` and `row_count` aside."""
    values = structure = 0
    columns = root.get("columns")
    named = []
    for column in columns.items if columns is not None else ():
        named.append(column.scalar("name"))
        structure += column.get("data_type") is not None
        values += sum(1 for _ in _names(column.get("checks")))
    for name in _names(root.get("checks")):
        if _STRUCTURE.search(name):
            structure += 1
        else:
            values += 1
    dataset = root.scalar("dataset")
    table = dataset.rpartition("/")[2].lower()
    return Expectations(
        document.place(root.span, "dataset"),
        TOOL,
        dataset,
        values,
        structure,
        columns=tuple(sorted(filter(None, named))),
        data=(f"table:{table}",),
    )


def _names(checks: Node | None) -> Iterator[str]:
    for item in checks.items if checks is not None else ():
        yield item.entries[0][0].text if item.entries else item.text
