"""Questions that are asked after the training: how old, how finite, how good what is served turned out to be."""

from __future__ import annotations

from mlrubric.graph.watch.ages import mark_ages
from mlrubric.graph.watch.answered import Answered
from mlrubric.graph.watch.finite import mark_finite
from mlrubric.graph.watch.served import mark_served
from mlrubric.graph.world import World


def mark_later(world: World) -> None:
    """The roles of monitoring that follow from what flows into a condition."""
    answered = Answered(world)
    mark_ages(world, answered)
    mark_finite(world, answered)
    mark_served(world, answered)
