"""`agree`: nodes of two selections that join on one attribute must have the same value of another."""

from __future__ import annotations

from typing import cast

from mlrubric.graph.build import Picture
from mlrubric.rules.rule import Table
from mlrubric.rules.select import select
from mlrubric.rules.shapes import Answer, Hit

Selector = Table | str | list[str]


def ask(picture: Picture, table: Table) -> Answer:
    """Unmet: each node of `right` whose `on` value differs from that of the `left` node with the same `join` value."""
    nodes = picture.graph.nodes
    join, on = str(table["join"]), str(table["on"])
    left: dict[str, int] = {}
    for node in select(picture, cast("Selector", table["left"])):
        left.setdefault(_value(nodes[node].attributes, join, nodes[node].label), node)
    answer = Answer()
    for node in select(picture, cast("Selector", table["right"])):
        other = left.get(_value(nodes[node].attributes, join, nodes[node].label))
        if other is None or other == node:
            continue
        same = nodes[other].attributes.get(on) == nodes[node].attributes.get(on)
        (answer.met if same else answer.unmet).append(Hit(node, [], [(other, nodes[other].label)]))
    return answer


def _value(attributes: dict[str, str], key: str, label: str) -> str:
    return label if key == "label" else attributes.get(key, "")
