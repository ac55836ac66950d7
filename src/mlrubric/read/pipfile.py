"""Pipfile and Pipfile.lock of pipenv."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Fact, Manifest, Requirement, Unreadable
from mlrubric.read.declared import from_table, location_of, settings
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import json, toml
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.poetry_version import clauses_of

FORMAT = "pipfile"

_OTHER_TABLES = ("source", "requires", "scripts", "pipenv", "_meta")


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in ("Pipfile", "Pipfile.lock")


def read(document: Document) -> Iterable[Fact]:
    try:
        if document.name == "Pipfile":
            return list(_manifest(document, toml.parse(document.text)))
        return list(_lock(document, json.parse(document.text)))
    except SyntaxProblem as problem:
        return [unreadable(document, FORMAT, problem)]


def _manifest(document: Document, root: Node) -> Iterator[Fact]:
    python = root.scalar("requires", "python_full_version") or root.scalar("requires", "python_version")
    yield Manifest(document.place(), "manifest", "pipenv", python or None)
    for category, table in root.pairs():
        if category in _OTHER_TABLES or table.kind != "map":
            yield from settings(document, table, category)
            continue
        group = {"packages": "", "dev-packages": "dev"}.get(category, category)
        for name, value in table.entries:
            yield from from_table(document, FORMAT, name, value, manager="pipenv", group=group)


def _lock(document: Document, root: Node) -> Iterator[Fact]:
    python = root.scalar("_meta", "requires", "python_full_version") or root.scalar("_meta", "requires", "python_version")
    yield Manifest(document.place(), "lock", "pipenv", python or None, ("Pipfile",), "pipenv")
    for category, table in root.pairs():
        if category in _OTHER_TABLES:
            continue
        group = {"default": "", "develop": "dev"}.get(category, category)
        for name, value in table.entries:
            if value.kind != "map":
                yield Unreadable(document.place(value.span, name.text), FORMAT, "a locked package must be a table")
                continue
            specifiers, pinned = clauses_of(value.scalar("version"))
            url, fixed = location_of(value)
            hashes = len(value.strings("hashes"))
            yield Requirement(
                document.place(name.span, name.text),
                name.text,
                specifiers,
                tuple(sorted(value.strings("extras"))),
                value.scalar("markers") or None,
                pinned or fixed or hashes > 0,
                value.scalar("editable") == "true",
                url,
                hashes,
                "locked",
                group,
                "pipenv",
            )
