"""What the query of the serving side learns anew from its own rows, or derives a second time beside the query of the training."""

from __future__ import annotations

import posixpath

from mlrubric.graph.queries.marks import Marks
from mlrubric.graph.queries.uses import Used, Uses
from mlrubric.graph.serving import Sides
from mlrubric.graph.twins import Twins, alike, listed
from mlrubric.graph.world import World
from mlrubric.model.documents import DerivedColumn

ALIKE = 0.8  # of the tokens of two derivations in SQL, which name columns too
SEVERAL = 2  # columns that two queries derive alike
ENOUGH = 8  # tokens that they say together

TYPES = frozenset(
    [
        "cast", "safe_cast", "try_cast", "date", "datetime", "timestamp", "float", "float64", "double", "precision", "real", "numeric",
        "decimal",
        "int", "int64", "integer", "bigint", "smallint", "string", "varchar", "text", "char", "bool", "boolean", "from", ":",
    ]
)  # fmt: skip

Pair = tuple[DerivedColumn, DerivedColumn]


def mark_second(world: World, sides: Sides, uses: Uses, marks: Marks) -> None:
    """`refit` on numbers of a query that is used to predict, `twin` on the first column that it derives as the training does."""
    for one in uses.all:
        if one.fact.learns and uses.both(one):
            world.graph.nodes[marks.number(one)].attributes["refit"] = "again"
    served = [one for one in uses.all if uses.serves(one)]
    trained = [one for one in uses.all if uses.trains(one)] if served else []
    if not trained:
        return
    twins = Twins(world, sides)
    for one in served:
        near = [other for other in trained if twins.together(posixpath.dirname(one.path), posixpath.dirname(other.path))]
        other = max(near, key=lambda other: _nearness(one, other), default=None)
        if other is None:
            continue
        _refit(world, one, other, marks)
        _twin(world, one, other, marks)


def _nearness(one: Used, other: Used) -> tuple[int, int, int]:
    shared = len(_numbers(one, other)) + len(_pairs(one, other))
    return shared, len(posixpath.commonprefix([one.path, other.path])), -other.fact.place.span.line


def _numbers(one: Used, other: Used) -> list[str]:
    """The columns that both statements change by the same number over their own rows."""
    there = {(n.name, n.column, n.use) for n in other.fact.learns}
    return [n.yields for n in one.fact.learns if (n.name, n.column, n.use) in there]


def _refit(world: World, one: Used, other: Used, marks: Marks) -> None:
    if _numbers(one, other):
        node = world.graph.nodes[marks.number(one)]
        node.attributes.update(refit="batch", toward=str(marks.number(other)))


def _pairs(one: Used, other: Used) -> list[Pair]:
    """Columns of one name and like expressions, but for those with a number over the rows in them, and mere changes of type."""
    there = {column.name: column for column in other.fact.derives}
    learnt = {n.yields for n in one.fact.learns}
    here = {
        column.name: column for column in one.fact.derives if column.name in there and column.name not in learnt and _weight(column) > 1
    }
    return [(c, there[name]) for name, c in here.items() if alike(c.tokens, there[name].tokens) >= ALIKE]


def _weight(column: DerivedColumn) -> int:
    """How much an expression says besides types."""
    return sum(token not in TYPES for token in column.tokens)


def _twin(world: World, one: Used, other: Used, marks: Marks) -> None:
    pairs = _pairs(one, other)
    if len(pairs) < SEVERAL or sum(_weight(column) for column, _ in pairs) < ENOUGH:
        return
    first, its = min(pairs, key=lambda pair: pair[0].place.span.line)
    node, twin = marks.column(one, first), marks.column(other, its)
    columns = listed([column.name for column, _ in pairs])
    world.graph.nodes[node].attributes.update(twin=str(twin), twin_kind="copy", columns=columns)
