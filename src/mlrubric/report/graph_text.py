"""The pipeline graph as JSON (`mlrubric-graph/1`) and as DOT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mlrubric.model.graph import Edge, Node
from mlrubric.report.json_text import dumps
from mlrubric.source.escape import for_terminal

LONGEST_LABEL = 60
SHAPES = {"trigger": "cds", "artifact": "cylinder", "dataset": "cylinder", "model": "component", "test": "diamond", "document": "note"}
COLORS = {"blocking": "#2f855a", "notifying": "#2f855a", "recording": "#b7791f", "inert": "#c4473a"}


class GraphLike(Protocol):
    """What is printed of a graph."""

    @property
    def nodes(self) -> Sequence[Node]: ...

    @property
    def edges(self) -> Sequence[Edge]: ...


def graph_json(graph: GraphLike) -> str:
    """Contract 4.3; `role` is the first of the roles."""
    return dumps(
        {
            "format": "mlrubric-graph/1",
            "nodes": [
                {
                    "id": node.id,
                    "kind": node.kind,
                    "role": node.roles[0] if node.roles else None,
                    "label": node.label,
                    "file": node.place.path,
                    "line": node.place.line,
                    "gate": node.gate,
                    "consequence": node.consequence or None,
                    "roles": list(node.roles),
                    "api": node.api or None,
                }
                for node in graph.nodes
            ],
            "edges": [
                {
                    "source": edge.source,
                    "target": edge.target,
                    "kind": edge.kind,
                    "file": edge.place.path if edge.place else None,
                    "line": edge.place.line if edge.place else None,
                    "certain": edge.certain,
                    "loss": edge.loss or None,
                    "blocked": edge.blocked or None,
                }
                for edge in graph.edges
            ],
        }
    )


def graph_dot(graph: GraphLike) -> str:
    lines = ["digraph mlrubric {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif", fontsize=10];', "  edge [fontsize=9];"]
    for node in graph.nodes:
        given = {"label": f"{node.kind} {_short(node.label)}\n{node.place}", "shape": SHAPES.get(node.kind, "box")}
        if node.roles:
            given["tooltip"] = " ".join(node.roles)
        if node.consequence in COLORS:
            given["color"] = COLORS[node.consequence]
        lines.append(f"  n{node.id} [{_attributes(given)}];")
    for edge in graph.edges:
        given = {"label": edge.kind + (f": {edge.loss or edge.blocked}" if edge.loss or edge.blocked else "")}
        if edge.loss or edge.blocked:
            given["color"] = COLORS["inert"]
        if not edge.certain:
            given["style"] = "dashed"
        lines.append(f"  n{edge.source} -> n{edge.target} [{_attributes(given)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _attributes(given: dict[str, str]) -> str:
    return ", ".join(f"{key}={_quoted(value)}" for key, value in given.items())


def _quoted(text: str) -> str:
    return '"' + for_terminal(text, keep="\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _short(label: str) -> str:
    label = " ".join(label.split())
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
