"""Helm charts as they are written: the files whose text a chart is put together from. What they give is known only when values meet
templates, which is a hop between files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.model.facts import ChartFile, Fact
from mlrubric.source.document import Document

FORMAT = "helm"
_VALUES = re.compile(r"(?:^|/)values[^/]*\.ya?ml$|(?:^|/)[^/]*values\.ya?ml$|(?:^|/)values/[^/]+\.ya?ml$")
_TEMPLATE = re.compile(r"(?:^|/)templates/(?:.*/)?[^/]+\.(?:ya?ml|tpl|txt)$")


def accepts(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in ("Chart.yaml", "requirements.yaml") or bool(_VALUES.search(path) or _TEMPLATE.search(path))


def read(document: Document) -> Iterator[Fact]:
    name = document.name
    if name in ("Chart.yaml", "requirements.yaml"):
        kind = "chart" if name == "Chart.yaml" else "dependencies"
    elif _TEMPLATE.search(document.path):
        if name.endswith(".txt"):
            return
        kind = "helper" if name.startswith("_") or name.endswith(".tpl") else "template"
    else:
        kind = "values"
    yield ChartFile(document.place(symbol=kind), kind, document.text)
