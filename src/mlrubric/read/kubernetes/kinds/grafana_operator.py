"""Objects of the Grafana operator: dashboards as text, groups of alert rules, contact points, the notification policy."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.facts import Fact
from mlrubric.read.kubernetes.manifest import Manifest
from mlrubric.source.document import Document
from mlrubric.source.monitoring import carried, grafana
from mlrubric.source.monitoring.inner import inner
from mlrubric.source.yaml_facts import is_scalar

GROUP = "grafana.integreatly.org"
OBJECTS = tuple((GROUP, kind) for kind in ("GrafanaDashboard", "GrafanaAlertRuleGroup", "GrafanaContactPoint", "GrafanaNotificationPolicy"))


def read(document: Document, manifest: Manifest) -> Iterator[Fact]:
    spec, symbol = manifest.get("spec"), manifest.symbol
    if spec is None:
        return
    kind, holder = manifest.resource.kind, f"{manifest.resource.kind}/{manifest.resource.name}"
    if kind == "GrafanaDashboard":
        text = spec.get("json")
        if text is not None and is_scalar(text):
            yield from carried(inner(document, text, "json", f"{symbol}.spec.json"), holder)
    elif kind == "GrafanaAlertRuleGroup":
        rules = spec.get("rules")
        yield from grafana.rules(document, rules.items if rules is not None else (), f"{symbol}.spec.rules", holder)
    elif kind == "GrafanaContactPoint":
        yield grafana.contact(document, spec, (spec,), f"{symbol}.spec", holder)
    else:
        route = spec.get("route")
        if route is not None:
            yield from grafana.policy(document, route, f"{symbol}.spec.route", "", holder)
