"""Lets the job that deploys wait for the job of the same workflow whose check of the model can fail."""

from __future__ import annotations

from mlrubric.fix.lines import Lines
from mlrubric.fix.site import Edits, Site
from mlrubric.fix.workflows import is_workflow
from mlrubric.fix.yaml import appended, beside, documents
from mlrubric.graph.graph import RUNS
from mlrubric.model.remedy import TextEdit
from mlrubric.source.syntax.node import Node


def remedy(site: Site) -> Edits | None:
    if not is_workflow(site.path):
        return None
    lines = site.lines()
    roots = documents(lines.text)
    jobs = roots[0].get("jobs") if len(roots) == 1 else None
    if jobs is None:
        return None
    line = site.finding.place.line
    mine = next(((key, job) for key, job in jobs.entries if key.span.line <= line <= job.span.end_line and job.entries), None)
    checking = [name for name in _checking(site) if mine is not None and name != mine[0].text and jobs.get(name) is not None]
    if mine is None or len(checking) != 1 or _waits(jobs, checking[0], mine[0].text) or checking[0] in mine[1].strings("needs"):
        return None
    edit = _needing(lines, mine[1], checking[0])
    return None if edit is None else Edits((edit,), title=f"Let the job need `{checking[0]}`")


def _checking(site: Site) -> list[str]:
    """The jobs of the workflow that run a check of the model which can fail them, and whose failure counts."""
    graph, found = site.picture.graph, []
    for job in graph.of_kind("job"):
        node = graph.nodes[job]
        if node.place.path != site.path:
            continue
        reached = graph.sweep([job], RUNS, allow=lambda edge: not edge.blocked and not edge.loss)
        if any(graph.nodes[one].gate and "model.compare" in graph.nodes[one].roles for one in reached):
            found.append(node.place.symbol.rpartition(".")[2])
    return sorted(set(found))


def _waits(jobs: Node, job: str, other: str) -> bool:
    """Whether a job waits for another one already, by however many hops."""
    seen, waiting = set[str](), [job]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += jobs.strings(name, "needs") if jobs.get(name, "needs") is not None else ()
    return other in seen


def _needing(lines: Lines, job: Node, name: str) -> TextEdit | None:
    needs = job.get("needs")
    if needs is None:
        return beside(lines, job.entries[0][0], f"needs: [{name}]")
    if needs.kind == "string":
        return lines.put(needs.span, f"[{lines.covered(needs.span)}, {name}]")
    return appended(lines, needs, name)
