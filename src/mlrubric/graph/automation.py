"""How a node comes to be executed: by a live recurring trigger with its failure kept, with its failure lost, by hand, or not at all.

One sweep a level over the run edges, from the best level to the worst, answers for every node at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.model.graph import Edge, Node
from mlrubric.model.place import Span
from mlrubric.model.verdict import Broken, Step

TIME = frozenset({"schedule", "event", "alert", "serving", "bot", "repository_dispatch"})
UNTIMED = "not by time"  # on a hop that runs of a schedule do not take
CANNOT = "cannot run: "  # how the reason begins when a hop ends at once: what it leads to is not wired
RUNNABLE = frozenset({"op", "command", "step", "job", "stage", "test", "function", "notebook", "trigger", "workflow"})
LEVELS = ("kept", "lost", "skipped", "manual", "none")


@dataclass(frozen=True, slots=True)
class Automation:
    """`level`: kept (a live recurring trigger runs it and a failure counts), lost (it runs, the failure is swallowed), skipped (a
    condition keeps it from running), manual (a person can start it), none (nothing starts it). `timed` says that the best trigger is
    one of time, event or alert. `path` shows it; `broken` is the first hop that fails, None for kept."""

    level: str
    path: tuple[Step, ...]
    broken: Broken | None
    timed: bool = False
    confidence: float = 1.0


class Schedule:
    """The sweeps of all levels over one graph; ask `of(node)`. Without `through_tests`, what only a test calls counts as not run."""

    def __init__(self, graph: Graph, *, through_tests: bool = True) -> None:
        self.graph = graph
        tests = () if through_tests else graph.of_kind("test")
        live = [
            n
            for n in graph.of_kind("trigger")
            if graph.nodes[n].attributes.get("live") == "true" and graph.nodes[n].attributes.get("recurring") == "true"
        ]
        dead = [n for n in graph.of_kind("trigger") if n not in set(live)]
        timed = [n for n in live if graph.nodes[n].attributes.get("kind") in TIME]
        by_hand = [*dead, *graph.of_kind("stage", "document", "notebook"), *self._scripts()]
        self._by_hand_starts, self._tests = by_hand, tests
        self._attempts: dict[int, int] | None = None if by_hand else {}
        self._tops: dict[int, int] | None = None
        self._sweeps: list[tuple[str, bool, dict[int, int]]] = []
        for level, starts, allow in (
            ("kept", live, lambda e: not e.blocked and not e.loss),
            ("lost", live, lambda e: not e.blocked),
            ("skipped", live, None),
            ("manual", by_hand, lambda e: not e.blocked),
        ):
            if level in ("kept", "lost"):
                self._sweeps.append((level, True, graph.sweep(timed, RUNS, allow=by_time(allow), stop=tests)))
            self._sweeps.append((level, False, graph.sweep(starts, RUNS, allow=allow, stop=tests)))

    def _scripts(self) -> Iterable[int]:
        return (n for n in self.graph.of_kind("function", "module") if self.graph.nodes[n].attributes.get("entry") == "true")

    def of(self, node: int) -> Automation:
        """The best level of a node; at each level a path from a trigger of time or event comes first."""
        for level, by_time, reached in self._sweeps:
            if node in reached:
                hops = self.graph.path(reached, node)
                return Automation(level, self.graph.steps(hops), self._broken(level, hops), by_time, _confidence(hops))
        if self._attempts is None:
            self._attempts = self.graph.sweep(self._by_hand_starts, RUNS, stop=self._tests)
        if node in self._attempts:  # a person would start it, but it cannot run
            return Automation("none", (), self._broken("skipped", self.graph.path(self._attempts, node)))
        one = self.graph.nodes[node]
        what = "this test" if one.kind == "test" or is_test_code(one.place.path) else "it"
        return Automation("none", (), Broken("wired", one.place, f"nothing in this repository runs {what}"))

    def at(self, path: str, line: Span) -> Automation | None:
        """How a line of a file comes to be run: the best of what stands there, the narrowest first, at last the whole module; None when
        nothing of it can run."""
        inside = [n for n in self.graph.nodes if n.place.path == path]
        here = [n for n in inside if n.kind in RUNNABLE and n.place.span.meets(line)]
        here = here or [n for n in inside if n.kind in ("module", "notebook")]
        here.sort(key=lambda n: (_height(n), n.kind != "op", n.id))
        narrow = [n for n in here if _height(n) == _height(here[0])]
        found = [self._by_hand(n.id, self.of(n.id)) for n in narrow]
        return min(found, key=lambda a: (LEVELS.index(a.level), -len(a.path)), default=None)

    def _by_hand(self, node: int, said: Automation) -> Automation:
        """What nothing starts is run by hand where a program does it at its top: a module that works there, and that nobody imports."""
        if said.level != "none":
            return said
        if self._tops is None:
            nodes, edges = self.graph.nodes, self.graph.edges
            modules = [n for n in self.graph.of_kind("module") if not any(edges[e].kind == "import" for e in self.graph.incoming[n])]
            starts = [n for n in modules if any(edges[e].kind == "call" for e in self.graph.outgoing[n])]
            starts = [n for n in starts if not is_test_code(nodes[n].place.path)]
            self._tops = self.graph.sweep(starts, RUNS, allow=lambda e: not e.blocked)
        if node not in self._tops:
            return said
        hops = self.graph.path(self._tops, node)
        return Automation("manual", self.graph.steps(hops), self._broken("manual", hops), False, _confidence(hops))

    def reached(self, level: str) -> frozenset[int]:
        """All nodes that a level's sweep reaches."""
        return frozenset(n for name, _, reached in self._sweeps if name == level for n in reached)

    def _broken(self, level: str, hops: list[tuple[int, Edge | None]]) -> Broken | None:
        if level == "kept":
            return None
        nodes = self.graph.nodes
        if level == "lost":
            edge = next(e for _, e in hops if e is not None and e.loss)
            return Broken("consequential", edge.place or nodes[edge.target].place, edge.loss)
        if level == "skipped":
            edge = next(e for _, e in hops if e is not None and e.blocked)
            condition = "wired" if edge.blocked.startswith(CANNOT) else "not_skipped"
            return Broken(condition, edge.place or nodes[edge.target].place, edge.blocked)
        first = hops[0][0]
        start = nodes[first]
        if start.kind == "trigger":
            return Broken("live", start.place, start.attributes.get("reason") or f"{start.label} is started by hand only")
        if start.kind == "document" and len(hops) > 1:
            start = nodes[hops[1][0]]  # the command that it holds
            return Broken("live", start.place, "only a document says how to run it")
        words = {
            "document": "only a document says how to run it",
            "stage": "no trigger calls this stage",
            "notebook": "a notebook is run by hand",
        }
        return Broken("live", start.place, words.get(start.kind, "no trigger runs this script"))


def by_time(allow: Callable[[Edge], bool] | None) -> Callable[[Edge], bool]:
    """The hops that a run of time takes, of those that are allowed."""
    return lambda edge: edge.label != UNTIMED and (allow is None or allow(edge))


def _height(node: Node) -> int:
    return max(node.place.span.end_line - node.place.span.line, 0)


def _confidence(hops: list[tuple[int, Edge | None]]) -> float:
    """0.7 for every guessed hop."""
    confidence = 1.0
    for _, edge in hops:
        if edge is not None and not edge.certain:
            confidence *= 0.7
    return round(confidence, 3)
