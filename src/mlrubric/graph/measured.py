"""Qualities that were written to a file: who reads it back holds an evaluation."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.paths import ends_alike

JOINS = frozenset({"join"})


def measured_files(graph: Graph, code: Code, role: str = "model.evaluate") -> list[int]:
    """Files into which an evaluation (or what has another role) was written, and other spellings of them; models aside."""
    written: set[int] = set()
    for node, op in code.node_op.items():
        if role in code.about(op):
            written |= {e.target for e in graph.successors(node, ("write",)) if graph.nodes[e.target].kind != "model"}
    nodes = graph.nodes
    same = graph.sweep(written, JOINS, allow=lambda e: ends_alike(nodes[e.source].label, nodes[e.target].label)) if written else {}
    return list(same)


def measured_reads(graph: Graph, code: Code, role: str = "model.evaluate") -> list[int]:
    """Operations that read such a file, in the same program or in another one."""
    found: set[int] = set()
    for artifact in measured_files(graph, code, role):
        for edge in graph.successors(artifact, ("read",)):
            reader = code.node_op.get(edge.target)
            if reader is not None and "model.load" not in graph.nodes[edge.target].roles:
                found.add(reader)
    return sorted(found)
