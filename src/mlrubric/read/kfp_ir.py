"""Compiled pipelines of the second version of Kubeflow Pipelines, as YAML or JSON; Vertex wraps them in `pipelineSpec`."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.model.facts import Fact, Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.kfp_ir import pipeline
from mlrubric.source.syntax import json, yaml
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "kfp_ir"
SYMBOL = "pipeline"


def accepts(path: str) -> bool:
    return path.endswith((".yaml", ".yml", ".json")) and ".github/" not in path


def read(document: Document) -> Iterable[Fact]:
    text = document.text
    if "pipelineInfo" not in text or "deploymentSpec" not in text or "kind: PipelineVersion" in text:
        return
    try:
        roots = [json.parse(text)] if document.path.endswith(".json") else yaml.parse(text)
    except SyntaxProblem as problem:
        yield Unreadable(document.place(Span(problem.line, problem.column)), FORMAT, problem.reason)
        return
    for root in roots[:1]:  # a second document holds what a platform adds
        specification = root.get("pipelineSpec") or root
        if specification.get("deploymentSpec") is not None:
            yield from pipeline(document, specification, SYMBOL, specification.scalar("pipelineInfo", "name") or document.path)
