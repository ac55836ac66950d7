"""What a stage declares to read and write is what the code it runs reads and writes, where the code itself does not say which file.

A stage whose data is found in its code gives its own edges up: data flows through the operations, past the checks among them.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace

from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.world import World

ORDER = 70
MODELS = (".pkl", ".pickle", ".joblib", ".h5", ".keras", ".pt", ".pth", ".onnx", ".safetensors", ".bin", ".cbm", ".model")
UNPACKS = frozenset({"file.write"})
CODE = (".py", ".sh", ".ipynb", ".yaml", ".yml", ".toml", ".sql", ".r", ".txt", ".cfg", ".ini")


def link(world: World) -> None:
    """Connect declared files with the operations of each stage that read or write a file that is not known."""
    graph = world.graph
    stages = set(graph.of_kind("stage"))
    for stage in sorted(stages):
        inside = graph.sweep([stage], RUNS, stop=stages - {stage})
        reads = [e.source for e in graph.predecessors(stage, ("read",)) if not _is_code(graph, e.source)]
        writes = [e.target for e in graph.successors(stage, ("write",))]
        taken = [_feed(graph, artifact, inside, ("data.read", "model.load"), into=True) for artifact in reads]
        given = [_feed(graph, artifact, inside, ("data.write", "model.save"), into=False) for artifact in writes]
        if taken and given and any(taken) and any(given):
            _give_up(
                graph, stage, {a for a, ok in zip(reads, taken, strict=True) if ok}, {a for a, ok in zip(writes, given, strict=True) if ok}
            )


def _is_code(graph: Graph, artifact: int) -> bool:
    return graph.nodes[artifact].label.lower().endswith(CODE)


def _feed(graph: Graph, artifact: int, inside: dict[int, int], roles: tuple[str, str], *, into: bool) -> bool:
    """Whether code of the stage reads (writes) the artifact, after connecting the operations that may."""
    joined = {artifact, *(e.target for e in graph.successors(artifact, ("join",)))}
    kind = ("read",) if into else ("write",)
    ends = {
        e.target if into else e.source for one in joined for e in (graph.successors(one, kind) if into else graph.predecessors(one, kind))
    }
    data, model = roles
    here = [n for n in ends if n in inside and graph.nodes[n].kind == "op"]
    unpacked = not into and bool(here) and all(set(graph.nodes[n].roles) >= UNPACKS and not _writes(graph, n, artifact) for n in here)
    if here and not unpacked:
        return True
    label = graph.nodes[artifact].label.lower()
    is_model = label.endswith(MODELS) or posixpath.basename(label).startswith("model")
    found = unpacked
    for node in graph.with_role(model) if is_model else graph.with_role(data) if into else graph.with_role(data, "artifact.download"):
        if node in inside and not _known(graph, node, kind[0]):
            graph.connect(*((artifact, node) if into else (node, artifact)), kind[0], graph.nodes[node].place, certain=False)
            found = True
    return found


def _writes(graph: Graph, op: int, artifact: int) -> bool:
    """Whether an operation writes the file itself, not the folder around it, into which it may unpack what was fetched."""
    return any(e.target == artifact for e in graph.successors(op, ("write",)))


def _known(graph: Graph, op: int, kind: str) -> bool:
    """Whether an operation names its file itself."""
    edges = graph.predecessors(op, ("read",)) if kind == "read" else graph.successors(op, ("write",))
    return any(e.certain for e in edges)


def _give_up(graph: Graph, stage: int, reads: set[int], writes: set[int]) -> None:
    """The stage's own edges to files that its code takes and gives stay as declarations, data does not flow along them."""
    for numbers, files, end in ((graph.incoming[stage], reads, "source"), (graph.outgoing[stage], writes, "target")):
        for number in numbers:
            edge = graph.edges[number]
            if edge.kind in ("read", "write") and getattr(edge, end) in files:
                graph.edges[number] = replace(edge, kind="declare")
