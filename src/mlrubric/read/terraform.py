"""Terraform (*.tf): its resources, its variables, and the triggers of Cloud Build, which say what starts a build file."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Include, Job, Provision, Trigger, Unreadable, Variable, Workflow
from mlrubric.source.automation_facts import by_hand
from mlrubric.source.document import Document
from mlrubric.source.syntax.hcl import Block, parse
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import is_scalar

FORMAT = "terraform"
MOST = 200  # options of one resource

_NOTHING = ("0", "[]", "{}", "toset([])", "tomap({})")
_EVENTS = (
    ("pull_request", ("pull_request",)),
    ("push", ("push", "trigger_template", "repository_event_config")),
    ("event", ("pubsub_config", "webhook_config")),
)


def accepts(path: str) -> bool:
    return path.endswith(".tf")


def read(document: Document) -> Iterator[Fact]:
    blocks = parse(document.text)
    for span in blocks.problems:
        yield Unreadable(document.place(span), FORMAT, "syntax not understood")
    for block in blocks.found:
        if block.kind in ("resource", "data") and len(block.labels) == 2:
            yield _provision(document, block)
            if block.labels[0] == "google_cloudbuild_trigger":
                yield from _trigger(document, block)
        elif block.kind == "module" and block.body.scalar("source").startswith(("./", "../")) and not _off(block.body):
            yield Include(document.place(block.span, f"module.{block.labels[0]}"), block.body.scalar("source"), "terraform")
        elif block.kind == "variable" and block.labels:
            default = block.body.get("default")
            known = default.text if default is not None and is_scalar(default) else None
            yield Variable(document.place(block.span, f"var.{block.labels[0]}"), known)
        elif block.kind == "locals":
            for name, value in block.body.pairs():
                yield Variable(document.place(value.span, f"local.{name}"), value.text if is_scalar(value) else None)


def _provision(document: Document, block: Block) -> Provision:
    kind, name = block.labels
    kind = kind if block.kind == "resource" else f"data.{kind}"
    options = tuple(_options(block.body))[:MOST]
    return Provision(document.place(block.span, f"{kind}.{name}"), kind, name, options, _off(block.body))


def _options(node: Node, route: str = "") -> Iterator[tuple[str, str]]:
    """Scalars by route; a block or item that repeats is numbered from the second on."""
    seen: dict[str, int] = {}
    members = node.pairs() if node.kind == "map" else (("", item) for item in node.items)
    for key, value in members:
        whole = f"{route}.{key}" if route and key else route or key
        number = seen.get(whole, 0)
        seen[whole] = number + 1
        numbered = f"{whole}[{number}]" if number else whole
        if value.kind in ("map", "list"):
            yield from _options(value, numbered)
        else:
            yield numbered, value.text


def _off(body: Node) -> str:
    """Why no such resource is made."""
    for key in ("count", "for_each"):
        node = body.get(key)
        if node is not None and not node.items and not node.entries:
            written = {"list": "[]", "map": "{}"}.get(node.kind, node.text)
            if written in _NOTHING:
                return f"{key} = {written}"
    return ""


def _trigger(document: Document, block: Block) -> Iterator[Fact]:
    body, name = block.body, block.labels[1]
    file = body.scalar("filename") or body.scalar("git_file_source", "path")
    written = body.get("filename") or body.get("git_file_source", "path")
    if not file or (written is not None and written.style == "expression") or "$" in file:
        return
    off = _off(body) or ("disabled = true" if body.scalar("disabled") == "true" else "")
    symbol = f"trigger.{name}"
    place = document.place(block.span, symbol)
    yield Workflow(place, name, "terraform")
    inside = set(_keys(body))
    kinds = [kind for kind, names in _EVENTS if inside & set(names)]
    for kind in kinds:
        yield Trigger(place, kind, symbol, live=not off, recurring=kind != "event", reason=off)
    if not kinds:
        yield by_hand(place, symbol, "a trigger without an event: started by hand")
    yield Job(document.place(place.span, f"{symbol}.filename"), name, symbol, uses=f"./{file.strip().lstrip('/')}")


def _keys(node: Node) -> Iterator[str]:
    """Every key below a node."""
    waiting = [node]
    while waiting:
        for key, value in waiting.pop().pairs():
            yield key
            waiting.append(value)
