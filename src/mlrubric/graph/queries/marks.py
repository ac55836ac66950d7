"""The nodes that stand for what queries say: numbers over all rows, statements, and columns that are derived."""

from __future__ import annotations

import posixpath

from mlrubric.graph.queries.uses import Used
from mlrubric.graph.world import World
from mlrubric.model.documents import DerivedColumn
from mlrubric.model.place import Place

SHOWN = 3


class Marks:
    def __init__(self, world: World) -> None:
        self.world, self.graph = world, world.graph
        self._known: dict[tuple[str, Place], int] = {}

    def number(self, used: Used) -> int:
        """The node of the first number that a statement learns, which speaks for all of them."""
        learns = used.fact.learns
        names = list(dict.fromkeys(f"{n.name.upper()}({n.column})" for n in learns))
        who = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        return self._node(who, learns[0].place, used, "data.statistic", who=who)

    def statement(self, used: Used) -> int:
        return self._node(posixpath.basename(used.path), used.fact.place, used)

    def column(self, used: Used, column: DerivedColumn) -> int:
        return self._node("derivation", column.place, used)

    def _node(self, label: str, place: Place, used: Used, role: str = "", /, **attributes: str) -> int:
        key = (label, place)
        if key not in self._known:
            node = self._known[key] = self.graph.add("op", label, place, (role,) if role else (), label, **attributes)
            for holder in sorted(used.holders):
                self.graph.connect(holder, node, "run", place)
        return self._known[key]
