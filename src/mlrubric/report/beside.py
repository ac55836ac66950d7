"""What stands beside the score on the screen under -v: levels with what they lack, the registry's gate, the closed loop, lineage,
objectives, latency by layer, and how near to its read data is checked."""

from __future__ import annotations

from collections import Counter

from mlrubric.model.measures import Measures
from mlrubric.model.report import Report
from mlrubric.model.verdict import Capability, Links, Maturity
from mlrubric.report.screen import Row, cut, row, safe, wrapped
from mlrubric.report.words import plural, short

Block = list[Row]
WORDS = {"not_visible": "not visible"}
MOST = 8


def levels(report: Report, width: int) -> Block:
    """The models of maturity with what their next level lacks."""
    rows = _model("GOOGLE", report.google, width)
    if report.azure is not None:
        rows += _model("AZURE", report.azure, width)
    return rows


def progress(maturity: Maturity) -> str:
    """How far the next level is: `L1: 6/9`; empty when there is none."""
    following = next((one for one in maturity.progress if one.level == maturity.level + 1), None)
    return f"L{following.level}: {following.met}/{following.required}" if following is not None else ""


def _model(name: str, maturity: Maturity, width: int) -> Block:
    counted = ", ".join(f"L{one.level}: {one.met}/{one.required}" for one in maturity.progress)
    rows = [row((f"{name} LEVEL {maturity.level}", "bold"), f"   {counted}")]
    known = {c.id: c for c in maturity.capabilities}
    steps = {step.id: step for step in maturity.next}
    for name in [*steps, *(name for name in maturity.missing if name not in steps)]:
        rows += _capability(known[name], width)
        step = steps.get(name)
        if step is not None and step.action:
            rows += [
                row(" " * 10, (line, "dim")) for line in wrapped(f"do: {step.action} (about {plural(step.edits, 'edit')})", width - 10, 2)
            ]
    if not maturity.missing and maturity.reason:
        rows += [row("  ", line) for line in wrapped(maturity.reason, width - 2, 2)]
    rows += [row("  ", (cut(f"not assessed: {'; '.join(maturity.not_assessed)}", width - 2), "dim"))] if maturity.not_assessed else []
    return rows


def _capability(capability: Capability, width: int) -> Block:
    at = f" {safe(short(capability.place))}" if capability.place is not None else ""
    said = f"{capability.id:<6} {WORDS.get(capability.status, capability.status):<11} {safe(capability.message)}{at}"
    return [row("  ", line) if index == 0 else row(" " * 21, line) for index, line in enumerate(wrapped_after(said, width))]


def wrapped_after(text: str, width: int) -> list[str]:
    """The text in lines; columns at its beginning keep their blanks."""
    head, tail = text[:19], text[19:]
    first, *rest = wrapped(tail, max(20, width - 21), 3)
    return [head + first, *rest]


def measures(report: Report, width: int) -> Block:
    """The gate, the loop and what is measured, a line or a few each."""
    found = report.measures
    if found is None:
        return []
    rows: Block = []
    for gate in found.gate[:MOST]:
        at = f" at {safe(short(gate.subject.place))}" if gate.subject is not None else ""
        rows.append(
            row(
                ("GATE", "bold"),
                cut(f" {gate.held}/{len(gate.links)} before {safe(gate.subject.label) if gate.subject else ''}{at}", width - 4),
            )
        )
        rows += _missing(gate, width)
    if found.loop is not None:
        rows.append(row(("LOOP", "bold"), f" {found.loop.held}/{len(found.loop.links)} links from drift to rollback"))
        rows += _missing(found.loop, width)
        for alert in found.alerts[:MOST]:
            severity = f" ({safe(alert.severity)})" if alert.severity else ""
            rows.append(row("  ", cut(f"{safe(alert.name)}{severity} → {alert.action}", width - 2)))
    rows += _small(found, width)
    return rows


def _missing(links: Links, width: int) -> Block:
    """The first link that does not hold, with its place, and the names of the others."""
    first = links.missing
    if first is None:
        return []
    others = [link.id for link in links.links if link.status != "met" and link.id != first.id]
    more = f"; also {', '.join(others)}" if others else ""
    place = first.place or (links.subject.place if links.subject is not None else None)
    at = f"{safe(short(place))} " if place is not None else ""
    return [row("  ", line) for line in wrapped(f"{first.id}: {at}{safe(first.message)}{more}", width - 2, 2)]


def _small(found: Measures, width: int) -> Block:
    rows: Block = []
    if found.traced:
        for kind in ("model", "feature"):
            levels_of = Counter(one.level for one in found.traced if one.kind == kind)
            if levels_of:
                said = ", ".join(f"{count} at level {level}" for level, count in sorted(levels_of.items(), reverse=True))
                rows.append(row(("LINEAGE", "bold"), cut(f" of {plural(levels_of.total(), kind)}: {said} (of 4)", width - 7)))
    if found.shift_left is not None:
        late = next((read for read in found.reads if read.distance is None), None)
        said = f" {found.shift_left:.0%} of what {plural(len(found.reads), 'read')} reach stands behind a check"
        rows.append(row(("SHIFT LEFT", "bold"), cut(said, width - 10)))
        if late is not None:
            rows.append(row("  ", cut(f"never checked: {safe(short(late.place))} {safe(late.label)}", width - 2)))
    for one in found.objectives[:MOST]:
        target = f" {safe(one.target)} {one.unit}".rstrip() if one.target else ""
        joined = f", emitted at {safe(short(one.joined[0]))}" if one.joined else ""
        problem = f"; {safe(one.problem)}" if one.problem else ""
        rows.append(row(("SLO", "bold"), cut(f" {safe(one.name)}{target} ({one.stands}){joined}{problem}", width - 3)))
    for timed in found.latency[:MOST]:
        watched = "watched" if timed.watched else "nobody watches it"
        rows.append(
            row(("LATENCY", "bold"), cut(f" {timed.layer}: {safe(timed.name)} at {safe(short(timed.place))}, {watched}", width - 7))
        )
    for shown in found.importance[:MOST]:
        rows.append(
            row(("IMPORTANCE", "bold"), cut(f" at serving: {safe(shown.api)} at {safe(short(shown.place))} → {shown.goes}", width - 10))
        )
    return rows
