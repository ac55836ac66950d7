"""`absent`: the `given` nodes are there, but no node that fits `node` is; each given node is a defect (or `per = "file"`, the first in
its file)."""

from __future__ import annotations

from typing import cast

from mlrubric.graph.build import Picture
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit


def ask(picture: Picture, table: Table) -> Answer:
    given = select(picture, cast("Table", table["given"]))
    there = select(picture, cast("Table", table["node"]))
    if there or not given:
        return Answer(met=[Hit(n) for n in there])
    return Answer(unmet=[Hit(n) for n in given])
