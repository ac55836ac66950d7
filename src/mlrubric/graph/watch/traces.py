"""Where spans go: to something that keeps them, or only to a log."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.world import World
from mlrubric.knowledge.metrics import load_metrics
from mlrubric.model.facts import TelemetryPipeline


def mark_traces(world: World) -> None:
    """`exported` on spans: `nowhere` when every pipeline of traces here, or every exporter of the code, only prints them."""
    graph = world.graph
    spans = graph.with_role("trace.span")
    if not spans:
        return
    known = load_metrics()
    pipelines = [one for _, one in world.every(TelemetryPipeline) if one.signal == "traces"]
    exporters = [graph.nodes[n].api for n in graph.with_role("trace.export") if not is_test_code(graph.nodes[n].place.path)]
    kept = [e for one in pipelines for e in one.exporters if not known.drops(e.partition("/")[0])]
    sent = [api for api in exporters if not known.drops(api)]
    nowhere = bool(pipelines and not kept) or bool(exporters and not sent)
    for node in spans:
        graph.nodes[node].attributes["exported"] = "nowhere" if nowhere else "somewhere" if kept or sent else "unseen"
