"""Whether a check looks at the data that training reads."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.world import World

CHECKED = ("data.validate", "data.drift", "check.drift")


def mark_training(world: World) -> None:
    """`training_data` on checks of data: true when what they look at also reaches a fit, directly or through files and stages."""
    graph = world.graph
    fits = [n for n in graph.with_role("model.fit", "model.tune") if not is_test_code(graph.nodes[n].place.path)]
    training = set(fits)
    leading = graph.sweep(fits, RUNS, back=True)
    training.update(n for n in graph.of_kind("stage", "command") if n in leading)
    sources = graph.sweep(training, FLOWS, back=True)
    wanted = {n for n in sources if graph.nodes[n].kind in ("dataset", "artifact", "model") or "data.read" in graph.nodes[n].roles}
    reached = graph.sweep(wanted, FLOWS)
    for node in graph.with_role(*CHECKED):
        graph.nodes[node].attributes["training_data"] = "true" if node in reached else "false"
