"""Skew between training and serving: transformers that are dropped, fitted again, or written a second time by hand."""

from __future__ import annotations

from mlrubric.graph.queries import mark_queries
from mlrubric.graph.saved import mark_kept
from mlrubric.graph.serving import Sides, mark_refits
from mlrubric.graph.tokenised import mark_tokenised
from mlrubric.graph.twins import mark_twins
from mlrubric.graph.world import World


def mark_skew(world: World) -> None:
    """`refit` and `kept` on fits of transformers, `twin` on derivations and functions of the serving side, `told` on what makes
    numbers of texts there."""
    sides = Sides(world)
    mark_refits(world, sides)
    mark_kept(world, sides)
    mark_twins(world, sides)
    mark_tokenised(world, sides)
    mark_queries(world, sides)
