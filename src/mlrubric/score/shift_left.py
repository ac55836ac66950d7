"""How near to its read data is checked: hops to the first check, and the share of what the read reaches that stands behind checks."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.graph.processes import Processes
from mlrubric.model.measures import CheckedRead

FILES = ("dataset", "artifact", "model", "value")
MOST = 200


def checked_reads(picture: Picture) -> tuple[CheckedRead, ...]:
    """One for each read outside of tests whose data comes to something."""
    graph = picture.graph
    view = Processes(graph)
    checks = {n for n in graph.with_role("data.validate") if not is_test_code(graph.nodes[n].place.path)}
    found = []
    reads = [n for n in graph.with_role("data.read") if graph.nodes[n].kind == "op" and not is_test_code(graph.nodes[n].place.path)][:MOST]
    sweeps = {node: view.sweep([node]) for node in reads}
    for node, reached in sweeps.items():
        one = graph.nodes[node]
        if any(node in other and first not in reached for first, other in sweeps.items() if first != node):
            continue  # what it reads has come in before, by another read
        below = [n for n in reached if n != node and graph.nodes[n].kind not in FILES and graph.nodes[n].roles]
        below = [n for n in below if not is_test_code(graph.nodes[n].place.path)]
        hops = _hops(picture, reached)
        here = [n for n in reached if n in checks]
        first = min(here, key=lambda n: (hops[n], n), default=None)
        if not below:
            continue
        free = view.sweep([node], stop=checks)
        aside = first is not None and graph.nodes[first].gate and not any(e.target in reached for e in graph.successors(first, ("flow",)))
        near = hops[first] if first is not None else 0
        behind = [n for n in below if n != first and (n not in free or (aside and hops[n] > near))]
        if one.roles and node in checks:
            first, near, behind = node, 0, below
        found.append(
            CheckedRead(
                one.attributes.get("source") or one.label,
                one.place,
                near if first is not None else None,
                graph.nodes[first].place if first is not None else None,
                len(behind) + (1 if first is not None and first in below else 0),
                len(below),
            )
        )
    return tuple(found)


def _hops(picture: Picture, reached: dict[int, int]) -> dict[int, int]:
    """How many operations lie between the start and each node: values and files on the way do not count."""
    graph, hops = picture.graph, dict[int, int]()
    for node, number in reached.items():
        if number < 0:
            hops[node] = 0
            continue
        edge = graph.edges[number]
        before = edge.source if edge.target == node else edge.target
        hops[node] = hops[before] + (0 if graph.nodes[node].kind in FILES else 1)
    return hops
