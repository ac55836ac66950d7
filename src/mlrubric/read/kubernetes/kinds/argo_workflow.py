"""Workflow, WorkflowTemplate, ClusterWorkflowTemplate, CronWorkflow of Argo: templates are jobs, and so are the tasks that start them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.model.facts import Command, Fact, Job, Workflow
from mlrubric.model.place import Place
from mlrubric.read.kubernetes.clocks import clocks
from mlrubric.read.kubernetes.container import container, source
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.automation_facts import by_hand, image
from mlrubric.source.document import Document
from mlrubric.source.syntax.argo_depends import needed
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import embedded, entry_place

GROUP = "argoproj.io"
TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate")
OBJECTS = ((GROUP, "Workflow"), (GROUP, "CronWorkflow"), *((GROUP, kind) for kind in TEMPLATES))
SERVES = ("InferenceService", "SeldonDeployment", "Deployment", "Rollout", "InferenceGraph", "BentoDeployment", "RayService")
ALWAYS = "always()"
_CALLED = re.compile(r"^_outputs = (\w+)\(", re.MULTILINE)  # how the first compiler of Kubeflow Pipelines calls the function


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    yield Workflow(manifest.resource.place, manifest.resource.name, "argo")
    spec = manifest.get("spec")
    if spec is None:
        return
    inner = spec
    if manifest.resource.kind == "CronWorkflow":
        yield from clocks(document, manifest.symbol, spec, "schedule", "schedules")
        inner = spec.get("workflowSpec") or spec
    else:
        what = "a template" if manifest.resource.kind in TEMPLATES else "a workflow"
        yield by_hand(manifest.resource.place, manifest.symbol, f"{what} that nothing in this repository submits")
    yield from workflow(document, manifest.symbol, manifest.resource.name, inner)


def workflow(document: Document, symbol: str, name: str, spec: Node) -> Iterator[Fact]:
    """The specification of a workflow whose node is `symbol`."""
    parts = _Parts(document, symbol, name)
    reference = spec.get("workflowTemplateRef")
    entry, exit_ = spec.scalar("entrypoint"), spec.scalar("onExit")
    if reference is not None:
        kind = TEMPLATES[reference.scalar("clusterScope").lower() == "true"]
        target = f"@{kind}/{reference.scalar('name')}" + (f".templates.{entry}" if entry else "")
        yield Job(document.place(reference.span, f"{symbol}.ref"), f"{name}.{reference.scalar('name')}", symbol, uses=target)
    templates = spec.get("templates")
    for template in templates.items if templates is not None else ():
        own = template.scalar("name")
        started = symbol if own in (entry, exit_) else ""
        yield from parts.template(template, own, started, ALWAYS if own == exit_ and own != entry else None)
    if reference is not None and exit_:
        yield Job(entry_place(document, spec, "onExit", f"{symbol}.onExit"), f"{name}.onExit", symbol, condition=ALWAYS)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The templates and tasks of one workflow."""

    document: Document
    symbol: str
    name: str

    def template(self, node: Node, own: str, owner: str, condition: str | None) -> Iterator[Fact]:
        """A template as a job: its container, script or resource, or the tasks that it starts."""
        route = f"{self.symbol}.templates.{own}"
        place = self.document.place(node.span, route)
        carried = _carried(node.get("container"))
        uses = f"@function:{carried[1]}" if carried is not None else None
        yield Job(place, f"{self.name}.{own}", owner, condition=condition, uses=uses)
        yield from self._work(node, route)
        graph, steps = node.get("dag", "tasks"), node.get("steps")
        for task in graph.items if graph is not None else ():
            if task.get("depends") is not None:
                needs = needed(task.scalar("depends"))
            else:
                needs = task.strings("dependencies")
            yield from self._task(task, own, route, tuple(f"{self.name}.{own}.{n}" for n in needs))
        before: tuple[str, ...] = ()
        for group in steps.items if steps is not None else ():
            at_once = group.items if group.kind == "list" else (group,)
            for task in at_once:
                yield from self._task(task, own, route, before)
            before = tuple(f"{self.name}.{own}.{task.scalar('name')}" for task in at_once)

    def _work(self, node: Node, route: str) -> Iterator[Fact]:
        main, script, resource = node.get("container"), node.get("script"), node.get("resource")
        carried = _carried(main)
        if main is not None and carried is not None:
            yield image(entry_place(self.document, main, "image", f"{route}.image"), main.scalar("image"))
            yield embedded(self.document, carried[0], f"{route}.source", route, "python")
        elif main is not None:
            yield from container(self.document, main, f"{route}.container", route)
        if script is not None:
            yield from source(self.document, script, f"{route}.script", route)
        pods = node.get("containerSet", "containers")
        for item in pods.items if pods is not None else ():
            yield from container(self.document, item, f"{route}.containers.{item.scalar('name')}", route)
        action = resource.scalar("action") if resource is not None else ""
        if resource is not None and action in ("create", "apply", "patch") and _serves(resource.scalar("manifest")):
            yield Command(entry_place(self.document, resource, "manifest", f"{route}.resource"), route, ("kubectl", action, "-f", "-"))

    def _task(self, task: Node, template: str, owner: str, needs: tuple[str, ...]) -> Iterator[Fact]:
        """One task: it starts a template of this workflow, of another one, or one that is written in it."""
        own = task.scalar("name")
        route = f"{owner}.{own}"
        place = self.document.place(task.span, route)
        when = task.scalar("when")
        never = f"when: {when}" if when.strip(" \"'").lower() == "false" else ""
        yield Job(
            place, f"{self.name}.{template}.{own}", owner, needs, when or None, never, self._swallowed(task, route), uses=self._target(task)
        )
        inline = task.get("inline")
        if inline is not None:
            yield from self._work(inline, route)
        for exit_ in (task.scalar("onExit"), task.scalar("hooks", "exit", "template")):
            if exit_:
                target = f"#{self.symbol}.templates.{exit_}"
                yield Job(
                    Place(place.path, place.span, f"{route}.exit"),
                    f"{self.name}.{template}.{own}.exit",
                    route,
                    condition=ALWAYS,
                    uses=target,
                )

    def _target(self, task: Node) -> str | None:
        reference = task.get("templateRef")
        if reference is not None:
            kind = TEMPLATES[reference.scalar("clusterScope").lower() == "true"]
            return f"@{kind}/{reference.scalar('name')}.templates.{reference.scalar('template')}"
        return f"#{self.symbol}.templates.{task.scalar('template')}" if task.scalar("template") else None

    def _swallowed(self, task: Node, route: str) -> Place | None:
        """Where a task says that the workflow goes on when it fails."""
        goes_on = task.get("continueOn")
        if goes_on is None or "true" not in (goes_on.scalar("failed").lower(), goes_on.scalar("error").lower()):
            return None
        return entry_place(self.document, task, "continueOn", f"{route}.continueOn")


def _carried(container: Node | None) -> tuple[Node, str] | None:
    """The text of a Python function that a compiled pipeline carries in a command, and the function that it calls."""
    listed = [container.get(key) for key in ("command", "args")] if container is not None else []
    for word in (item for part in listed if part is not None for item in part.items):
        match = _CALLED.search(word.text)
        if match is not None:
            return word, match[1]
    return None


def _serves(text: str) -> bool:
    """Whether the manifest of a resource starts a server."""
    kinds = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("kind:")]
    return any(kind in SERVES for kind in kinds)
