"""Provisioning of Grafana: alert rules, contact points, notification policies."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.monitoring import grafana
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import SyntaxProblem
from mlrubric.source.yaml_facts import first_map

FORMAT = "grafana_provisioning"


def accepts(path: str) -> bool:
    return (path.endswith((".yml", ".yaml")) and ".github/" not in path) or (path.endswith(".json") and "alerting/" in path)


def read(document: Document) -> Iterator[Fact]:
    text = document.text
    if document.path.endswith(".json"):
        if '"contactPoints"' in text or '"policies"' in text or ('"groups"' in text and '"condition"' in text):
            try:
                yield from grafana.provisioning(document, json.parse(text))
            except SyntaxProblem as problem:
                yield Unreadable(document.place(Span(problem.line, problem.column)), FORMAT, problem.reason)
        return
    if "apiVersion: 1" not in text or not grafana.looks_like_provisioning(text):
        return
    root, problems = first_map(document, FORMAT, template=True)
    yield from problems
    if root is not None:
        yield from grafana.provisioning(document, root)
