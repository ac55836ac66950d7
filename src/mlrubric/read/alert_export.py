"""Alert rules as monitoring systems export them: JSON of Datadog, CloudWatch, Azure, Google, Grafana and of the API of Prometheus.

An export runs nothing: the system that it comes from does. So the rules are there and never fire by what this repository does; as evidence
of an attestation they define what runs elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mlrubric.model.facts import Fact
from mlrubric.model.monitoring import Watch
from mlrubric.source.document import Document
from mlrubric.source.monitoring import grafana
from mlrubric.source.syntax import json
from mlrubric.source.syntax.node import Node, SyntaxProblem

FORMAT = "alert_export"
EXPORTED = "an export of the system that runs it: nothing in this repository applies it"
MARKS = re.compile(
    r'"MetricAlarms"|"conditionThreshold"|"Microsoft\.Insights/metricAlerts"|"type"\s*:\s*"(?:[a-z_]+ alert|composite|alerting)"'
    r'|"(?:noDataState|no_data_state|execErrState)"',
    re.IGNORECASE,
)
DATADOG = re.compile(r"alert|composite")


def accepts(path: str) -> bool:
    return path.endswith(".json") and "/node_modules/" not in f"/{path}"


def read(document: Document) -> Iterator[Fact]:
    if MARKS.search(document.text) is None or "alerting/" in document.path:
        return
    try:
        root = json.parse(document.text)
    except SyntaxProblem:
        return  # the reader of settings tells of it
    for watch in _watches(document, root):
        yield replace(watch, off=watch.off or EXPORTED)


def _watches(document: Document, root: Node) -> Iterator[Watch]:
    for number, one in enumerate(root.items if root.kind == "list" else (root,)):
        route = f"[{number}]" if root.kind == "list" else ""
        if one.kind != "map":
            continue
        if one.get("query") is not None and DATADOG.search(one.scalar("type")):
            yield _watch(document, one, route or "monitor", "datadog", one.scalar("name"), (one.scalar("query"), one.scalar("name")))
        for index, alarm in enumerate(_items(one.get("MetricAlarms"))):
            texts: tuple[str, ...] = (alarm.scalar("MetricName"), alarm.scalar("Namespace"), alarm.scalar("AlarmName"))
            yield _watch(document, alarm, f"MetricAlarms[{index}]", "cloudwatch", alarm.scalar("AlarmName"), texts)
        for index, resource in enumerate(_items(one.get("resources"))):
            if resource.scalar("type").lower() == "microsoft.insights/metricalerts":
                criteria = _items(resource.get("properties", "criteria", "allOf"))
                said = (*(item.scalar("metricName") for item in criteria), resource.scalar("name"))
                yield _watch(document, resource, f"resources[{index}]", "azure", resource.scalar("name"), said)
        conditions = [item for item in _items(one.get("conditions")) if item.get("conditionThreshold") is not None]
        if conditions:
            filters = (*(item.scalar("conditionThreshold", "filter") for item in conditions), one.scalar("displayName"))
            yield _watch(document, one, route or "policy", "google", one.scalar("displayName"), filters)
        yield from _of_prometheus(document, one)
        groups = _items(one.get("groups"))
        for index, group in enumerate(groups):
            yield from grafana.rules(document, _items(group.get("rules")), f"groups[{index}].rules", "")
        if not groups and one.get("data") is not None and one.get("title") is not None:
            yield from grafana.rules(document, (one,), route or "rule", "")


def _of_prometheus(document: Document, root: Node) -> Iterator[Watch]:
    """What `/api/v1/rules` answers."""
    for number, group in enumerate(_items(root.get("data", "groups"))):
        for index, rule in enumerate(_items(group.get("rules"))):
            if rule.scalar("type") == "alerting" and rule.scalar("query"):
                symbol = f"data.groups[{number}].rules[{index}]"
                yield Watch(document.place(rule.span, symbol), "alert", rule.scalar("name"), "prometheus", (rule.scalar("query"),))


def _watch(document: Document, node: Node, symbol: str, tool: str, name: str, texts: tuple[str, ...]) -> Watch:
    return Watch(document.place(node.span, symbol), "alert", name, tool, tuple(filter(None, texts)), "words")


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if node is not None and node.kind == "list" else ()
