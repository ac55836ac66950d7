"""Qualities that were written to a file: who reads it back holds an evaluation."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph

JOINS = frozenset({"join"})


def measured_reads(graph: Graph, code: Code) -> list[int]:
    """Operations that read a file into which an evaluation was written, here or in another program; models aside."""
    written: set[int] = set()
    for node, op in code.node_op.items():
        if "model.evaluate" in code.about(op):
            written |= {e.target for e in graph.successors(node, ("write",)) if graph.nodes[e.target].kind != "model"}
    found: set[int] = set()
    for artifact in graph.sweep(written, JOINS, allow=lambda e: _alike(graph, e.source, e.target)) if written else ():
        for edge in graph.successors(artifact, ("read",)):
            reader = code.node_op.get(edge.target)
            if reader is not None and "model.load" not in graph.nodes[edge.target].roles:
                found.add(reader)
    return sorted(found)


def _alike(graph: Graph, one: int, other: int) -> bool:
    """Two spellings of one file, no folder and a file in it."""
    return graph.nodes[one].label.rpartition("/")[2] == graph.nodes[other].label.rpartition("/")[2]
