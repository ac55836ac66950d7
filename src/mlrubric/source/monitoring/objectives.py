"""Service levels of Sloth, Pyrra and OpenSLO: the share that is promised, and the series that it is measured by."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.monitoring import Watch
from mlrubric.source.document import Document
from mlrubric.source.monitoring.prometheus import ROUTES
from mlrubric.source.syntax.node import Node
from mlrubric.source.yaml_facts import is_scalar, text_pairs


def sloth(document: Document, root: Node, route: str = "", holder: str = "") -> Iterator[Watch]:
    """The objectives of a Sloth specification, in snake case (a file) or camel case (a resource)."""
    prefix = f"{route}." if route else ""
    shared = text_pairs(root.get("labels"))
    listed = root.get("slos")
    for index, one in enumerate(listed.items if listed is not None else ()):
        sli = one.get("sli")
        asked = tuple(_scalars(sli, ("error_query", "total_query", "error_ratio_query", "errorQuery", "totalQuery", "errorRatioQuery")))
        alerting = one.get("alerting")
        labels = dict(shared)
        for key in ("labels", "page_alert", "pageAlert"):
            found = alerting.get(key) if alerting is not None else None
            labels.update(text_pairs(found if key == "labels" else found.get("labels") if found is not None else None))
        quiet = (
            alerting is not None and _disabled(alerting, "page_alert", "pageAlert") and _disabled(alerting, "ticket_alert", "ticketAlert")
        )
        off = "its alerts are disabled" if quiet else ""
        place = document.place(one.span, f"{prefix}slos[{index}]")
        target = _percent(one.scalar("objective"))
        yield Watch(
            place,
            "objective",
            one.scalar("name"),
            "sloth",
            asked,
            labels=tuple(labels.items()),
            off=off,
            holder=holder,
            target=target,
            comes="operator" if holder else "made",
            routes=ROUTES,
        )


def _percent(text: str) -> str:
    return f"{text}%" if text else ""


def _disabled(alerting: Node, *keys: str) -> bool:
    return any(alerting.scalar(key, "disable").lower() == "true" for key in keys)


def pyrra(document: Document, root: Node, route: str, name: str, holder: str) -> Iterator[Watch]:
    spec = root.get("spec")
    indicator = spec.get("indicator") if spec is not None else None
    if spec is None or indicator is None:
        return
    asked = tuple(_scalars(indicator, ("metric",)))
    off = "its alerts are disabled" if spec.scalar("alerting", "disabled").lower() == "true" else ""
    labels = tuple((k.removeprefix("pyrra.dev/"), v) for k, v in text_pairs(root.get("metadata", "labels")))
    yield Watch(
        document.place(spec.span, route),
        "objective",
        name,
        "pyrra",
        asked,
        labels=labels,
        off=off,
        holder=holder,
        target=_percent(spec.scalar("target")),
        comes="operator",
        routes=ROUTES,
    )


def openslo(document: Document, root: Node, route: str, name: str, holder: str) -> Iterator[Watch]:
    """An SLO of OpenSLO v1 or v1alpha; without an alert policy nobody is told when it is missed."""
    spec = root.get("spec")
    if spec is None:
        return
    asked = tuple(_scalars(spec, ("query", "promql")))
    objectives = spec.get("objectives")
    first = objectives.items[0] if objectives is not None and objectives.items else None
    ratio, percent = (first.scalar("target"), first.scalar("targetPercent")) if first is not None else ("", "")
    policies = spec.get("alertPolicies")
    told = tuple(_policies(policies))
    place = document.place(spec.span, route)
    comes = "operator" if holder.startswith("openslo.com/") else "made"
    target = ratio or (f"{percent}%" if percent else "")
    yield Watch(place, "objective", name, "openslo", asked, receivers=told, holder=holder, target=target, comes=comes)


def _policies(node: Node | None) -> Iterator[str]:
    for item in node.items if node is not None else ():
        if is_scalar(item):
            yield item.text
        else:
            yield item.scalar("alertPolicyRef") or item.scalar("metadata", "name")


def _scalars(node: Node | None, keys: tuple[str, ...]) -> Iterator[str]:
    """The scalars of some keys, however deep, in the order in which they stand."""
    if node is None:
        return
    for key, value in node.pairs():
        if key in keys and is_scalar(value):
            yield value.text
        else:
            yield from _scalars(value, keys)
    for item in node.items:
        yield from _scalars(item, keys)
