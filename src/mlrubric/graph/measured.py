"""Qualities that were written to a file: who reads it back holds an evaluation."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.paths import ends_alike

JOINS = frozenset({"join"})


def measured_reads(graph: Graph, code: Code) -> list[int]:
    """Operations that read a file into which an evaluation was written, here or in another program; models aside."""
    written: set[int] = set()
    for node, op in code.node_op.items():
        if "model.evaluate" in code.about(op):
            written |= {e.target for e in graph.successors(node, ("write",)) if graph.nodes[e.target].kind != "model"}
    found: set[int] = set()
    nodes = graph.nodes
    same = graph.sweep(written, JOINS, allow=lambda e: ends_alike(nodes[e.source].label, nodes[e.target].label)) if written else {}
    for artifact in same:
        for edge in graph.successors(artifact, ("read",)):
            reader = code.node_op.get(edge.target)
            if reader is not None and "model.load" not in graph.nodes[edge.target].roles:
                found.add(reader)
    return sorted(found)
