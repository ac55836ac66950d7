""".github/dependabot.yml: which dependencies a bot keeps current, how often, and where it is switched off."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Bot, Fact, Trigger, Unreadable
from mlrubric.read.unreadable import unreadable
from mlrubric.source.document import Document
from mlrubric.source.syntax import yaml
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "dependabot"


def accepts(path: str) -> bool:
    return path in (".github/dependabot.yml", ".github/dependabot.yaml")


def read(document: Document) -> Iterator[Fact]:
    try:
        documents = yaml.parse(document.text)
    except SyntaxProblem as problem:
        yield unreadable(document, FORMAT, problem)
        return
    root = documents[0] if documents else None
    updates = root.get("updates") if root is not None else None
    if root is None or updates is None or updates.kind != "list":
        yield Unreadable(document.place(), FORMAT, "no list of updates")
        return
    if root.scalar("version") not in ("2", "1"):
        yield Unreadable(document.place(), FORMAT, "`version: 2` is missing: the bot refuses this file")
    for index, update in enumerate(updates.items):
        yield from _update(document, update, f"updates[{index}]", root)


def _update(document: Document, update: Node, symbol: str, root: Node) -> Iterator[Fact]:
    place = document.place(update.span, symbol)
    ecosystem = update.get("package-ecosystem")
    if ecosystem is None or not ecosystem.text:
        yield Unreadable(place, FORMAT, "an update without package-ecosystem")
        return
    place = document.place(ecosystem.span, symbol)
    disabled = _disabled(update)
    for directory in update.strings("directories") or (update.scalar("directory") or "/",):
        yield Bot(place, "dependabot", ecosystem.text, directory, disabled)
    group = update.scalar("multi-ecosystem-group")
    schedule = update.get("schedule") or (root.get("multi-ecosystem-groups", group, "schedule") if group else None)
    interval = schedule.scalar("interval") if schedule is not None else ""
    if schedule is None or not interval:
        yield Unreadable(place, FORMAT, "an update without schedule.interval: the bot refuses it")
        return
    said = schedule.scalar("cronjob") or interval
    branch = update.scalar("target-branch")
    yield Trigger(
        document.place(schedule.span, f"{symbol}.schedule"),
        "bot",
        symbol,
        schedule=said,
        filters=(f"branches: {branch}",) if branch else (),
        live=not disabled,
        reason=disabled,
    )


def _disabled(update: Node) -> str:
    """Version updates are switched off by a limit of zero, or by ignoring everything."""
    if update.scalar("open-pull-requests-limit") == "0":
        return "open-pull-requests-limit is 0"
    ignored = update.get("ignore")
    for rule in ignored.items if ignored is not None else ():
        if rule.scalar("dependency-name") == "*" and rule.get("update-types") is None and rule.get("versions") is None:
            return "ignores every dependency"
    return ""
