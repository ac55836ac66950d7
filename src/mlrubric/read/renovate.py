"""Renovate's configuration: that a bot keeps the dependencies current, when, and where it is switched off."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Bot, Fact, Trigger, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "renovate"
_NAMES = ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5")
_FILES = frozenset(_NAMES) | {f"{folder}/renovate.{suffix}" for folder in (".github", ".gitlab") for suffix in ("json", "json5")}


def accepts(path: str) -> bool:
    return path in _FILES or path == "package.json"


def read(document: Document) -> Iterator[Fact]:
    inside = document.name == "package.json"
    if inside and '"renovate"' not in document.text:
        return
    try:
        root = json.parse(document.text, comments=not inside)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    symbol = "renovate" if inside else ""
    node = root.get("renovate") if inside else root
    if node is None:
        return
    if node.kind != "map":
        yield Unreadable(document.place(node.span, symbol), FORMAT, "no object")
        return
    yield from _facts(document, node, symbol or "renovate")


def _facts(document: Document, node: Node, symbol: str) -> Iterator[Fact]:
    disabled = "enabled is false" if node.scalar("enabled").lower() == "false" else ""
    place = document.place(node.span, symbol)
    for manager in node.strings("enabledManagers") or ("*",):
        off = "enabled is false" if node.scalar(manager, "enabled").lower() == "false" else ""
        yield Bot(place, "renovate", manager, "/", disabled or off)
    schedule = node.get("schedule")
    presets = tuple(text for text in node.strings("extends") if text.startswith("schedule:"))
    said = "; ".join(node.strings("schedule") or presets) or "at any time"
    where = document.place(schedule.span, f"{symbol}.schedule") if schedule is not None else place
    branches = node.strings("baseBranches")
    filters = (f"branches: {', '.join(branches)}",) if branches else ()
    never = "schedule is never" if said == "never" else ""
    yield Trigger(where, "bot", symbol, schedule=said, filters=filters, live=not (disabled or never), reason=disabled or never)
