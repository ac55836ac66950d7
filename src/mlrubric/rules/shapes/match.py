"""`match`: nodes that fit a selector. For a rule each is a defect, for a rubric test each is evidence."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit


def ask(picture: Picture, table: Table) -> Answer:
    hits = [Hit(n) for n in select(picture, table)]
    return Answer(met=hits, unmet=hits)
