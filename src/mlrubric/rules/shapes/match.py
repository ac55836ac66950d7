"""`match`: nodes that fit a selector. For a rule each is a defect, for a rubric test each is evidence."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit


def ask(picture: Picture, table: Table) -> Answer:
    """With `related`, the node whose number that attribute holds is shown beside each hit, with the words of `related_words`."""
    hits = [Hit(n) for n in select(picture, table)]
    if "related" in table:
        words = str(table.get("related_words", ""))
        for hit in hits:
            other = picture.graph.nodes[hit.node].attributes.get(str(table["related"]), "")
            if other:
                hit.related.append((int(other), words or picture.graph.nodes[int(other)].label))
    return Answer(met=hits, unmet=hits)
