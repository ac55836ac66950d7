"""Bitbucket pipelines (bitbucket-pipelines.yml): pipelines by branch, tag, pull request or by hand, their steps and scripts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlrubric.model.facts import Fact, Job, Step, Trigger, Unreadable, Workflow
from mlrubric.source.automation_facts import FAILS, by_hand, image, script
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import first_map, is_scalar

FORMAT = "bitbucket_pipelines"

_NAMES = ("bitbucket-pipelines.yml", "bitbucket-pipelines.yaml")
_KINDS = {"branches": "push", "tags": "tag", "bookmarks": "push", "pull-requests": "pull_request", "custom": "manual"}


def accepts(path: str) -> bool:
    return posixpath.basename(path) in _NAMES


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    yield from problems
    if root is None:
        return
    disabled = "" if document.path in _NAMES else "Bitbucket reads bitbucket-pipelines.yml at the repository root only"
    pipelines = root.get("pipelines")
    if pipelines is None or pipelines.kind != "map":
        yield Workflow(document.place(root.span, "workflow"), document.path, "bitbucket", disabled or "it has no pipelines")
        return
    for name, node in pipelines.pairs():
        if name == "default":
            yield from _pipeline(document, root, node, "pipelines.default", "push", "", disabled)
        elif node.kind == "map":
            for pattern, inner in node.pairs():
                yield from _pipeline(document, root, inner, f"pipelines.{name}.{pattern}", _KINDS.get(name, "event"), pattern, disabled)
        else:
            yield Unreadable(document.place(node.span, f"pipelines.{name}"), FORMAT, f"{name} must be a map of pipelines")


def _pipeline(document: Document, root: Node, node: Node, symbol: str, kind: str, pattern: str, disabled: str) -> Iterator[Fact]:
    place = document.place(node.span, symbol)
    steps = list(_steps(node))
    yield Workflow(place, symbol.removeprefix("pipelines."), "bitbucket", disabled or ("" if steps else "it has no steps"))
    if kind == "manual":
        yield by_hand(place, symbol, "a custom pipeline: started by hand or by a schedule outside of this repository")
    else:
        yield Trigger(place, kind, symbol, None, (f"branches: {pattern}",) if pattern else ())
    held = ""
    for index, step in enumerate(steps):
        route = f"{symbol}.steps[{index}]"
        if step.by_hand:
            held = held or step.name or f"step {index + 1}"
        yield from _step(document, root, step, route, index, "" if held else symbol, held)


@dataclass(frozen=True, slots=True)
class _Found:
    node: Node
    name: str
    by_hand: bool


def _steps(node: Node | None, manual: bool = False) -> Iterator[_Found]:
    """The steps in their order, out of stages and parallel groups; `trigger: manual` holds its step and all that follow."""
    for item in node.items if node is not None else ():
        step, stage, parallel = item.get("step"), item.get("stage"), item.get("parallel")
        if step is not None and step.kind == "map":
            yield _Found(step, step.scalar("name"), manual or step.scalar("trigger") == "manual")
        elif stage is not None:
            yield from _steps(stage.get("steps"), manual or stage.scalar("trigger") == "manual")
        elif parallel is not None:
            yield from _steps(parallel if parallel.kind == "list" else parallel.get("steps"), manual)


def _step(document: Document, root: Node, found: _Found, symbol: str, index: int, owner: str, held: str) -> Iterator[Fact]:
    node = found.node
    place = document.place(node.span, symbol)
    if held:
        yield by_hand(place, symbol, f"waits for a person (`trigger: manual` at `{held}`)")
    picture = node.get("image") or root.get("image")
    reference = (picture.scalar("name") if picture.kind == "map" else picture.text) if picture is not None else ""
    yield Job(place, found.name or f"step {index + 1}", owner, environment=node.scalar("deployment") or None, container=reference or None)
    if picture is not None and reference and node.get("image") is not None:
        yield image(document.place(picture.span, f"{symbol}.image"), reference)
    for key, ignored in (("script", False), ("after-script", True)):
        listed = node.get(key)
        lines = [item for item in (listed.items if listed is not None else ()) if is_scalar(item)]
        if lines:
            at = document.place(listed.span if listed is not None else node.span, f"{symbol}.{key}")
            yield Step(at, symbol, int(ignored), key, run=True, swallowed=at if ignored else None)
            yield script(document, lines, f"{symbol}.{key}", f"{symbol}.{key}", "bash", FAILS)
        for item in listed.items if listed is not None else ():
            if item.get("pipe") is not None:
                yield Step(document.place(item.span, f"{symbol}.pipe"), symbol, 2, f"pipe {item.scalar('pipe')}")
