"""The `on:` of a GitHub workflow as triggers: live or not, recurring or not."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Trigger, Unreadable
from mlrubric.model.place import Place, Span
from mlrubric.source.document import Document
from mlrubric.source.syntax.cron import cron_problem
from mlrubric.source.syntax.node import Node

OWNER = "workflow"

_KINDS = {
    "push": "push",
    "pull_request": "pull_request",
    "pull_request_target": "pull_request",
    "merge_group": "pull_request",
    "schedule": "schedule",
    "release": "release",
    "workflow_run": "workflow_run",
    "workflow_call": "workflow_call",
    "workflow_dispatch": "manual",
    "repository_dispatch": "event",
    "deployment": "event",
    "deployment_status": "event",
    "registry_package": "event",
    "create": "event",
    "delete": "event",
    "status": "event",
    "check_run": "event",
    "check_suite": "event",
    "page_build": "event",
    "public": "event",
    "image_version": "event",
    "pull_request_review": "pull_request",
    "pull_request_review_comment": "event",
    "pull_request_comment": "event",
    "issues": "event",
    "issue_comment": "event",
    "label": "event",
    "milestone": "event",
    "fork": "event",
    "gollum": "event",
    "watch": "event",
    "discussion": "event",
    "discussion_comment": "event",
    "branch_protection_rule": "event",
    "project": "event",
    "project_card": "event",
    "project_column": "event",
}
_RECURRING = frozenset(
    {"push", "pull_request", "pull_request_target", "merge_group", "schedule", "release", "workflow_run", "repository_dispatch"}
)
_FILTERS = ("branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore", "types", "workflows", "names", "versions")
_PASSED_ON = {"workflow_call": "runs only when another workflow calls it", "workflow_dispatch": "started by hand"}


def triggers(document: Document, key: Node, value: Node, disabled: str, format_: str) -> Iterator[Fact]:
    """One trigger for each event, one for each cron line."""
    if value.kind == "list":
        for item in value.items:
            if item.kind == "map":
                yield Unreadable(document.place(item.span, "on"), format_, "an event of a list must be a name")
            else:
                yield _trigger(document, item.span, item.text, None, disabled)
    elif value.kind == "map":
        for name, event in value.entries:
            if name.text == "schedule":
                yield from _schedules(document, name, event, disabled, format_)
            else:
                end = event.span if event.kind in ("map", "list") else name.span
                span = Span(name.span.line, name.span.column, end.end_line, end.end_column)
                yield _trigger(document, span, name.text, event if event.kind == "map" else None, disabled)
    elif value.kind == "null":
        yield Unreadable(document.place(key.span, "on"), format_, "`on` names no event")
    else:
        yield _trigger(document, value.span, value.text, None, disabled)


def _trigger(document: Document, span: Span, event: str, node: Node | None, disabled: str) -> Trigger:
    filters = tuple(f"{name}: {text}" for name in _FILTERS if node is not None for text in node.strings(name))
    kind = _KINDS.get(event, "event")
    if event == "push" and node is not None and _tags_only(node):
        kind = "tag"
    dead = disabled or _dead(event, node)
    reason = dead or _PASSED_ON.get(event, "" if event in _RECURRING else f"`{event}` comes from what people do, not again and again")
    return Trigger(_place(document, span, event), kind, OWNER, None, filters, not dead, event in _RECURRING, reason)


def _place(document: Document, span: Span, event: str) -> Place:
    return document.place(span, f"on.{event}")


def _tags_only(node: Node) -> bool:
    """With tag filters and no branch filters a push to a branch starts nothing."""
    tags = node.get("tags") or node.get("tags-ignore")
    return tags is not None and node.get("branches") is None and node.get("branches-ignore") is None


def _dead(event: str, node: Node | None) -> str:
    if event not in _KINDS:
        return f"no such event: `{event}`"
    if node is None:
        return ""
    for name in ("branches-ignore", "paths-ignore"):
        if "**" in node.strings(name):
            return f"{name}: '**' leaves nothing"
    for name in ("branches", "paths"):
        found = node.get(name)
        if found is not None and found.kind == "list" and found.items and all(text.startswith("!") for text in node.strings(name)):
            return f"{name}: only exclusions, nothing is included"
    return ""


def _schedules(document: Document, key: Node, value: Node, disabled: str, format_: str) -> Iterator[Fact]:
    if value.kind != "list" or not value.items:
        yield Unreadable(document.place(key.span, "on.schedule"), format_, "schedule must be a list of cron lines")
        return
    for index, item in enumerate(value.items):
        place = document.place(item.span, f"on.schedule[{index}]")
        cron = item.scalar("cron")
        if not cron:
            yield Unreadable(place, format_, "a schedule without cron")
            continue
        dead = disabled or cron_problem(cron)
        yield Trigger(place, "schedule", OWNER, cron, (), not dead, True, dead)
