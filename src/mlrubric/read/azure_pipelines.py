"""Azure pipelines: triggers, stages, jobs and steps; a file without `trigger` starts on every push."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlrubric.model.facts import Fact, Job, Trigger, Unreadable, Workflow
from mlrubric.model.place import Place, Span
from mlrubric.source.automation_facts import by_hand, clock, image, waiting
from mlrubric.source.azure_steps import Context, elsewhere, local_template, never, steps, swallowed
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import entry_place, first_map, settings

FORMAT = "azure_pipelines"

_PLACE = re.compile(
    r"(^|/)([^/]*azure-?_?pipelines?[^/]*|azure-?ci[^/]*)\.ya?ml$|(^|/)\.?(azure-?pipelines?|azuredevops|azdo|ado|pipelines|azure/(devops-)?pipelines"
    r"|devops-pipelines)/(.*/)?[^/]+\.ya?ml$",
    re.IGNORECASE,
)
_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")


def accepts(path: str) -> bool:
    return _PLACE.search(path) is not None and "/.github/" not in f"/{path}"


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    if root is None or not _looks_right(document, root):
        if "azure" in document.path.lower():
            yield from problems
        return
    yield from problems
    place = document.place(Span(root.span.line), "workflow")
    work = any(root.get(name) is not None for name in ("stages", "jobs", "steps", "extends"))
    yield Workflow(place, root.scalar("name") or document.path, "azure", "" if work else "it has no stages, jobs or steps")
    yield from _triggers(document, root, place)
    variables = root.get("variables")
    yield from settings(document, variables if variables is not None and variables.kind == "map" else None, "variables")
    context = Context(_values(root), _windows(root, False), repositories=_repositories(root))
    yield from _body(document, root, "", "workflow", context)
    template = root.scalar("extends", "template")
    if template and (target := local_template(document, template)) is not None:
        yield Job(document.place(root.span, "extends"), f"extends {template}", uses=target)
    if template:
        yield from elsewhere(document.place(root.span, "extends"), "workflow", template, context)


def _repositories(root: Node) -> dict[str, tuple[str, str]]:
    """The other repositories that a pipeline takes files from: alias -> where it lies, and at which reference."""
    listed = root.get("resources", "repositories")
    found: dict[str, tuple[str, str]] = {}
    for item in listed.items if listed is not None else ():
        host = "github.com/" if item.scalar("type").lower().startswith("github") else ""
        found[item.scalar("repository")] = (
            host + item.scalar("name"),
            item.scalar("ref").removeprefix("refs/heads/").removeprefix("refs/tags/"),
        )
    return found


def _looks_right(document: Document, root: Node) -> bool:
    """A folder named `pipelines` may hold anything."""
    if "azure" in document.name.lower():
        return True
    body = [root.get(name) for name in ("stages", "jobs", "steps")]
    named = any(root.get(name) is not None for name in ("trigger", "pr", "pool", "schedules", "resources", "parameters"))
    return (named or ".azure" in document.path) and any(node is not None and node.kind == "list" for node in body)


def _values(root: Node) -> dict[str, str]:
    """Variables and defaults of parameters that are written down."""
    found: dict[str, str] = {}
    for key in ("parameters", "variables"):
        node = root.get(key)
        if node is None:
            continue
        for name, value in node.pairs():
            found[name] = value.text
        for item in node.items:
            text = item.scalar("default") if key == "parameters" else item.scalar("value")
            if item.scalar("name") and text:
                found[item.scalar("name")] = text
    return {name: text for name, text in found.items() if text and "$" not in text}


def _windows(node: Node, otherwise: bool) -> bool:
    pool = node.get("pool")
    text = (node.scalar("pool") or node.scalar("pool", "vmImage")) if pool is not None else ""
    return text.lower().startswith(("windows", "vs20")) if text else otherwise


def _triggers(document: Document, root: Node, place: Place) -> Iterator[Trigger]:
    trigger, review = root.get("trigger"), root.get("pr")
    found = False
    if "template" in document.path.lower() and trigger is None and root.get("schedules") is None:
        yield Trigger(place, "workflow_call", "workflow", None, (), True, False, "a template: runs only where a pipeline uses it")
        return
    if trigger is None:
        given = review is not None or root.get("schedules") is not None or root.get("pool") is not None
        yield Trigger(place, "push", "workflow", reason="no `trigger`: every push", certain=given)
        found = True
    elif not _none(trigger):
        yield Trigger(entry_place(document, root, "trigger", "trigger"), _kind(trigger), "workflow", None, _filters(trigger))
        found = True
    if review is not None and not _none(review):
        yield Trigger(entry_place(document, root, "pr", "pr"), "pull_request", "workflow", None, _filters(review))
        found = True
    schedules = root.get("schedules")
    for index, item in enumerate(schedules.items if schedules is not None else ()):
        if item.scalar("cron"):
            yield clock(document.place(item.span, f"schedules[{index}]"), "workflow", item.scalar("cron"), _filters(item))
            found = True
    upstream = root.get("resources", "pipelines")
    for index, item in enumerate(upstream.items if upstream is not None else ()):
        after = item.get("trigger")
        if after is not None and not _none(after):
            yield Trigger(document.place(item.span, f"resources.pipelines[{index}]"), "workflow_run", "workflow", None, _filters(after))
            found = True
    if not found:
        yield by_hand(entry_place(document, root, "trigger", "trigger"), "workflow", "`trigger: none`: started by hand")


def _none(node: Node) -> bool:
    return node.text == "none" or (node.kind == "list" and [item.text for item in node.items] == ["none"])


def _kind(trigger: Node) -> str:
    return "tag" if trigger.get("tags") is not None and trigger.get("branches") is None else "push"


def _filters(node: Node) -> tuple[str, ...]:
    if node.kind == "list":
        return tuple(f"branches: {text}" for text in node.strings())
    wanted = ("branches", "paths", "tags")
    return tuple(f"{route}: {leaf.text}" for name in wanted if (part := node.get(name)) is not None for route, leaf in part.leaves(name))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stage or a job as it stands in a list, `kind` is the key that names it."""

    kind: str
    name: str
    node: Node
    symbol: str
    needs: tuple[str, ...]


