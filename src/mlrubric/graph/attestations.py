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
            other = next((n.id for n in graph.nodes if n.place == one.shown and n.id != node), None)
            if other is not None:
                attributes["shown"] = str(other)
