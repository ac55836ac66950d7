"""tox: environments as stages with their commands and dependencies (tox.ini, tox.toml, setup.cfg, pyproject.toml)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlrubric.model.facts import Command, Fact, Include, Notice, Requirement, Stage, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import ini, toml
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.requirement import RequirementProblem, parse_argument, parse_editable
from mlrubric.source.syntax.tox_env import MOST, ToxEnvironment, ini_environments, toml_environments

FORMAT = "tox"

_NAMES = ("tox.ini", "tox.toml", "setup.cfg", "pyproject.toml")
_INCLUDE = re.compile(r"(-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in _NAMES


def read(document: Document) -> Iterable[Fact]:
    try:
        environments = list(_environments(document))
    except SyntaxProblem as problem:
        if document.name.startswith("tox"):  # the other files have a reader that says it
            yield unreadable(document, FORMAT, problem)
        return
    if len(environments) == MOST:
        yield Notice(document.place(), f"of more than {MOST} environments the first are read")
    for environment in environments:
        yield from _facts(document, environment)


def _environments(document: Document) -> Iterator[ToxEnvironment]:
    if document.name == "tox.ini":
        yield from ini_environments(ini.parse(document.text))
    elif document.name == "setup.cfg":
        root = ini.parse(document.text)
        if any(name == "tox:tox" or name.startswith("testenv") for name, _ in root.pairs()):
            yield from ini_environments(root, "tox:")
    elif document.name == "tox.toml":
        yield from toml_environments(toml.parse(document.text))
    else:
        table = toml.parse(document.text).get("tool", "tox") if "tox" in document.text else None
        if table is None:
            return
        legacy = table.get("legacy_tox_ini")
        if legacy is None:
            yield from toml_environments(table)
        else:
            yield from ini_environments(ini.parse(_in_place(document, legacy)))


def _in_place(document: Document, node: Node) -> str:
    """The text of a multi-line string at its own lines, everything around it empty, so that places are right."""
    first = node.content[0][0] if node.content else node.span.line
    return "\n" * (first - 1) + node.text


def _facts(document: Document, environment: ToxEnvironment) -> Iterator[Fact]:
    symbol = f"testenv:{environment.name}"
    yield Stage(
        document.place(environment.span, symbol),
        "tox",
        environment.name,
        needs=environment.needs,
        directory=environment.directory,
        default=environment.listed,
        always=True,
        options=tuple(sorted(environment.options)),
    )
    for index, command in enumerate(environment.commands):
        place = document.place(command.span, f"{symbol}.command[{index}]")
        swallowed, at = "", None
        if "-" in command.prefix:
            swallowed, at = "- prefix", _prefix_place(document, command.span, symbol)
        elif "!" in command.prefix:
            swallowed, at = "negated", _prefix_place(document, command.span, symbol)
        elif environment.ignored is not None:
            swallowed, at = "ignore_outcome", document.place(environment.ignored, symbol)
        yield Command(place, symbol, command.argv, index, swallowed=swallowed, swallowed_at=at)
    for text, span in environment.dependencies:
        yield from _dependency(document, text, span, symbol, environment.name)


def _prefix_place(document: Document, span: Span, symbol: str) -> Place:
    return document.place(Span(span.line, span.column, span.line, span.column + 1), symbol)


def _dependency(document: Document, text: str, span: Span, symbol: str, group: str) -> Iterator[Fact]:
    place = document.place(span, f"{symbol}.deps")
    include = _INCLUDE.match(text)
    if include is not None:
        kind = "constraints" if "c" in include[1].split("r")[0] or include[1] == "--constraint" else "requirements"
        yield Include(place, include[2].removeprefix("./"), kind, symbol)
        return
    if "{" in text or text.startswith("--"):
        return
    try:
        found = parse_editable(text[2:]) if text.startswith("-e") else parse_argument(text)
    except RequirementProblem as problem:
        yield Unreadable(place, FORMAT, f"dependency `{text[:60]}`: {problem}")
        return
    yield Requirement(
        place, found.name, found.specifiers, found.extras, found.marker, found.pinned, found.editable, found.url, group=group, manager="tox"
    )
