"""Scripts of a project in pyproject.toml, as poe, hatch, pdm and taskipy run them: each is a stage with its command."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Command, Embedded, Fact, Stage
from mlrubric.source.document import Document
from mlrubric.source.syntax import toml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "project_scripts"

TABLES = (("tool", "poe", "tasks"), ("tool", "pdm", "scripts"), ("tool", "taskipy", "tasks"), ("tool", "hatch", "scripts"))
TEXTS = ("cmd", "shell", "expr")
PARTS = ("sequence", "composite")
CALLS = ("script", "call")


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == "pyproject.toml"


def read(document: Document) -> Iterator[Fact]:
    if not any(word in document.text for word in ("poe", "pdm", "taskipy", "hatch")):
        return
    try:
        root = toml.parse(document.text)
    except SyntaxProblem:
        return  # the reader of the project says it
    for route in TABLES:
        yield from _table(document, root.get(*route), ".".join(route), route[1])
    environments = root.get("tool", "hatch", "envs")
    for name, environment in environments.pairs() if environments is not None else ():
        if environment.kind == "map":
            yield from _table(document, environment.get("scripts"), f"tool.hatch.envs.{name}.scripts", "hatch")


def _table(document: Document, table: Node | None, route: str, manager: str) -> Iterator[Fact]:
    if table is None or table.kind != "map":
        return
    names = {name for name, _ in table.pairs()}
    for key, value in table.entries:
        if key.text == "_":
            continue  # options of all scripts of pdm
        symbol = f"{route}.{key.text}"
        needs = tuple(name for name in _named(value, manager) if name in names and name != key.text)
        yield Stage(document.place(key.span, symbol), "script", key.text, needs=needs, options=(("manager", manager),))
        yield from _texts(document, value, symbol, names)


def _named(value: Node, manager: str) -> Iterator[str]:
    """Other scripts that a script runs: by reference, in a sequence, before it, or, in hatch, as the first word of a command."""
    if value.kind == "map":
        for key in (*PARTS, "deps"):
            part = value.get(key)
            for item in part.items if part is not None else ():
                yield from _named(item, "poe") if item.kind == "map" else (item.text.split(" ")[0],)
        if value.scalar("ref"):
            yield value.scalar("ref")
    elif value.kind == "list":
        for item in value.items:
            yield from _named(item, "poe") if item.kind == "map" else (item.text.split(" ")[0],)
    elif value.kind == "string" and manager == "hatch":
        yield value.text.split(" ")[0]


def _texts(document: Document, value: Node, symbol: str, names: set[str]) -> Iterator[Fact]:
    """The command lines of a script, one after the other."""
    if value.kind == "string":
        if value.text.split(" ")[0] not in names:
            place = document.place(value.span, symbol)
            text = value.text.replace("{args}", "").replace("{args:", "").rstrip("}")
            yield Embedded(place, "shell", text, symbol, value.starts(), shell="sh", options=frozenset({"errexit"}))
    elif value.kind == "list":
        for item in value.items:
            yield from _texts(document, item, symbol, names)
    elif value.kind == "map":
        for key in (*TEXTS, *PARTS):
            part = value.get(key)
            if part is not None:
                yield from _texts(document, part, symbol, names if key not in TEXTS else set())
        for key in CALLS:
            module, _, function = value.scalar(key).partition(":")
            if module:
                node = value.get(key) or value
                code = f"import {module}; {module}.{function.partition('(')[0] or 'main'}()"
                yield Command(document.place(node.span, symbol), symbol, ("python", "-c", code))
                yield Embedded(document.place(node.span, f"{symbol}.code"), "python", code, symbol, ((node.span.line, 1),))
