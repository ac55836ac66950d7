"""Whether a training sees fresh data, and whether a release comes out of the run that trained."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.processes import Processes
from mlrubric.graph.world import World

FITS = ("model.fit", "model.tune")
RELEASES = ("model.register", "model.promote", "model.deploy", "artifact.upload", "run.log_model")
CONSTANT = frozenset({"tracked", "pinned", "versioned", "bundled"})
FRESH = frozenset({"url", "bucket", "store", "database", "untracked"})
NO_RUN = frozenset({"document", "trigger", "test", "class"})


def mark_fresh(world: World) -> None:
    """`fresh` on every training: `false` when all that it reads is fixed by the commit, `true` when something comes in that is not, and
    `unknown` when no read is known to reach it; `feeds_fit` on checks of data: whether what they hand on is trained with."""
    graph = world.graph
    view = Processes(graph)
    feeding = set[int]()
    for fit in graph.with_role(*FITS):
        if is_test_code(graph.nodes[fit].place.path):
            continue
        behind = view.sweep([fit], back=True)
        feeding.update(behind)
        reads = [n for n in behind if {"data.read", "artifact.download", "feature.serve"} & set(graph.nodes[n].roles)]
        origins = {graph.nodes[n].attributes.get("origin", "store" if "feature.serve" in graph.nodes[n].roles else "") for n in reads}
        fresh = (
            "true"
            if origins & FRESH
            else "false"
            if origins and origins - {"produced", "left"} <= CONSTANT and origins & CONSTANT
            else "unknown"
        )
        graph.nodes[fit].attributes["fresh"] = fresh
    for check in graph.with_role("data.validate"):
        graph.nodes[check].attributes["feeds_fit"] = "true" if check in feeding else "false"


def mark_released(world: World) -> None:
    """`after_fit` on what releases a model: whether what runs it also trains, or the model comes from a training by flow."""
    graph = world.graph
    fits = [n for n in graph.with_role(*FITS) if not is_test_code(graph.nodes[n].place.path)]
    tests = graph.of_kind("test")
    training = graph.sweep(fits, RUNS, back=True, stop=tests)
    flows = graph.sweep(fits, FLOWS)
    for node in graph.with_role(*RELEASES):
        one = graph.nodes[node]
        if is_test_code(one.place.path):
            continue
        same = node in flows
        if not same:
            above = graph.sweep([node], RUNS, back=True, stop=tests)
            same = any(n in training and graph.nodes[n].kind not in NO_RUN for n in above)
        one.attributes["after_fit"] = "true" if same else "false"
