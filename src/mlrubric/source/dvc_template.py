"""DVC's `${...}` expressions: stages repeated by `foreach` and `matrix`, with the variables that the file itself gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from mlrubric.source.syntax.node import Node

_EXPRESSION = re.compile(r"(?<!\\)\$\{\s*([^{}\s]+)\s*\}")
_STEP = re.compile(r"[^.\[\]]+")
MAX_COPIES = 200

Scope = Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Copy:
    """One stage after expansion: its name, its body, and what its expressions may name."""

    name: str
    body: Node
    scope: Scope
    unresolved: str = ""  # the expression whose values stand in another file


def variables(node: Node | None) -> dict[str, Node]:
    """The inline maps of a `vars` list; names of files among them are left to the graph."""
    found: dict[str, Node] = {}
    for item in node.items if node is not None else ():
        found.update(item.pairs())
    return found


def copies(name: str, stage: Node, scope: Scope) -> Iterator[Copy]:
    """The stages that an entry stands for, named as DVC names them."""
    if (source := stage.get("foreach")) is not None:
        yield from _foreach(name, source, stage.get("do") or stage, scope)
    elif (matrix := stage.get("matrix")) is not None and matrix.kind == "map":
        yield from _matrix(name, matrix, stage, scope)
    else:
        yield Copy(name, stage, {**scope, **variables(stage.get("vars"))})


def filled(text: str, scope: Scope) -> str:
    """The text with the expressions whose values are known here replaced; the others stay as written."""

    def value(match: re.Match[str]) -> str:
        node = _at(match.group(1), scope)
        if node is None or node.kind == "null":
            return match.group()
        if node.kind == "map":
            return _as_options(node)
        return " ".join(item.text for item in node.items) if node.kind == "list" else node.text

    return _EXPRESSION.sub(value, text) if "${" in text else text


def resolved(node: Node, scope: Scope) -> Node | None:
    """The node itself, or what a lone `${name}` stands for; None when that is in another file."""
    match = _EXPRESSION.fullmatch(node.text.strip()) if node.kind == "string" else None
    return _at(match.group(1), scope) if match else node


def _foreach(name: str, source: Node, body: Node, scope: Scope) -> Iterator[Copy]:
    values = resolved(source, scope)
    if values is None:
        yield Copy(name, body, scope, source.text)
        return
    if values.kind == "map":
        for key, node in values.entries[:MAX_COPIES]:
            yield Copy(f"{name}@{key.text}", body, {**scope, "item": node, "key": key, **variables(body.get("vars"))})
    for index, node in enumerate(values.items[:MAX_COPIES]):
        label = str(index) if node.kind in ("map", "list") else node.text
        yield Copy(f"{name}@{label}", body, {**scope, "item": node, **variables(body.get("vars"))})


def _matrix(name: str, matrix: Node, body: Node, scope: Scope) -> Iterator[Copy]:
    axes: list[list[tuple[str, str, Node]]] = []
    for axis, node in matrix.pairs():
        values = resolved(node, scope)
        if values is None or values.kind != "list":
            yield Copy(name, body, scope, node.text)
            return
        labels = [f"{axis}{index}" if item.kind in ("map", "list") else item.text for index, item in enumerate(values.items)]
        axes.append([(axis, label, item) for label, item in zip(labels, values.items, strict=True)])
    for number, combination in enumerate(product(*axes)):
        if number >= MAX_COPIES:
            return
        entries = tuple((Node("string", item.span, axis, axis), item) for axis, _, item in combination)
        item = Node("map", matrix.span, entries=entries)
        key = Node("string", matrix.span, "-".join(label for _, label, _ in combination))
        yield Copy(f"{name}@{key.text}", body, {**scope, "item": item, "key": key, **variables(body.get("vars"))})


def _at(route: str, scope: Scope) -> Node | None:
    steps = _STEP.findall(route)
    node = scope.get(steps[0]) if steps else None
    for step in steps[1:]:
        if node is None:
            return None
        if node.kind == "list":
            node = node.items[int(step)] if step.isdigit() and int(step) < len(node.items) else None
        else:
            node = node.get(step)
    return node


def _as_options(node: Node) -> str:
    """A map in a command becomes options, as DVC writes them."""
    parts: list[str] = []
    for name, value in node.pairs():
        if value.kind == "bool":
            parts += [f"--{name}"] if value.value else []
        elif value.kind == "list":
            parts += [f"--{name}", *(item.text for item in value.items)]
        elif value.kind != "map":
            parts += [f"--{name}", value.text]
    return " ".join(parts)
