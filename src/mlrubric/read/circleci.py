"""CircleCI (.circleci/config.yml): workflows with their triggers and gates, jobs, steps of jobs and commands. Orbs lie elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mlrubric.model.facts import Elsewhere, Fact, Job, Notice, Step, Trigger, Unreadable, Workflow
from mlrubric.model.place import Place, Span
from mlrubric.source.automation_facts import by_hand, clock, filled, image, waiting
from mlrubric.source.circleci_steps import Context, steps
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import first_map, settings

FORMAT = "circleci"

_NAMES = (".circleci/config.yml", ".circleci/config.yaml")
_SCHEDULED = re.compile(r"schedule", re.IGNORECASE)
_PARAMETER = re.compile(r"<<\s*pipeline\.parameters\.([\w-]+)\s*>>")


def accepts(path: str) -> bool:
    return re.search(r"(^|/)\.circleci/[^/]+\.ya?ml$", path) is not None


def disabled_by_place(path: str) -> str:
    return "" if path in _NAMES else "CircleCI reads .circleci/config.yml at the repository root only"


def read(document: Document) -> Iterable[Fact]:
    root, problems = first_map(document, FORMAT)
    yield from problems
    if root is None:
        return
    disabled = disabled_by_place(document.path)
    jobs = dict(_entries(root, "jobs"))
    orbs = {name: node.text for name, node in _entries(root, "orbs") if node.kind == "string"}
    commands = frozenset(name for name, _ in _entries(root, "commands"))
    parameters = _defaults(root)
    uses: dict[str, list[Mapping[str, str]]] = {}
    named = [(name, node) for name, node in _entries(root, "workflows") if name != "version"]
    for name, node in named:
        if node.kind != "map":
            yield Unreadable(document.place(node.span, f"workflows.{name}"), FORMAT, "a workflow must be a map")
            continue
        yield from _with_orbs(_workflow(document, name, node, disabled, parameters, uses), orbs)
    if not named:
        yield from _single(document, root, jobs, disabled)
    for name, node in _entries(root, "commands"):
        symbol = f"commands.{name}"
        yield Job(document.place(node.span, symbol), name, owner="")
        yield from steps(document, node.get("steps"), f"{symbol}.steps", symbol, Context(commands, _defaults(node), ""))
    for name, node in jobs.items():
        found = _job(document, root, name, node, Context(commands, {**_defaults(node), **_agreed(uses.get(name, []))}))
        yield from _with_orbs(found, orbs)


def _with_orbs(facts: Iterable[Fact], orbs: Mapping[str, str]) -> Iterator[Fact]:
    """The facts, and for each job and step that an orb gives (`python/test`) that it lies elsewhere."""
    for fact in facts:
        yield fact
        named = (fact.uses or "").removeprefix("#jobs.") if isinstance(fact, Job) else fact.name if isinstance(fact, Step) else ""
        orb, slash, part = named.partition("/")
        if slash and orb in orbs and isinstance(fact, (Job, Step)):
            repository, _, version = orbs[orb].partition("@")
            yield Elsewhere(fact.place, fact.place.symbol, repository, part, version, "orb", named)


def _entries(node: Node, key: str) -> list[tuple[str, Node]]:
    found = node.get(key)
    return list(found.pairs()) if found is not None and found.kind == "map" else []


def _defaults(node: Node) -> dict[str, str]:
    """Parameters with a default that is one word or text."""
    found = {name: value.scalar("default") for name, value in _entries(node, "parameters") if value.kind == "map"}
    return {name: text for name, text in found.items() if text}


def _agreed(uses: list[Mapping[str, str]]) -> dict[str, str]:
    """Parameters that every use of a job gives alike."""
    names = {name for one in uses for name in one}
    return {name: uses[0][name] for name in names if all(one.get(name) == uses[0].get(name) for one in uses)}


def _workflow(
    document: Document, name: str, node: Node, disabled: str, parameters: Mapping[str, str], uses: dict[str, list[Mapping[str, str]]]
) -> Iterator[Fact]:
    symbol = f"workflows.{name}"
    listed = node.get("jobs")
    items = listed.items if listed is not None else ()
    yield Workflow(document.place(node.span, symbol), name, "circleci", disabled or ("" if items else "it has no jobs"))
    yield from _triggers(document, node, symbol, parameters)
    found = [_Use.of(document, item, f"{symbol}.jobs[{index}]") for index, item in enumerate(items)]
    held = waiting([use.name for use in found if use.approval], {use.name: use.requires for use in found})
    for use in found:
        gate = held.get(use.name, "")
        if gate and not use.approval:
            yield by_hand(use.place, use.place.symbol, f"waits for a person's approval (`{gate}`)")
        if not use.approval:
            uses.setdefault(use.job, []).append(use.arguments)
        called = None if use.approval else f"#jobs.{use.job}"
        yield Job(use.place, use.name, "" if gate else symbol, use.requires, use.filters or None, use.never, uses=called, matrix=use.matrix)


@dataclass(frozen=True, slots=True)
class _Use:
    """A job as a workflow names it."""

    place: Place
    job: str
    name: str
    requires: tuple[str, ...] = ()
    approval: bool = False
    filters: str = ""
    never: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    matrix: bool = False

    @classmethod
    def of(cls, document: Document, item: Node, symbol: str) -> _Use:
        place = document.place(item.span, symbol)
        if item.kind != "map" or not item.entries:
            return cls(place, item.text, item.text)
        key, node = item.entries[0]
        branches = node.get("filters", "branches")
        nothing = node.get("filters", "branches", "ignore") is not None and "/.*/" in node.strings("filters", "branches", "ignore")
        only_tags = nothing and node.get("filters", "tags") is not None
        chosen = node.get("filters")
        text = "; ".join(f"{route}: {leaf.text}" for route, leaf in chosen.leaves()) if chosen is not None else ""
        given = {name: value.text for name, value in node.pairs() if value.kind not in ("map", "list", "null")}
        matrix = node.get("matrix")
        given.update((name, value.strings()[0]) for name, value in _entries(matrix or node, "parameters") if len(value.strings()) == 1)
        return cls(
            place, key.text, node.scalar("name") or key.text, node.strings("requires"), node.scalar("type") == "approval", text,
            "filters: every branch is ignored" if branches is not None and nothing and not only_tags else "", given, matrix is not None,
        )  # fmt: skip


def _triggers(document: Document, node: Node, symbol: str, parameters: Mapping[str, str]) -> Iterator[Trigger]:
    """Cron lines, else every push; a condition over parameters that are off by default is somebody's choice."""
    listed = node.get("triggers")
    route = f"{symbol}.triggers"
    if listed is not None and listed.items:
        for index, item in enumerate(listed.items):
            cron = item.scalar("schedule", "cron")
            branches = tuple(f"branches: {text}" for text in item.strings("schedule", "filters", "branches", "only"))
            if cron:
                yield clock(document.place(item.span, f"{route}[{index}]"), symbol, cron, branches)
        return
    condition = node.get("when")
    place = document.place(condition.span if condition is not None else node.span, f"{symbol}.when" if condition is not None else symbol)
    if condition is None:
        yield Trigger(place, "push", symbol)
        return
    words = " ".join(leaf.text for _, leaf in condition.leaves())
    resolved = filled(words, _PARAMETER, parameters).strip()
    if _SCHEDULED.search(words):
        yield Trigger(place, "schedule", symbol, certain=False, reason="its schedule is set up in CircleCI, outside of this repository")
    elif resolved.lower() in ("false", "0", "", '""'):
        yield replace(by_hand(place, symbol, f"`when: {words.strip()}` is false unless somebody sets it"), live="<<" in words)
    elif condition.kind in ("map", "list"):
        yield Trigger(place, "push", symbol, None, (f"when: {words.strip()}",), certain=False)
    else:
        yield Trigger(place, "push", symbol)


