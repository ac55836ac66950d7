"""Dashboards of Grafana, as exported or provisioned: JSON files in a folder of dashboards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import Fact, Unreadable
from mlrubric.model.place import Span
from mlrubric.source.document import Document
from mlrubric.source.monitoring import grafana
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import SyntaxProblem

FORMAT = "grafana_dashboard"

_PLACE = re.compile(r"(grafana|dashboard|monitor|observab|prometheus|provision|metric|alert)[^/]*(/.*)?\.json$", re.IGNORECASE)


def accepts(path: str) -> bool:
    return path.endswith(".json") and _PLACE.search(path) is not None


def read(document: Document) -> Iterator[Fact]:
    if not grafana.looks_like_dashboard(document.text):
        return
    try:
        root = json.parse(document.text)
    except SyntaxProblem as problem:
        yield Unreadable(document.place(Span(problem.line, problem.column)), FORMAT, problem.reason)
        return
    if root.kind == "map":
        yield from grafana.dashboard(document, root)
