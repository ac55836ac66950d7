"""What files of monitoring look like, whoever holds them: a file of its own, or an entry of a manifest or of chart values."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.source.document import Document
from mlrubric.source.monitoring import alertmanager, collector, grafana, prometheus
from mlrubric.source.monitoring.inner import Inner
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import Node, SyntaxProblem
from mlrubric.source.syntax.yaml import parse_template

LOOKS = (
    prometheus.looks_like_config,
    prometheus.looks_like_rules,
    alertmanager.looks_like,
    grafana.looks_like_provisioning,
    collector.looks_like,
)


def carried(document: Inner, holder: str) -> Iterator[Fact]:
    """The facts of a file that a manifest carries; a text that is none of monitoring, or cannot be read, gives none."""
    text = document.text
    if text.lstrip().startswith("{"):
        if grafana.looks_like_dashboard(text):
            try:
                yield from grafana.dashboard(document, json.parse(text), holder)
            except SyntaxProblem:
                return
        return
    if any(looks_like(text) for looks_like in LOOKS):
        try:
            roots = parse_template(text)
        except SyntaxProblem:
            return
        for root in roots[:1]:
            yield from of_yaml(document, root, holder)


def of_yaml(document: Document, root: Node, holder: str = "") -> Iterator[Fact]:
    """The facts of a map, by its keys."""
    if root.get("scrape_configs") is not None or root.get("rule_files") is not None:
        yield from prometheus.config(document, root, holder)
    elif root.get("route") is not None and root.get("receivers") is not None:
        yield from alertmanager.config(document, root, holder)
    elif root.get("service", "pipelines") is not None:
        yield from collector.config(document, root)
    elif root.get("groups") is not None and prometheus.looks_like_rules(document.text):
        yield from prometheus.rules(document, root.get("groups"), holder=holder)
    elif grafana.looks_like_provisioning(document.text):
        yield from grafana.provisioning(document, root, holder)
