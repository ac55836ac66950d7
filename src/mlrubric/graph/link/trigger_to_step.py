"""Workflows of all automation servers: trigger -> workflow -> job -> step, with local workflows, templates and actions as hops."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from mlrubric.graph.automation import TIME, UNTIMED
from mlrubric.graph.filters import leaves_out
from mlrubric.graph.world import World
from mlrubric.knowledge.conditions import asks_success, runs_regardless
from mlrubric.knowledge.events import admits
from mlrubric.model.facts import Job, Step, Trigger, Workflow
from mlrubric.model.homes import inside, same_home

ORDER = 10
EVENT = re.compile(r"on\.(\w+)")  # the symbol of an event in a GitHub workflow


def link(world: World) -> None:
    """Nodes and edges of all workflow files."""
    for path, workflow in world.every(Workflow):
        node = world.graph.add("workflow", workflow.name or path, workflow.place, kind=workflow.kind)
        if workflow.disabled:
            world.graph.nodes[node].attributes["disabled"] = workflow.disabled
        world.nodes[(path, "workflow")] = node
        world.nodes.setdefault((path, workflow.place.symbol or "workflow"), node)
    events = _events(world)
    for path, job in world.every(Job):
        _job(world, path, job, _barred(job.condition, events.get(path, ())))
    for path, step in world.every(Step):
        _step(world, path, step, _barred(step.condition, events.get(path, ())))
    for path, trigger in world.every(Trigger):
        _trigger(world, path, trigger)
    by_id = {(path, job.id): world.nodes[path, job.place.symbol] for path, job in world.every(Job)}
    for path, job in world.every(Job):
        _order(world, path, job, by_id)
        if job.uses:
            _call(world, path, job.place.symbol, job.uses)
    for path, step in world.every(Step):
        if step.uses and step.uses.startswith(("./", "#")):
            _call(world, path, step.place.symbol, step.uses)


def _trigger(world: World, path: str, trigger: Trigger) -> None:
    target = world.node(path, trigger.owner)
    if target is None:
        return  # bots and others: their own link makes the trigger when it has made the target
    disabled = world.graph.nodes[target].attributes.get("disabled", "") or leaves_out(trigger.filters, _own(world, path))
    node = world.graph.add(
        "trigger",
        _name(trigger),
        trigger.place,
        (f"trigger.{_role(trigger.kind)}",),
        kind=trigger.kind,
        live="true" if trigger.live and not disabled else "false",
        recurring="true" if trigger.recurring else "false",
        reason=disabled or trigger.reason,
    )
    if trigger.schedule:
        world.graph.nodes[node].attributes["schedule"] = trigger.schedule
    paths = [text for text in trigger.filters if text.startswith(("paths: ", "paths-ignore: "))]
    if paths:
        world.graph.nodes[node].attributes["filters"] = "\n".join(paths)
    followed = [text.removeprefix("workflows: ") for text in trigger.filters if text.startswith("workflows: ")]
    if trigger.kind == "workflow_run" and len(followed) == 1:
        world.graph.nodes[node].attributes["after"] = followed[0]
    world.graph.connect(node, target, "trigger", trigger.place, certain=trigger.certain)


def _events(world: World) -> dict[str, tuple[tuple[str, bool], ...]]:
    """Path of a GitHub workflow -> the recurring events that start it and whether they come with time; nothing for one that is called,
    which sees its caller's event."""
    found: dict[str, list[tuple[str, bool]]] = {}
    called = set()
    for path, trigger in world.every(Trigger):
        match = EVENT.match(trigger.place.symbol)
        if match is None or trigger.owner != "workflow":
            continue
        if trigger.kind == "workflow_call":
            called.add(path)
        elif trigger.live and trigger.recurring:
            found.setdefault(path, []).append((match[1], trigger.kind in TIME))
    return {path: tuple(events) for path, events in found.items() if path not in called}


def _barred(condition: str | None, events: Sequence[tuple[str, bool]]) -> tuple[str, str]:
    """Why a condition lets no run through that comes again, and the label of a hop that runs of time do not take."""
    if not condition or not events:
        return "", ""
    admitted = [timed for event, timed in events if admits(condition, event)]
    if not admitted:
        return f"if: {condition.strip()}", ""
    return "", UNTIMED if not any(admitted) else ""


def _own(world: World, path: str) -> Iterator[str]:
    """The files of the repository that a workflow lies in, as it sees them."""
    return (inside(file) for file in world.files if same_home(file, path))


def _name(trigger: Trigger) -> str:
    return f"{trigger.kind} {trigger.schedule}" if trigger.schedule else trigger.kind


def _role(kind: str) -> str:
    return {
        "push": "push",
        "pull_request": "push",
        "tag": "push",
        "schedule": "schedule",
        "manual": "manual",
        "bot": "bot",
        "alert": "alert",
    }.get(kind, "event")


def _job(world: World, path: str, job: Job, barred: tuple[str, str]) -> None:
    owner = world.node(path, job.owner)
    node = world.graph.add("job", job.id, job.place)
    world.nodes[(path, job.place.symbol)] = node
    if job.environment:
        world.graph.nodes[node].attributes["environment"] = job.environment
    if job.condition:
        world.graph.nodes[node].attributes["if"] = job.condition
    _condition(world, node, job.condition)
    if owner is not None:
        loss = "the job continues on error" if job.swallowed else ""
        blocked, label = job.never or barred[0], barred[1]
        world.graph.connect(owner, node, "run", job.swallowed or job.place, loss=loss, blocked=blocked, label=label)


