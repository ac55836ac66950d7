"""GitHub workflows: what starts them, their jobs and steps. Only files directly in `.github/workflows` of the root are live."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlrubric.knowledge.actions import action
from mlrubric.model.facts import Elsewhere, Fact, Job, Notice, Unreadable, Workflow
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.workflow_events import triggers
from mlrubric.source.workflow_steps import Defaults, ignored_failure, image, matrix_words, never, steps, used
from mlrubric.source.yaml_facts import first_map, only_comments, settings, text_pairs

FORMAT = "github_workflow"

_PLACE = re.compile(r"(?:(.*)/)?\.github/([^/]*workflows?[^/]*)/(?:(.*)/)?([^/]+?\.ya?ml)([^/]*)", re.IGNORECASE)
_SWITCHED_OFF = re.compile(r"[._~-]?\w*~?")


def accepts(path: str) -> bool:
    match = _PLACE.fullmatch(path)
    return match is not None and _SWITCHED_OFF.fullmatch(match[5]) is not None


def disabled_by_place(path: str) -> str:
    """Why GitHub would not see a workflow that lies here."""
    match = _PLACE.fullmatch(path)
    if match is None or match[1] is not None:
        return "not at the repository root"
    if match[2] != "workflows" or match[3] is not None:
        return "not directly in .github/workflows"
    return f"the name ends in `{match[5]}`" if match[5] else ""


def read(document: Document) -> Iterable[Fact]:
    """What the file says; an action whose meaning is known lies nowhere else."""
    return (fact for fact in _read(document) if not isinstance(fact, Elsewhere) or fact.kind == "workflow" or action(fact.text) is None)


def _read(document: Document) -> Iterable[Fact]:
    disabled = disabled_by_place(document.path)
    if only_comments(document.text):
        yield Workflow(document.place(symbol="workflow"), _plain_name(document), disabled=disabled or "every line is a comment")
        return
    if not document.text.strip():
        yield Workflow(document.place(symbol="workflow"), _plain_name(document), disabled=disabled or "the file is empty")
        return
    root, problems = first_map(document, FORMAT, template=bool(disabled))
    yield from problems
    if root is None:
        return
    jobs = root.get("jobs")
    started = _started_by(root)
    yield from _defaults(document, started[1] if started is not None else None)
    if not disabled:
        disabled = (
            "nothing starts it (`on` is missing)" if started is None else "" if jobs is not None and jobs.entries else "it has no jobs"
        )
    yield Workflow(document.place(Span(root.span.line), "workflow"), root.scalar("name") or _plain_name(document), disabled=disabled)
    if started is not None:
        yield from triggers(document, *started, disabled, FORMAT)
    yield from settings(document, root.get("env"), "env")
    defaults = Defaults().under(root)
    if jobs is not None and jobs.kind not in ("map", "null"):
        yield Unreadable(document.place(jobs.span, "jobs"), FORMAT, "jobs must be a map")
    for key, node in jobs.entries if jobs is not None else ():
        symbol = f"jobs.{key.text}"
        if node.kind != "map":
            yield Unreadable(document.place(key.span, symbol), FORMAT, "a job must be a map")
        else:
            yield from _job(document, key, node, symbol, defaults)


def _defaults(document: Document, events: Node | None) -> Iterator[Fact]:
    """What inputs are when nobody gives them."""
    for event in ("workflow_dispatch", "workflow_call"):
        inputs = events.get(event, "inputs") if events is not None else None
        for name, value in inputs.pairs() if inputs is not None else ():
            yield from settings(document, value.get("default"), f"inputs.{name}.default")


def _plain_name(document: Document) -> str:
    return re.sub(r"\.ya?ml.*$", "", document.name)


def _started_by(root: Node) -> tuple[Node, Node] | None:
    """Key and value of `on`; YAML 1.1 may have turned the key into true."""
    for key, value in root.entries:
        if key.text == "on" or (key.kind == "bool" and key.text.lower() in ("on", "true")):
            return key, value
    return None


def _job(document: Document, key: Node, node: Node, symbol: str, outer: Defaults) -> Iterator[Fact]:
    condition = node.scalar("if") or None
    uses = node.scalar("uses") or None
    container = node.get("container")
    container_image = node.scalar("container") or node.scalar("container", "image") or None
    environment = node.scalar("environment") or node.scalar("environment", "name") or None
    matrix = node.get("strategy", "matrix")
    place = document.place(Span(key.span.line, key.span.column, node.span.end_line, node.span.end_column), symbol)
    yield Job(
        place,
        key.text,
        needs=node.strings("needs"),
        condition=condition,
        never=never(condition),
        swallowed=ignored_failure(document, node, symbol),
        environment=environment,
        uses=uses,
        container=container_image,
        matrix=matrix is not None,
        outputs=text_pairs(node.get("outputs")),
    )
    yield from settings(document, node.get("runs-on"), f"{symbol}.runs-on")
    yield from settings(document, matrix, f"{symbol}.strategy.matrix")
    yield from settings(document, node.get("env"), f"{symbol}.env")
    if container_image and container is not None:
        yield image(document.place(container.span, f"{symbol}.container"), container_image)
    for name, service in _pairs(node.get("services")):
        if service.scalar("image"):
            yield image(document.place(service.span, f"{symbol}.services.{name}"), service.scalar("image"))
    if uses is not None:
        yield from used(document, node, symbol, uses, "workflow")
        yield from settings(document, node.get("with"), f"{symbol}.with")
    listed = node.get("steps")
    if listed is not None and listed.kind != "null":
        inner = replace(outer, windows=_on_windows(node), container=container is not None, matrix=matrix_words(matrix)).under(node)
        yield from steps(document, listed, f"{symbol}.steps", symbol, inner, FORMAT)
    elif uses is None:
        yield Notice(place, "a job without steps does nothing")


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    return iter(()) if node is None else node.pairs()


def _on_windows(node: Node) -> bool:
    """Every machine it may run on is a Windows machine."""
    labels = [*node.strings("runs-on"), *node.strings("runs-on", "labels")]
    chosen = [match[1] for label in labels for match in re.finditer(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}", label)]
    for name in chosen:
        values = [*node.strings("strategy", "matrix", name)]
        include = node.get("strategy", "matrix", "include")
        values += [item.scalar(name) for item in (include.items if include is not None else ()) if item.scalar(name)]
        if values and all("windows" in value.lower() for value in values):
            return True
    return any("windows" in label.lower() for label in labels)
