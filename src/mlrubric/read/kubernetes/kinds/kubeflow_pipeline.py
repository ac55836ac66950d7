"""PipelineVersion and ScheduledWorkflow of Kubeflow Pipelines: a compiled pipeline as an object of the cluster, and its schedule."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Job, Workflow
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.automation_facts import clock, period
from mlrubric.source.document import Document
from mlrubric.source.kfp_ir import pipeline
from mlrubric.source.yaml_facts import entry_place

GROUPS = ("pipelines.kubeflow.org", "kubeflow.org")
OBJECTS = (("pipelines.kubeflow.org", "PipelineVersion"), *((group, "ScheduledWorkflow") for group in GROUPS))


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec = manifest.get("spec")
    if spec is None:
        return
    if manifest.resource.kind == "PipelineVersion":
        inside = spec.get("pipelineSpec")
        if inside is not None:
            yield from pipeline(document, inside, manifest.symbol, spec.scalar("pipelineName") or manifest.resource.name)
        return
    yield Workflow(manifest.resource.place, manifest.resource.name, "kfp")
    dead = "enabled: false" if spec.scalar("enabled").lower() == "false" else ""
    trigger = spec.get("trigger")
    cron, seconds = spec.scalar("trigger", "cronSchedule", "cron"), spec.scalar("trigger", "periodicSchedule", "intervalSecond")
    if trigger is not None and (cron or seconds):
        place = entry_place(document, spec, "trigger", f"{manifest.symbol}.trigger")
        yield clock(place, manifest.symbol, _five(cron), dead=dead) if cron else period(place, manifest.symbol, f"{seconds} seconds", dead)
    inside = spec.get("workflow", "spec")
    name = spec.scalar("pipelineName") or spec.scalar("pipelineId")
    if inside is not None and inside.get("deploymentSpec") is not None:
        started = f"{manifest.symbol}.pipeline"
        yield from pipeline(document, inside, started, manifest.resource.name)
        yield Job(
            document.place(inside.span, f"{manifest.symbol}.start"), f"{manifest.resource.name}.start", manifest.symbol, uses=f"#{started}"
        )
    elif name:
        place = entry_place(document, spec, "pipelineName" if spec.scalar("pipelineName") else "pipelineId", f"{manifest.symbol}.start")
        yield Job(place, f"{manifest.resource.name}.start", manifest.symbol, uses=f"@pipeline:{name}")


def _five(cron: str) -> str:
    """A cron line with a field of seconds before the usual five."""
    fields = cron.split()
    return " ".join(fields[1:]) if len(fields) == 6 else cron
