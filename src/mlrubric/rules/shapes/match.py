"""`match`: nodes that fit a selector. For a rule each is a defect, for a rubric test each is evidence. `toward` names the attribute that
holds the nodes it gets to or stands beside: they are related (with `toward_words`, those of the node, or their own), and the flow to the
first of them is shown where there is one."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.graph import FLOWS
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit


def ask(picture: Picture, table: Table) -> Answer:
    toward, words = str(table.get("toward", "")), str(table.get("toward_words", ""))
    hits = [_hit(picture, n, toward, words) for n in select(picture, table)]
    return Answer(met=hits, unmet=hits)


def _hit(picture: Picture, node: int, toward: str, words: str) -> Hit:
    graph = picture.graph
    others = [int(n) for n in graph.nodes[node].attributes.get(toward, "").split()] if toward else []
    if not others:
        return Hit(node)
    reached = graph.sweep([node], FLOWS, stop=others)
    words = graph.nodes[node].attributes.get(f"{toward}_words", words)
    path = graph.path(reached, others[0]) if others[0] in reached and others[0] != node else []
    return Hit(node, path, [(n, words or graph.nodes[n].label) for n in others])
