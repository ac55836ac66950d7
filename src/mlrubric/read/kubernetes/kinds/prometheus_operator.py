"""Objects of the Prometheus operator, and of VictoriaMetrics and Google's managed service, which have the same form."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact, RuleChoice, Scrape, WatchServer
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.monitoring import alertmanager, prometheus
from mlrubric.source.yaml_facts import text_pairs

_RULES = frozenset({"PrometheusRule", "VMRule", "Rules", "ClusterRules", "GlobalRules"})
_SERVERS = frozenset({"Prometheus", "VMAlert", "ThanosRuler"})
_GROUPS = ("monitoring.coreos.com", "operator.victoriametrics.com", "monitoring.googleapis.com")
_KINDS = (
    *_RULES, *_SERVERS, "ServiceMonitor", "PodMonitor", "VMServiceScrape", "VMPodScrape", "PodMonitoring", "ClusterPodMonitoring",
    "AlertmanagerConfig", "VMAlertmanagerConfig",
)  # fmt: skip

OBJECTS = tuple((group, kind) for group in _GROUPS for kind in _KINDS)


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    kind, symbol, spec = manifest.resource.kind, manifest.symbol, manifest.get("spec")
    if spec is None:
        return
    holder = f"{kind}/{manifest.resource.name}"
    if kind in _RULES:
        yield from prometheus.rules(document, spec.get("groups"), f"{symbol}.spec.groups", holder, "selector")
    elif kind in _SERVERS:
        chosen = spec.get("ruleSelector")
        if chosen is not None and (chosen.kind == "map" or chosen.kind == "null"):
            yield RuleChoice(document.place(chosen.span, f"{symbol}.spec.ruleSelector"), text_pairs(chosen.get("matchLabels")))
        listed = spec.get("alerting", "alertmanagers") or spec.get("notifiers")
        managers = tuple(f"discovered:{m.scalar('name') or 'kubernetes'}" for m in (listed.items if listed is not None else ()))
        yield WatchServer(manifest.resource.place, prometheus.TOOL, (), (), managers, holder, True, chosen is not None)
    elif kind in ("AlertmanagerConfig", "VMAlertmanagerConfig"):
        yield from alertmanager.config(document, spec, holder, f"{symbol}.spec")
    else:
        labels = text_pairs(spec.get("selector", "matchLabels"))
        yield Scrape(manifest.resource.place, manifest.resource.name, prometheus.TOOL, ("discovered:kubernetes",), labels, holder)
