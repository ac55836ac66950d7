"""`prefect.yaml` and the deployment files of Prefect 2: which flow is started when."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Job, Trigger, Workflow
from mlrubric.source.automation_facts import by_hand, clock, period
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place, first_map

FORMAT = "prefect_yaml"
TIMES = ("cron", "interval", "rrule")
UNSET = "no schedule is set: started by hand"


def accepts(path: str) -> bool:
    name = posixpath.basename(path)
    return name in ("prefect.yaml", "prefect.yml") or name.endswith(("-deployment.yaml", "_deployment.yaml", "-deployment.yml"))


def read(document: Document) -> Iterator[Fact]:
    whole = posixpath.basename(document.path).startswith("prefect.")
    if not whole and "flow_name:" not in document.text:
        return
    root, problems = first_map(document, FORMAT, template=True)
    yield from problems
    deployments = root.get("deployments") if root is not None and whole else None
    if deployments is not None:
        for index, item in enumerate(deployments.items):
            yield from _deployment(document, item, f"deployments[{index}]")
    elif root is not None and not whole:
        yield from _deployment(document, root, "deployment")


def _deployment(document: Document, node: Node, symbol: str) -> Iterator[Fact]:
    yield Workflow(document.place(node.span, symbol), node.scalar("name") or symbol, "prefect")
    entry = node.scalar("entrypoint")
    path, _, function = entry.rpartition(":")
    if path.endswith(".py"):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(document.path), path))
        yield Job(entry_place(document, node, "entrypoint", f"{symbol}.entrypoint"), entry, symbol, uses=f"./{target}:{function}")
    yield from _triggers(document, node, symbol)


def _triggers(document: Document, node: Node, symbol: str) -> Iterator[Trigger]:
    """The schedules of a deployment, each with what keeps it from firing, and the events that it waits for."""
    off = "the deployment is paused" if node.scalar("paused").lower() == "true" else ""
    off = "is_schedule_active: false" if node.scalar("is_schedule_active").lower() == "false" else off
    found = False
    listed = node.get("schedules")
    single = node.get("schedule")
    for place_of, one in ((k, n) for k, n in (("schedules", listed), ("schedule", single)) if n is not None):
        for item in one.items if one.kind == "list" else (one,):
            inner = item.get("schedule") or item
            text = next((inner.scalar(key) for key in TIMES if inner.scalar(key)), "")
            if not text:
                continue
            found = True
            dead = off or ("active: false" if "false" in (item.scalar("active").lower(), inner.scalar("active").lower()) else "")
            place = document.place(item.span, f"{symbol}.{place_of}")
            yield clock(place, symbol, text, dead=dead, names=True) if inner.scalar("cron") else period(place, symbol, text, dead)
    events = node.get("triggers")
    for item in events.items if events is not None else ():
        found = True
        dead = "enabled: false" if item.scalar("enabled").lower() == "false" else ""
        yield Trigger(document.place(item.span, f"{symbol}.triggers"), "event", symbol, live=not dead, reason=dead)
    if not found:
        yield by_hand(document.place(node.span, symbol), symbol, UNSET)
