"""What a stage declares reaches the code it runs: an operation with an unknown path reads and writes the files of its stage."""

from __future__ import annotations

from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World

ORDER = 70
READING = ("data.read", "model.load")
WRITING = ("data.write", "model.save", "artifact.download", "file.write")
CODE = (".py", ".ipynb", ".sh", ".yaml", ".yml", ".toml", ".R", ".sql")


def link(world: World) -> None:
    """Uncertain read and write edges between declared files and operations below the stage."""
    graph = world.graph
    for stage in graph.of_kind("stage"):
        reads = [e.source for e in graph.predecessors(stage, ("read",)) if not graph.nodes[e.source].label.endswith(CODE)]
        writes = [e.target for e in graph.successors(stage, ("write",))]
        if not reads and not writes:
            continue
        for node in graph.sweep([stage], RUNS, stop=[n for n in graph.of_kind("stage") if n != stage]):
            one = graph.nodes[node]
            if one.kind != "op" or "path" in one.attributes:
                continue
            if set(one.roles) & set(READING):
                for artifact in reads:
                    graph.connect(artifact, node, "read", one.place, certain=False)
            if set(one.roles) & set(WRITING):
                for artifact in writes:
                    graph.connect(node, artifact, "write", one.place, certain=False)
