"""What a vulnerability audit found becomes attributes of the requirement nodes, so that a rule can judge them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlrubric.audit import AuditResult, attributes_of, audit, pins_of
from mlrubric.graph.graph import Graph
from mlrubric.model.facts import FileFacts
from mlrubric.model.place import Place


def look_up(graph: Graph, facts: Iterable[FileFacts], osv_url: str | None = None) -> AuditResult:
    """Audits every pin of the repository and tells the graph. The only thing that touches the network, and only when it was asked for."""
    result = audit(pins_of(facts), osv_url=osv_url)
    tell_requirements(graph, attributes_of(result))
    return result


def tell_requirements(graph: Graph, told: Mapping[Place, Mapping[str, str]]) -> None:
    """Adds the attributes to the node at each place. A line of a lock file has no node of its own and gets one when it is vulnerable."""
    nodes = {graph.nodes[number].place: graph.nodes[number] for number in graph.of_kind("requirement")}
    for place in sorted(told):
        attributes = told[place]
        if place in nodes:
            nodes[place].attributes.update(attributes)
        elif attributes.get("vulnerable") == "true":
            graph.add("requirement", attributes["name"], place, **attributes)
