"""What watches, with the values of its chart filled in where a template asks for them plainly."""

from __future__ import annotations

import re
from dataclasses import replace

from mlrubric.graph.world import World, parents
from mlrubric.model.facts import ChartFile, Watch
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse_template

ASKED = re.compile(r"\{\{-?\s*\$?\.Values\.([\w.]+)\s*(?:\|\s*(?:quote|squote|toString)\s*)?-?\}\}")


def watches(world: World) -> list[tuple[str, Watch]]:
    """Every watch of the repository, in order of path."""
    values: dict[str, Node | None] | None = None
    found: list[tuple[str, Watch]] = []
    for path, watch in world.every(Watch):
        if watch.holder and any(ASKED.search(text) for text in (watch.name, *watch.expressions, *(v for _, v in watch.labels))):
            values = _values(world) if values is None else values
            root = next((values[folder] for folder in (*parents(path), "") if folder in values), None)
            watch = _filled(watch, root) if root is not None else watch
        found.append((path, watch))
    return found


def _values(world: World) -> dict[str, Node | None]:
    """The default values of each chart, by its folder."""
    found: dict[str, Node | None] = {}
    for path, one in world.every(ChartFile):
        if one.kind == "values" and path.rpartition("/")[2] in ("values.yaml", "values.yml"):
            try:
                roots = parse_template(one.text)
            except SyntaxProblem:
                continue
            found[path.rpartition("/")[0]] = roots[0] if roots else None
    return found


def _filled(watch: Watch, root: Node) -> Watch:
    def fill(text: str) -> str:
        return ASKED.sub(lambda match: root.scalar(*match[1].split(".")) or match[0], text)

    labels = tuple((label, fill(value)) for label, value in watch.labels)
    return replace(watch, name=fill(watch.name), expressions=tuple(map(fill, watch.expressions)), labels=labels)
