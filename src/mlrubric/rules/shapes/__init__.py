"""The six shapes of a question to the graph, one module each: `ask(picture, table) -> Answer`."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlrubric.model.graph import Edge

Hops = list[tuple[int, Edge | None]]


@dataclass(slots=True)
class Hit:
    """One subject of the answer: the node, the path that shows it, related nodes with words."""

    node: int
    path: Hops = field(default_factory=list)
    related: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """`met` are the subjects for which the wanted state holds (a rubric test's evidence), `unmet` those for which it does not
    (findings)."""

    met: list[Hit] = field(default_factory=list)
    unmet: list[Hit] = field(default_factory=list)
