"""Taskfiles of go-task: tasks as stages, each command a shell text of its own; a task that a command names is called as `task NAME`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlrubric.model.facts import Embedded, Fact, Include, Setting, Stage, Unreadable
from mlrubric.model.place import Place
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import embedded, entry_place, first_map, is_scalar, line_map, pair_place, text_pairs

FORMAT = "taskfile"

NAMES = ("taskfile.yml", "taskfile.yaml", "taskfile.dist.yml", "taskfile.dist.yaml")
_HOLE = re.compile(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*-?\}\}")
_OPTIONS = {"e": "errexit", "u": "nounset", "x": "xtrace", "errexit": "errexit", "nounset": "nounset", "pipefail": "pipefail"}


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1].lower() in NAMES


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    yield from problems
    if root is None:
        return
    yield from _includes(document, root.get("includes"))
    tasks = root.get("tasks")
    if tasks is None or tasks.kind == "null":
        return
    if tasks.kind != "map":
        yield Unreadable(document.place(tasks.span, "tasks"), FORMAT, "`tasks` must be a map")
        return
    reader = _Reader(document, dict(text_pairs(root.get("vars"))), _options(root))
    for key, value in tasks.entries:
        yield from reader.task(key, value)


def _includes(document: Document, node: Node | None) -> Iterator[Fact]:
    """The Taskfiles behind a prefix, and the folder that their tasks are told to run in."""
    for name, value in node.pairs() if node is not None else ():
        target = value.text if is_scalar(value) else value.scalar("taskfile")
        if target:
            place = document.place(value.span, f"includes.{name}")
            yield Include(place, target, "task", "" if value.scalar("flatten") == "true" else name)
            if value.scalar("dir"):
                yield Setting(place, f"includes.{name}.dir", value.scalar("dir"))


def _options(node: Node) -> frozenset[str]:
    return frozenset(_OPTIONS[word] for word in node.strings("set") if word in _OPTIONS)


@dataclass(frozen=True, slots=True)
class _Reader:
    document: Document
    variables: dict[str, str]
    options: frozenset[str]

    def task(self, key: Node, node: Node) -> Iterator[Fact]:
        """A task is a command, a list of them, or a map with both and what else is said of it."""
        symbol = f"tasks.{key.text}"
        commands = [node] if is_scalar(node) else list(node.items) if node.kind == "list" else self._commands(node)
        needs = [dep.text if is_scalar(dep) else dep.scalar("task") for dep in self._listed(node, "deps")]
        variables = self.variables | dict(text_pairs(node.get("vars"))) if node.kind == "map" else self.variables
        folder = self._filled(node.scalar("dir"), variables) if node.kind == "map" else ""
        place = pair_place(self.document, key, node, symbol)
        kept = tuple(dict.fromkeys(need for need in needs if need))
        yield Stage(place, "task", key.text, needs=kept, directory=folder, default=key.text == "default", always=True)
        options = self.options | (_options(node) if node.kind == "map" else frozenset())
        ignored = entry_place(self.document, node, "ignore_error", symbol) if _ignores(node) else None
        for number, command in enumerate(commands):
            yield from self._command(command, symbol, number, variables, options, ignored)

    def _commands(self, node: Node) -> list[Node]:
        one = node.get("cmd")
        return [one] if one is not None else self._listed(node, "cmds")

    def _listed(self, node: Node, key: str) -> list[Node]:
        found = node.get(key) if node.kind == "map" else None
        if found is None or found.kind == "null":
            return []
        return list(found.items) if found.kind == "list" else [found]

    def _command(
        self, node: Node, symbol: str, number: int, variables: dict[str, str], options: frozenset[str], ignored: Place | None
    ) -> Iterator[Embedded]:
        route, at = f"{symbol}[{number}]", ignored
        if node.kind == "map":
            if _ignores(node):
                at = entry_place(self.document, node, "ignore_error", symbol)
            called, text = node.get("task"), node.get("cmd")
            if called is not None and is_scalar(called):
                words = f"task {self._filled(called.text, variables)}"
                place = self.document.place(called.span, route)
                yield Embedded(place, "shell", words, symbol, line_map(called), (), "sh", options, "ignore_error" if at else "", at)
            if text is None:
                return
            node = text
        if is_scalar(node):
            plain = embedded(self.document, node, route, symbol)
            filled = self._filled(plain.text, variables)
            yield Embedded(plain.place, "shell", filled, symbol, plain.lines, (), "sh", options, "ignore_error" if at else "", at)

    def _filled(self, text: str, variables: dict[str, str]) -> str:
        for _ in range(3):  # variables may name others
            text = _HOLE.sub(lambda match: variables.get(match[1], match[0]), text)
        return text


def _ignores(node: Node) -> bool:
    return node.kind == "map" and node.scalar("ignore_error") == "true"
