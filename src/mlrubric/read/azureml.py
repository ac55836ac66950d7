"""Azure ML in YAML: jobs, pipelines of jobs, components and schedules, told by their `$schema` or by what they hold."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Image, Job, Step, Trigger, Workflow
from mlrubric.source.automation_facts import by_hand, clock, image, period
from mlrubric.source.document import Document
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse
from mlrubric.source.yaml_facts import embedded, entry_place, is_scalar

FORMAT = "azureml"
SYMBOL = "workflow"
KIND = re.compile(r"azureml\S*/(\w+)\.schema\.json")
GIVEN = re.compile(r"\$\{\{\s*parent\.jobs\.([\w-]+)\.outputs")
UNSENT = "a job that nothing in this repository creates"


def accepts(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    text = document.text
    if "azureml" not in text or "apiVersion:" in text:
        return
    kind = KIND.search(text)
    if kind is None and "type: pipeline" not in text and "create_job:" not in text:
        return
    try:
        roots = parse(text)
    except SyntaxProblem:
        return  # the reader of settings tells of it
    for root in roots[:1]:
        if root.get("create_job") is not None:
            yield from _schedule(document, root)
        elif root.get("jobs") is not None or root.scalar("command"):
            yield from _job(document, root, component="omponent" in (kind[1] if kind else ""))


def _job(document: Document, root: Node, component: bool) -> Iterator[Fact]:
    """A file that can be started: a job, a pipeline of jobs, or a component, which only a pipeline starts."""
    place = document.place(root.span, SYMBOL)
    yield Workflow(place, root.scalar("display_name") or root.scalar("name") or document.path, "azureml")
    if not component:
        yield by_hand(place, SYMBOL, UNSENT)
    yield from _work(document, root, SYMBOL)


def _work(document: Document, node: Node, owner: str) -> Iterator[Fact]:
    """The jobs of a pipeline, or the one command of a job."""
    jobs = node.get("jobs")
    for name, inner in jobs.pairs() if jobs is not None else ():
        route = f"{owner}.jobs.{name}"
        needs = {found for _, leaf in inner.leaves() for found in GIVEN.findall(leaf.text)}
        target = inner.scalar("component")
        uses = f"./{_beside(document, target)}" if target.endswith((".yml", ".yaml")) else None
        yield Job(document.place(inner.span, route), f"{owner}.{name}", owner, tuple(f"{owner}.{n}" for n in sorted(needs)), uses=uses)
        yield from _work(document, inner, route)
        inline = inner.get("component")
        if inline is not None and inline.kind == "map":
            yield from _work(document, inline, route)
    yield from _command(document, node, owner)


def _command(document: Document, node: Node, owner: str) -> Iterator[Fact]:
    holder = node.get("task") or node
    command = holder.get("command")
    if command is None or not is_scalar(command):
        return
    code = holder.scalar("code")
    folder = _beside(document, code) if code and "://" not in code and "azureml:" not in code else None
    route = f"{owner}.command"
    if owner == SYMBOL:
        yield Job(document.place(command.span, f"{owner}.job"), "command", owner)
        owner = f"{owner}.job"
    yield Step(document.place(command.span, route), owner, 0, run=True, working_directory=folder)
    yield embedded(document, command, route, route, shell="bash", options=frozenset({"errexit"}))
    yield from _image(document, holder, route)


def _image(document: Document, holder: Node, route: str) -> Iterator[Image]:
    environment = holder.get("environment")
    if environment is not None and environment.scalar("image"):
        yield image(entry_place(document, environment, "image", f"{route}.image"), environment.scalar("image"))


def _schedule(document: Document, root: Node) -> Iterator[Fact]:
    place = document.place(root.span, SYMBOL)
    yield Workflow(place, root.scalar("display_name") or root.scalar("name") or document.path, "azureml")
    yield from _trigger(document, root)
    created = root.get("create_job")
    if created is None:
        return
    target = created.text if is_scalar(created) else created.scalar("job")
    where = entry_place(document, root, "create_job", f"{SYMBOL}.create_job")
    uses = f"./{_beside(document, target.removeprefix('file:'))}" if target.endswith((".yml", ".yaml")) else None
    yield Job(where, "create_job", SYMBOL, uses=uses)
    if created.kind == "map" and not target:
        yield from _work(document, created, where.symbol)


def _trigger(document: Document, root: Node) -> Iterator[Trigger]:
    trigger = root.get("trigger")
    if trigger is None:
        return
    place = entry_place(document, root, "trigger", f"{SYMBOL}.trigger")
    dead = "is_enabled: false" if root.scalar("is_enabled").lower() == "false" else ""
    if trigger.scalar("expression"):
        yield clock(place, SYMBOL, trigger.scalar("expression"), dead=dead)
    else:
        yield period(place, SYMBOL, f"{trigger.scalar('interval')} {trigger.scalar('frequency')}", dead)


def _beside(document: Document, path: str) -> str:
    """A path that is written relative to the file, from the root."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(document.path), path))
