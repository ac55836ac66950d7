"""What a mutator sees: one path of evidence for a test, with the texts of the repository and the graph behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.analyze import Analysis
from mlrubric.model.graph import Node
from mlrubric.model.place import Place
from mlrubric.model.verdict import Evidence, Step


@dataclass(frozen=True, slots=True)
class Site:
    analysis: Analysis
    test: str
    evidence: Evidence
    broken: int = 0  # ways by which the test was earned and that are broken already

    @property
    def path(self) -> tuple[Step, ...]:
        return self.evidence.path

    @property
    def check(self) -> Step:
        """What earns the credit, the end of the path."""
        return self.path[-1]

    def text(self, path: str) -> str:
        return self.analysis.texts(path) or ""

    def steps(self, *kinds: str) -> Iterator[Step]:
        """The steps of some kinds, the nearest to the check first."""
        return (step for step in reversed(self.path) if step.kind in kinds)

    def nodes_at(self, place: Place) -> list[Node]:
        return [node for node in self.analysis.graph.nodes if node.place.path == place.path and node.place.span == place.span]
