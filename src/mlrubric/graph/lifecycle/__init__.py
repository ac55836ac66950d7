"""What the maturity models ask of the way from data to service: how training is put together, run, recorded and released."""

from __future__ import annotations

from collections.abc import Collection

from mlrubric.graph.automation import Schedule
from mlrubric.graph.gates import Guarded
from mlrubric.graph.lifecycle.audited import mark_audited
from mlrubric.graph.lifecycle.delivered import mark_environments, mark_tracked
from mlrubric.graph.lifecycle.loops import mark_loops
from mlrubric.graph.lifecycle.orchestrated import mark_orchestrated
from mlrubric.graph.lifecycle.recorded import mark_recorded
from mlrubric.graph.lifecycle.traced import mark_lineage
from mlrubric.graph.lifecycle.trained import mark_fresh, mark_released
from mlrubric.graph.world import World


def mark_lifecycle(world: World, real: Schedule, guarded: Collection[Guarded]) -> None:
    """All attributes of this room; `real` leaves out what only tests run."""
    mark_orchestrated(world)
    mark_recorded(world, real)
    mark_fresh(world)
    mark_released(world)
    mark_environments(world)
    mark_tracked(world, real)
    mark_audited(world, guarded)
    mark_loops(world, real)
    mark_lineage(world)
