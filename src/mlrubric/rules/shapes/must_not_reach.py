"""`must_not_reach`: data of a `from` node may not flow to a `to` node. `at` says which end is the defect."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from mlrubric.graph.build import Picture
from mlrubric.graph.graph import FLOWS, Graph
from mlrubric.model.graph import Edge
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit

Selector = Table | str | list[str]


def ask(picture: Picture, table: Table) -> Answer:
    """Unmet: each offending end, with the flow and the other end as related place. `local = true` keeps to one file."""
    graph = picture.graph
    goals = set(select(picture, cast("Selector", table["to"])))
    local, at = bool(table.get("local", False)), str(table.get("at", "from"))
    barrier = set(select(picture, cast("Selector", table["except"]))) if "except" in table else set()
    answer = Answer()
    seen: set[int] = set()
    for start in select(picture, cast("Selector", table["from"])):
        reached = graph.sweep([start], FLOWS, stop=barrier - {start}, allow=_inside(graph, start) if local else None)
        ends = sorted(g for g in goals if g in reached and g != start and g not in barrier)
        if not ends:
            answer.met.append(Hit(start))
            continue
        end = ends[0]
        subject, other = (start, end) if at == "from" else (end, start)
        if subject not in seen:
            seen.add(subject)
            answer.unmet.append(Hit(subject, graph.path(reached, end), [(other, graph.nodes[other].label)]))
    return answer


def _inside(graph: Graph, start: int) -> Callable[[Edge], bool]:
    """Edges that stay in the file of the start."""
    path = graph.nodes[start].place.path
    return lambda edge: graph.nodes[edge.target].place.path == path
