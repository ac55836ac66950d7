"""Features that are made in SQL: what a query learns from rows that are split afterwards, and what the query of the serving side learns
anew or says a second time. Who uses a query is told by the code that names its file or holds its text, never by a folder's name."""

from __future__ import annotations

from mlrubric.graph.queries.leaks import mark_leaks
from mlrubric.graph.queries.marks import Marks
from mlrubric.graph.queries.second import mark_second
from mlrubric.graph.queries.uses import Uses
from mlrubric.graph.serving import Sides
from mlrubric.graph.world import World


def mark_queries(world: World, sides: Sides) -> None:
    """Nodes for numbers that queries learn (`seen`, `refit`) and columns that they derive a second time (`twin`), where that is known."""
    uses = Uses(world, sides)
    if not uses.all:
        return
    marks = Marks(world)
    mark_leaks(world, uses, marks)
    mark_second(world, sides, uses, marks)
