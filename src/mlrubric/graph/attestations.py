"""What people attest, and what documents claim, as nodes: with what is wrong with it, so that a rule can speak of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlrubric.graph.graph import Graph
from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Stated:
    """An attestation of a file of this repository. `problem`: why it counts nothing; `ending`: when it soon will; `shown`: the place that
    contradicts it."""

    test: str
    status: str
    owner: str
    place: Place
    problem: str = ""
    ending: str = ""
    shown: Place | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sentence or badge that says that a test is done, while nothing of the kind is in the repository."""

    test: str
    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Stale:
    """A documented result that is so many days older than the code that it speaks of."""

    test: str
    days: int
    document: Place
    code: Place


def add_stale(graph: Graph, old: Iterable[Stale]) -> None:
    for one in old:
        node = graph.add("document", f"result of {one.test}", one.document, test=one.test, behind=str(one.days), code=one.code.path)
        _show(graph, node, one.code)


def add_claims(graph: Graph, claims: Iterable[Claimed]) -> None:
    for one in claims:
        graph.add("document", one.words, one.place, test=one.test, claim="nothing")


def add_attestations(graph: Graph, stated: Iterable[Stated]) -> None:
    for one in stated:
        node = graph.add("attestation", one.test, one.place, test=one.test, status=one.status, owner=one.owner)
        attributes = graph.nodes[node].attributes
        attributes["valid"] = "false" if one.problem else "ending" if one.ending else "true"
        attributes |= {name: said for name, said in (("problem", one.problem), ("ending", one.ending)) if said}
        if one.shown is not None:
            _show(graph, node, one.shown)


def _show(graph: Graph, node: int, place: Place) -> None:
    """Leads from a statement to what stands at a place."""
    other = next((n.id for n in graph.nodes if n.place == place and n.id != node), None)
    if other is not None:
        graph.nodes[node].attributes["shown"] = str(other)
