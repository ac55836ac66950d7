"""Values of charts that bring rules, scrape jobs and receivers: kube-prometheus-stack, prometheus, alertmanager."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, RuleChoice
from mlrubric.source.document import Document
from mlrubric.source.monitoring import alertmanager, prometheus
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import first_map, text_pairs

FORMAT = "chart_values"

_KEYS = (
    "additionalPrometheusRulesMap:", "additionalPrometheusRules:", "alerting_rules.yml:", "alerting_rules.yaml:", "alerts:", "rules:",
    "recording_rules.yml:", "prometheusSpec:", "alertmanagerFiles:", "alertmanager:", "additionalScrapeConfigs:",
)  # fmt: skip
_CHARTS = ("kube-prometheus-stack", "kubePrometheusStack", "kube_prometheus_stack", "prometheus-operator", "prometheusStack", "prometheus")
_FILES = ("alerting_rules.yml", "alerting_rules.yaml", "recording_rules.yml", "alerts", "rules")


def accepts(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/" not in path


def read(document: Document) -> Iterator[Fact]:
    text = document.text
    if not any(key in text for key in _KEYS) or not ("expr:" in text or "receivers:" in text or "prometheusSpec:" in text):
        return
    if "apiVersion:" in text and "\nkind:" in f"\n{text}" and "helmCharts:" not in text:
        return
    root, _ = first_map(document, FORMAT, template=True)  # a file that is no YAML is somebody else's to complain about
    if root is None:
        return
    yield from of_values(document, root, "")
    for chart in _CHARTS:  # a chart below another one
        inside = root.get(chart)
        if inside is not None and inside.kind == "map":
            yield from of_values(document, inside, f"{chart}.")


def of_values(document: Document, values: Node, route: str) -> Iterator[Fact]:
    """What the values of one chart hold. Rules that a chart takes are loaded by the Prometheus that it installs."""
    named = values.get("additionalPrometheusRulesMap")
    for name, entry in named.pairs() if named is not None else ():
        symbol = f"{route}additionalPrometheusRulesMap.{name}"
        yield from prometheus.rules(document, entry.get("groups"), f"{symbol}.groups", holder=f"chart/{symbol}", comes="given")
    listed = values.get("additionalPrometheusRules")
    for index, entry in enumerate(listed.items if listed is not None else ()):
        symbol = f"{route}additionalPrometheusRules[{index}]"
        yield from prometheus.rules(document, entry.get("groups"), f"{symbol}.groups", holder=f"chart/{symbol}", comes="given")
    files = values.get("serverFiles")
    for name in _FILES:
        file = files.get(name) if files is not None else None
        if file is not None:
            symbol = f"{route}serverFiles.{name}"
            yield from prometheus.rules(document, file.get("groups"), f"{symbol}.groups", holder=f"chart/{symbol}", comes="given")
    spec = values.get("prometheus", "prometheusSpec")
    if spec is not None:
        chosen = text_pairs(spec.get("ruleSelector", "matchLabels"))
        if chosen or spec.scalar("ruleSelectorNilUsesHelmValues").lower() == "false":
            yield RuleChoice(document.place(spec.span, f"{route}prometheus.prometheusSpec"), chosen)
    for keys in (("alertmanager", "config"), ("alertmanagerFiles", "alertmanager.yml"), ("config",)):
        found = values.get(*keys)
        if found is not None and found.get("receivers") is not None:
            yield from alertmanager.config(document, found, f"chart/{route}{keys[0]}", f"{route}{'.'.join(keys)}")