def _single(document: Document, root: Node, jobs: Mapping[str, Node], disabled: str) -> Iterator[Fact]:
    """Without workflows the job `build` runs on every push."""
    place = document.place(Span(root.span.line), "workflow")
    yield Workflow(place, "build", "circleci", disabled or ("" if "build" in jobs else "no workflow and no job `build`"))
    yield Trigger(place, "push", "workflow")
    if "build" in jobs:
        yield Job(document.place(jobs["build"].span, "workflow.jobs[0]"), "build", "workflow", uses="#jobs.build")


def _job(document: Document, root: Node, name: str, node: Node, context: Context) -> Iterator[Fact]:
    symbol = f"jobs.{name}"
    if node.kind != "map":
        yield Unreadable(document.place(node.span, symbol), FORMAT, "a job must be a map")
        return
    executor = root.get("executors", node.scalar("executor") or node.scalar("executor", "name"))
    images = [*_images(node), *(_images(executor) if executor is not None else ())]
    place = document.place(node.span, symbol)
    yield Job(place, name, owner="", container=images[0].text if images else None)
    for one in _images(node):
        yield image(document.place(one.span, f"{symbol}.docker"), one.text)
    yield from settings(document, node.get("environment"), f"{symbol}.environment")
    shell = node.scalar("shell") or (executor.scalar("shell") if executor is not None else "")
    directory = node.scalar("working_directory") or (executor.scalar("working_directory") if executor is not None else "") or "~/project"
    listed = node.get("steps")
    if listed is None:
        yield Notice(place, "a job without steps does nothing")
    yield from steps(document, listed, f"{symbol}.steps", symbol, replace(context, directory=directory, shell=shell))


def _images(node: Node) -> list[Node]:
    docker = node.get("docker")
    return [value for item in (docker.items if docker is not None else ()) if (value := item.get("image")) is not None]