def _step(world: World, path: str, step: Step, barred: tuple[str, str]) -> None:
    owner = world.node(path, step.owner)
    label = step.name or step.uses or f"step {step.index + 1}"
    node = world.graph.add("step", label, step.place, index=str(step.index), job=step.owner)
    attributes = world.graph.nodes[node].attributes
    if step.uses:
        attributes["uses"] = step.uses
    for name, value in step.options:
        attributes[f"with.{name}"] = value
    if step.condition:
        attributes["if"] = step.condition
    _condition(world, node, step.condition)
    if step.working_directory:
        attributes["directory"] = step.working_directory
    world.nodes[(path, step.place.symbol)] = node
    if owner is not None:
        loss = "the step continues on error" if step.swallowed else ""
        blocked, label = step.never or barred[0], barred[1]
        world.graph.connect(owner, node, "run", step.swallowed or step.place, loss=loss, blocked=blocked, label=label)


def _condition(world: World, node: int, condition: str | None) -> None:
    """`regardless` when it also runs after a failure, `after` when it asks how the workflow before it went."""
    if condition and runs_regardless(condition):
        world.graph.nodes[node].attributes["regardless"] = "true"
    if condition and asks_success(condition):
        world.graph.nodes[node].attributes["after"] = "success"


def _order(world: World, path: str, job: Job, by_id: Mapping[tuple[str, str], int]) -> None:
    """`needs` as attribute, for questions of order; a job whose needs are never met does not run."""
    node = world.node(path, job.place.symbol)
    if node is not None and job.needs:
        world.graph.nodes[node].attributes["needs"] = " ".join(job.needs)
        world.needs[node] = tuple(by_id[path, need] for need in job.needs if (path, need) in by_id)


def _call(world: World, path: str, symbol: str, uses: str) -> None:
    """A hop into a part of the same file, a local workflow, template or composite action, or a function of a Python file."""
    source = world.node(path, symbol)
    if source is None or not uses.startswith(("./", "#", "@")):
        return
    if uses.startswith("@"):
        _named(world, source, path, uses[1:])
        return
    if uses.startswith("#"):
        part = world.node(path, uses[1:])
        if part is not None and part != source:
            world.graph.connect(source, part, "run", world.graph.nodes[source].place)
        return
    if ".py:" in uses:
        _function(world, source, *uses.removeprefix("./").split(":", 1))
        return
    target = posixpath.normpath(uses.partition("@")[0])
    for candidate in (target, f"{target}/action.yml", f"{target}/action.yaml"):
        node = world.node(candidate, "workflow")
        if node is not None:
            world.graph.connect(source, node, "run", world.graph.nodes[source].place)
            return
    world.broken.append((world.graph.nodes[source].place, f"{uses} is not in this repository"))


def _named(world: World, source: int, path: str, symbol: str) -> None:
    """An object of any manifest, by its name; that of the same file when several files have one."""
    place = world.graph.nodes[source].place
    kind, _, name = symbol.partition(":")
    if kind == "function":
        _copied(world, source, path, name)
        return
    if kind == "pipeline":
        same = [n for n in world.graph.of_kind("workflow") if world.graph.nodes[n].label == name and n != source]
        same += [n for n in world.graph.with_role("flow.define") if world.graph.nodes[n].label == name]
        for node in same:
            world.graph.connect(source, node, "run", place, certain=len(same) == 1)
        return
    found = {p: node for (p, s), node in world.nodes.items() if s == symbol}
    for target in [found[path]] if path in found else sorted(found.values()):
        world.graph.connect(source, target, "run", place, certain=path in found or len(found) == 1)
    if not found:
        world.broken.append((place, f"{symbol.replace('.templates.', ', template ')} is not in this repository"))


def _copied(world: World, source: int, path: str, name: str) -> None:
    """The function of the repository that a compiled pipeline carries a copy of, or the copy itself."""
    code, own = world.code, world.graph.nodes[source].place.symbol
    scopes = [s for s in sorted(code.scope_node) if code.program.scopes[s].qualname == name]
    written = [s for s in scopes if not code.program.modules[code.program.scope_unit[s]].facts.owner]
    inside = [s for s in scopes if code.program.modules[code.program.scope_unit[s]].facts.owner == own]
    inside = [s for s in inside if code.program.modules[code.program.scope_unit[s]].path == path]
    for scope in inside or written:
        world.graph.connect(source, code.scope_node[scope], "run", world.graph.nodes[source].place, certain=len(inside or written) == 1)


def _function(world: World, source: int, path: str, name: str) -> None:
    """The function that an entry point `flows/train.py:main` names, with the module that defines it."""
    code = world.code
    index = code.program.by_path.get(posixpath.normpath(path))
    if index is None:
        world.broken.append((world.graph.nodes[source].place, f"{path} is not in this repository"))
        return
    world.graph.connect(source, code.module_node[index], "run", world.graph.nodes[source].place)
    for scope, node in code.scope_node.items():
        if code.program.scope_unit[scope] == index and code.program.scopes[scope].qualname == name:
            world.graph.connect(source, node, "run", world.graph.nodes[source].place)
