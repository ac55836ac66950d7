"""`match`: nodes that fit a selector. For a rule each is a defect, for a rubric test each is evidence. `toward` names the attribute that
holds the nodes it gets to: they are related, and the flow to the first of them is shown."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.graph import FLOWS
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit


def ask(picture: Picture, table: Table) -> Answer:
    toward = str(table.get("toward", ""))
    hits = [_hit(picture, n, toward) for n in select(picture, table)]
    return Answer(met=hits, unmet=hits)


def _hit(picture: Picture, node: int, toward: str) -> Hit:
    graph = picture.graph
    others = [int(n) for n in graph.nodes[node].attributes.get(toward, "").split()] if toward else []
    if not others:
        return Hit(node)
    reached = graph.sweep([node], FLOWS, stop=others)
    path = graph.path(reached, others[0]) if others[0] in reached and others[0] != node else []
    return Hit(node, path, [(n, graph.nodes[n].label) for n in others])
