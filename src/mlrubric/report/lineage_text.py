"""A chain of lineage as rows for a terminal and as JSON."""

from __future__ import annotations

from mlrubric.model.lineage import Chain
from mlrubric.model.place import Place
from mlrubric.model.verdict import Step
from mlrubric.report.screen import Row, cut, row, safe, wrapped

Json = dict[str, object]
DEPTHS = (
    "0 of 4: what is read is not known",
    "1 of 4: the path to the data is known, its version is not",
    "2 of 4: the version of the data is fixed",
    "3 of 4: the runs record the commit and the data",
    "4 of 4: lineage is sent to a store",
)


def lineage_rows(chain: Chain, commit: str | None, width: int) -> list[Row]:
    """The start, what is upstream of it, where the data comes in, and the version of both code and data."""
    rows = [row((cut(f"{safe(chain.start.label)}  {chain.start.place}", width), "bold"))]
    rows.append(row(cut(f"lineage {DEPTHS[chain.level]}", width)))
    rows += [row(), row(("FROM", "bold"))]
    for hop in chain.hops[1:] if chain.hops and chain.hops[0].step.place == chain.start.place else chain.hops:
        edge = "" if hop.step.certain else " (guessed)"
        indent = "  " * min(hop.depth, 8)
        rows.append(row(cut(f"{indent}{safe(hop.step.kind)} {safe(hop.step.label)}  {hop.step.place}{edge}", width)))
    rows += [row(), row(("DATA", "bold"))]
    for source in chain.sources:
        rows.append(row("  ", cut(f"{safe(source.name)}  {source.step.place}", width - 2)))
        rows.append(row("    ", (cut(f"{source.origin}: {source.version or 'nothing fixes its version'}", width - 4), "dim")))
    if not chain.sources:
        rows.append(row("  no read is known to reach it"))
    rows += [row(), row(("CODE", "bold"))]
    rows.append(row("  ", cut(f"commit {commit}" if commit else "no commit is known: there is no git history here", width - 2)))
    kept = ", ".join(chain.records) or "nothing"
    rows.append(row("  ", cut(f"its runs record: {kept}", width - 2)))
    if chain.columns:
        rows += [row(), row(("COLUMNS", "bold")), *(row("  ", line) for line in wrapped(", ".join(map(safe, chain.columns)), width - 2, 6))]
    return rows


def lineage_document(chain: Chain, commit: str | None) -> Json:
    return {
        "format": "mlrubric-lineage/1",
        "start": _step(chain.start),
        "kind": chain.kind,
        "level": chain.level,
        "commit": commit,
        "hops": [{**_step(hop.step), "depth": hop.depth, "toward": hop.toward} for hop in chain.hops],
        "sources": [{**_step(s.step), "source": s.name, "origin": s.origin, "version": s.version or None} for s in chain.sources],
        "records": list(chain.records),
        "columns": list(chain.columns),
    }


def _step(step: Step) -> Json:
    return {**_at(step.place), "kind": step.kind, "label": step.label, "edge": step.edge, "certain": step.certain}


def _at(place: Place) -> Json:
    at: Json = {"file": place.path, "line": place.line}
    if place.cell is not None:
        at |= {"cell": place.cell, "cell_line": place.cell_line}
    return at