def _units(listed: Node | None, route: str, names: tuple[str, ...], in_order: bool) -> list[_Unit]:
    """Stages wait for the one before unless `dependsOn` says otherwise, jobs for none; groups are walked in place."""
    found: list[_Unit] = []
    for index, item in enumerate(listed.items if listed is not None else ()):
        symbol = f"{route}[{index}]"
        kind = next((name for name in (*names, "template") if item.get(name) is not None), "")
        if not kind:
            for number, (key, value) in enumerate(item.entries):
                if key.text.startswith("${{"):
                    found += _units(value, f"{symbol}.group[{number}]", names, in_order)
            continue
        given = item.strings("dependsOn") if item.get("dependsOn") is not None else (found[-1].name,) if in_order and found else ()
        found.append(_Unit(kind, item.scalar(kind) or symbol, item, symbol, tuple(name for name in given if name)))
    return found


def _body(document: Document, node: Node, route: str, owner: str, context: Context) -> Iterator[Fact]:
    """Stages, jobs or steps, whichever a file, a stage or a template has."""
    prefix = f"{route}." if route else ""
    for key, names in (("stages", ("stage",)), ("jobs", ("job", "deployment"))):
        listed = node.get(key)
        if listed is not None and listed.kind not in ("list", "null"):
            yield Unreadable(document.place(listed.span, f"{prefix}{key}"), FORMAT, f"{key} must be a list")
        units = _units(listed, f"{prefix}{key}", names, key == "stages")
        gates = {unit.name for unit in units if key == "jobs" and _asks(unit.node)}
        held = waiting(gates, {unit.name: unit.needs for unit in units})
        for unit in units:
            yield from _unit(document, unit, owner, held.get(unit.name, ""), context)
    listed = node.get("steps")
    if listed is not None:
        symbol = f"{prefix}job"
        yield Job(document.place(listed.span, symbol), "job", owner)
        yield from _container(document, node, symbol)
        yield from steps(document, listed, f"{prefix}steps", symbol, replace(context, windows=_windows(node, context.windows)))


def _asks(node: Node) -> bool:
    """A job whose only work is to wait for a person."""
    listed = node.get("steps")
    return any(item.scalar("task").startswith("ManualValidation") for item in (listed.items if listed is not None else ()))


def _unit(document: Document, unit: _Unit, owner: str, gate: str, context: Context) -> Iterator[Fact]:
    node, symbol = unit.node, unit.symbol
    place = document.place(node.span, symbol)
    if gate and gate != unit.name:
        yield by_hand(place, symbol, f"waits for a person's approval (`{gate}`)")
    target = local_template(document, node.scalar("template")) if unit.kind == "template" else None
    if unit.kind == "template":
        yield from elsewhere(place, symbol, node.scalar("template"), context)
    environment = node.scalar("environment") or node.scalar("environment", "name") or None
    condition, reason = node.scalar("condition") or None, never(node)
    failing = swallowed(document, node, f"{symbol}.continueOnError")
    parent = "" if gate and gate != unit.name else owner
    matrix, container = node.get("strategy", "matrix") is not None, node.scalar("container") or None
    yield Job(place, unit.name, parent, unit.needs, condition, reason, failing, environment, target, container, matrix)
    inner = replace(context, values={**context.values, **_values(node)}, windows=_windows(node, context.windows))
    if unit.kind == "stage":
        yield from _body(document, node, symbol, symbol, inner)
        return
    yield from _container(document, node, symbol)
    yield from steps(document, node.get("steps"), f"{symbol}.steps", symbol, inner)
    counter = [0]
    for name in ("runOnce", "rolling", "canary"):
        strategy = node.get("strategy", name)
        for hook in _HOOKS if strategy is not None else ():
            listed = strategy.get(hook, "steps") if strategy is not None else None
            yield from steps(document, listed, f"{symbol}.strategy.{name}.{hook}.steps", symbol, inner, counter)


def _container(document: Document, node: Node, symbol: str) -> Iterator[Fact]:
    reference = node.scalar("container") or node.scalar("container", "image")
    if reference and ("/" in reference or ":" in reference):
        yield image(entry_place(document, node, "container", f"{symbol}.container"), reference)
