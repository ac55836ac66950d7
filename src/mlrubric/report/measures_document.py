"""The measures as JSON: keys beside those of the contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlrubric.model.measures import Measures
from mlrubric.model.place import Place
from mlrubric.model.verdict import Capability, Links, Maturity, Step

Json = dict[str, object]
At = Callable[[Place | None], Json | None]


def maturity_document(maturity: Maturity, at: At, step: Callable[[Step], Json]) -> Json:
    return {
        "level": maturity.level,
        "capabilities": [capability_document(one, at, step) for one in maturity.capabilities],
        "missing": list(maturity.missing),
        "reason": maturity.reason,
        "progress": [{"level": one.level, "met": one.met, "required": one.required} for one in maturity.progress],
        "next": [{"id": one.id, "edits": one.edits, "action": one.action, "at": at(one.place)} for one in maturity.next],
        "not_assessed": list(maturity.not_assessed),
    }


def capability_document(capability: Capability, at: At, step: Callable[[Step], Json]) -> Json:
    return {
        "id": capability.id,
        "title": capability.title,
        "level": capability.level,
        "required": capability.required,
        "status": capability.status,
        "evidence": [step(one) for one in capability.evidence],
        "message": capability.message,
        "at": at(capability.place),
    }


def measures_document(found: Measures, at: At, step: Callable[[Step], Json]) -> Json:
    """`gate`, `loop`, `lineage` and `measures`."""
    return {
        "gate": [_links(one, at, step) for one in found.gate],
        "loop": {**_links(found.loop, at, step), "alerts": _alerts(found, at)} if found.loop is not None else {},
        "lineage": _lineage(found, at, step),
        "measures": {
            "shift_left": {
                "score": found.shift_left,
                "reads": [
                    {
                        "source": one.label,
                        "at": at(one.place),
                        "distance": one.distance,
                        "checked_by": at(one.checked_by),
                        "dominated": one.dominated,
                        "downstream": one.downstream,
                    }
                    for one in found.reads
                ],
            },
            "slo": [
                {
                    "name": one.name,
                    "stands": one.stands,
                    "at": at(one.place),
                    "target": one.target,
                    "unit": one.unit,
                    "about": one.about,
                    "metrics": list(one.metrics),
                    "emitted": [at(place) for place in one.joined],
                    "serves": one.serves,
                    "live": one.live,
                    "problem": one.problem,
                }
                for one in found.objectives
            ],
            "latency": [
                {"layer": one.layer, "by": one.by, "name": one.name, "at": at(one.place), "watched": one.watched} for one in found.latency
            ],
            "importance": [{"api": one.api, "at": at(one.place), "goes": one.goes} for one in found.importance],
        },
    }


def _links(links: Links, at: At, step: Callable[[Step], Json]) -> Json:
    first = links.missing
    return {
        "title": links.title,
        "subject": step(links.subject) if links.subject is not None else None,
        "held": links.held,
        "of": len(links.links),
        "first_missing": first.id if first is not None else None,
        "missing": [one.id for one in links.links if one.status != "met"],
        "links": [capability_document(one, at, step) for one in links.links],
    }


def _alerts(found: Measures, at: At) -> Sequence[Json]:
    return [
        {"name": one.name, "severity": one.severity, "about": one.about, "action": one.action, "at": at(one.place)} for one in found.alerts
    ]


def _lineage(found: Measures, at: At, step: Callable[[Step], Json]) -> Json:
    if not found.traced:
        return {}
    shares: Json = {}
    for kind in ("model", "feature"):
        levels = [one.level for one in found.traced if one.kind == kind]
        shares[kind] = {str(level): round(levels.count(level) / len(levels), 3) for level in range(5)} if levels else {}
    return {
        "levels": [capability_document(one, at, step) for one in found.lineage],
        "shares": shares,
        "nodes": [
            {"kind": one.kind, "name": one.name, "level": one.level, "at": at(one.place), "columns": list(one.columns)}
            for one in found.traced
        ],
    }
