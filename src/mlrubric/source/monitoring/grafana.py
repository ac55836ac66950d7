"""Grafana: dashboards with their panels, and provisioned alert rules, contact points and notification policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.model.monitoring import AlertRoute, Receiver, Watch
from mlrubric.source.document import Document
from mlrubric.source.monitoring.alertmanager import matchers
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import is_scalar, text_pairs

TOOL = "grafana"
ASKED = ("expr", "rawSql", "query", "expression", "target", "rawQuery", "queryText", "metricName", "metric", "measurement")
PLACEHOLDERS = ("<example@email.com>", "example@email.com")
_SIGNS = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "==", "ne": "!="}


def looks_like_dashboard(text: str) -> bool:
    return ('"panels"' in text or '"rows"' in text) and ('"schemaVersion"' in text or '"templating"' in text or '"targets"' in text)


def looks_like_provisioning(text: str) -> bool:
    known = ("contactPoints:", "policies:", "notifiers:")
    return any(key in text for key in known) or ("groups:" in text and "condition:" in text and "data:" in text and "rules:" in text)


def dashboard(document: Document, root: Node, holder: str = "") -> Iterator[Watch]:
    """Every panel that asks for something, with the alert that old versions kept in it."""
    inside = root.get("dashboard")
    top = inside if inside is not None and inside.get("panels") is not None else root
    for route, panel in _panels(top, ""):
        expressions = tuple(text for target in _items(panel.get("targets")) for text in _asked(target))
        name = panel.scalar("title")
        if not expressions:
            continue
        language = "promql" if any(t.get("expr") is not None for t in _items(panel.get("targets"))) else "sql"
        place = document.place(panel.span, route)
        yield Watch(place, "panel", name, TOOL, expressions, language, holder=holder)
        alert = panel.get("alert")
        if alert is not None and alert.kind == "map":
            told = tuple(one.scalar("uid") or one.scalar("id") for one in _items(alert.get("notifications")))
            limit = next(iter(_limits(alert.get("conditions"))), "")
            at = document.place(alert.span, f"{route}.alert")
            yield Watch(at, "alert", alert.scalar("name") or name, TOOL, expressions, language, (), told, limit, holder=holder)


def _panels(node: Node, route: str) -> Iterator[tuple[str, Node]]:
    """Panels in order, also those inside of rows, old (`rows`) and new (`type: row`)."""
    for key in ("rows", "panels"):
        for index, item in enumerate(_items(node.get(key))):
            symbol = f"{route}.{key}[{index}]".removeprefix(".")
            if key == "panels":
                yield symbol, item
            yield from _panels(item, symbol)


def _asked(target: Node) -> Iterator[str]:
    for key in ASKED:
        value = target.get(key)
        if value is not None and is_scalar(value) and value.text.strip():
            yield value.text
            return


def _limits(conditions: Node | None) -> Iterator[str]:
    for one in _items(conditions):
        sign = _SIGNS.get(one.scalar("evaluator", "type"))
        values = one.strings("evaluator", "params")
        if sign and values:
            yield f"{sign} {values[0]}"


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if node is not None else ()


# ---- provisioning ---------------------------------------------------------------------------------------------------


def provisioning(document: Document, root: Node, holder: str = "") -> Iterator[Watch | Receiver | AlertRoute]:
    """Alert rules, contact points and policies of a provisioning file."""
    for number, group in enumerate(_items(root.get("groups"))):
        yield from rules(document, _items(group.get("rules")), f"groups[{number}].rules", holder)
    for index, point in enumerate(_items(root.get("contactPoints"))):
        yield contact(document, point, _items(point.get("receivers")), f"contactPoints[{index}]", holder)
    for index, one in enumerate(_items(root.get("notifiers"))):
        place = document.place(one.span, f"notifiers[{index}]")
        yield Receiver(place, one.scalar("uid") or one.scalar("name"), TOOL, (one.scalar("type"),), holder=holder)
    for index, one in enumerate(_items(root.get("policies"))):
        yield from policy(document, one, f"policies[{index}]", "", holder)


def rules(document: Document, items: Iterable[Node], route: str, holder: str) -> Iterator[Watch]:
    """The rules of a group that ask for something."""
    for index, rule in enumerate(items):
        found = _rule(document, rule, f"{route}[{index}]", holder)
        if found is not None:
            yield found


def contact(document: Document, point: Node, receivers: Iterable[Node], symbol: str, holder: str) -> Receiver:
    """A contact point with its channels; the address of the example is nobody's."""
    channels: list[str] = []
    urls: list[str] = []
    for one in receivers:
        kind = one.scalar("type")
        if kind and one.scalar("settings", "addresses") not in PLACEHOLDERS:
            channels.append(kind.lower())
        if kind == "webhook":
            urls.append(one.scalar("settings", "url"))
    return Receiver(document.place(point.span, symbol), point.scalar("name"), TOOL, tuple(channels), tuple(filter(None, urls)), holder)


def policy(document: Document, node: Node, symbol: str, above: str, holder: str) -> Iterator[AlertRoute]:
    place = document.place(node.span, symbol)
    goes_on = node.scalar("continue").lower() == "true"
    yield AlertRoute(place, TOOL, node.scalar("receiver"), tuple(matchers(node)), above, goes_on, holder=holder, apart=True)
    for index, child in enumerate(_items(node.get("routes"))):
        yield from policy(document, child, f"{symbol}.routes[{index}]", place.symbol, holder)


def _rule(document: Document, rule: Node, symbol: str, holder: str) -> Watch | None:
    """A rule of unified alerting: queries, then expressions over them of which one is the condition."""
    expressions: list[str] = []
    limit, language = "", "sql"
    for part in _items(rule.get("data")):
        model = part.get("model")
        if model is None:
            continue
        if part.scalar("datasourceUid") in ("__expr__", "-100") or model.scalar("type") in (
            "threshold",
            "reduce",
            "math",
            "classic_conditions",
        ):
            limit = next(iter(_limits(model.get("conditions"))), "") or limit
            continue
        expressions.extend(_asked(model))
        language = "promql" if model.get("expr") is not None else language
    name = rule.scalar("title") or rule.scalar("name")
    if not expressions or not name:
        return None
    off = "isPaused: true" if rule.scalar("isPaused").lower() == "true" else ""
    told = rule.scalar("notification_settings", "receiver") or rule.scalar("notificationSettings", "receiver")
    place = document.place(rule.span, symbol)
    labels = text_pairs(rule.get("labels"))
    return Watch(place, "alert", name, TOOL, tuple(expressions), language, labels, (told,) if told else (), limit, off, holder, routes=TOOL)
