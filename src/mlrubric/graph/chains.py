"""How far one run gets from data to an answer: what a job (with the jobs that it needs) or a test goes through, in the order of the data.

Each link of the chain must hand on to the next: rows that are read come to a training, what it saves is what is loaded afterwards, and what
is loaded answers, a request before all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from mlrubric.graph.code import is_test_code
from mlrubric.graph.earlier import earlier
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.references import serving_code
from mlrubric.graph.world import World
from mlrubric.model.graph import Edge

READS = ("data.read", "artifact.download", "feature.serve")
ANSWERS = ("model.predict", "model.evaluate")
FILES = frozenset({"write"})
LEVELS = ("", "trained", "measured", "answered", "served")


def mark_chains(world: World) -> None:
    """`chain` on jobs and tests, as far as failures count: served (the saved model answers a request), answered (it is loaded and
    predicts), measured (the trained model predicts or is evaluated), trained (data is read and trained on), or empty. `chain_lost` is the
    same where a failure on the way may be lost."""
    chains = _Chains(world)
    for node in world.graph.of_kind("job", "test"):
        kept, lost = chains.of(node)
        if lost:
            attributes = world.graph.nodes[node].attributes
            attributes["chain"], attributes["chain_lost"] = kept, lost


class _Chains:
    """What the questions of all runs have in common."""

    def __init__(self, world: World) -> None:
        self.world, self.graph = world, world.graph
        nodes = self.graph.nodes
        self.fits = {n for n in self.graph.with_role("model.fit") if not is_test_code(nodes[n].place.path)}
        self.tests = frozenset(self.graph.of_kind("test"))
        self.reads = set(self.graph.with_role(*READS))
        self.answers = set(self.graph.with_role(*ANSWERS))
        self.loads = set(self.graph.with_role("model.load"))
        self.measuring = {nodes[n].place.path for n in self.graph.with_role("model.evaluate")}  # files that measure
        asking = (n for n in self.graph.with_role("test.serve") if nodes[n].kind == "test")
        self.asks = {*self.graph.with_role("serve.client"), *asking}
        self.serving = serving_code(world) if self.fits and self.asks else set()
        leading = [self._leading(some) for some in (self.fits, self.reads, self.answers, self.loads | self.asks)]
        self.training, self.reading, self.answering, self.loading = leading

    def _leading(self, goals: Collection[int]) -> Collection[int]:
        return self.graph.sweep(goals, RUNS, back=True, allow=lambda e: not e.blocked).keys()

    def of(self, node: int) -> tuple[str, str]:
        """The level of a run where failures count, and where they may be lost."""
        needed = earlier(self.world, node) if self.graph.nodes[node].kind == "job" else []
        starts = [node, *needed]
        if not any(s in self.training for s in starts) or not any(s in self.reading for s in starts):
            return "", ""
        if self.graph.nodes[node].kind == "test" and node not in self.loading:
            level = "measured" if node in self.answering else ""
            return level, level  # that a test reads and trains is its own affair
        own = node in self.training or node in self.loading or node in self.answering
        lost = self._level(starts, lambda e: not e.blocked) if own else ""  # a job that does nothing of it itself is no end of a chain
        kept = self._level(starts, lambda e: not e.blocked and not e.loss) if lost else ""
        if self.graph.nodes[node].kind == "test" and lost == "trained":
            return "", ""
        return kept, lost

    def _level(self, starts: list[int], allow: Callable[[Edge], bool]) -> str:
        graph = self.graph
        inside = self._with_tops(graph.sweep(starts, RUNS, allow=allow))
        outside = graph.sweep(starts, RUNS, allow=allow, stop=self.tests.difference(starts))  # what one test makes is not for the next
        fits, reads = self.fits & outside.keys(), self.reads & inside.keys()
        if not fits or not reads:
            return ""
        run = _Run(self, inside.keys())
        if not self.answers & inside.keys():
            return "trained"
        if not fits & run.flow(reads).keys():
            return "measured"  # whether it learns from what is read is not seen
        loads = run.loads(fits)
        if not loads:
            return "measured"
        asks = self.asks & inside.keys()
        if asks and self._serving(asks, loads):
            return "served"
        return "answered" if any(run.answers(load) for load in loads) else "measured"

    def _with_tops(self, inside: Collection[int]) -> dict[int, int]:
        """What is gone through, and what the modules of the functions did when a framework entered them."""
        nodes, code, found = self.graph.nodes, self.world.code, dict.fromkeys(inside, -1)
        for path in sorted({nodes[n].place.path for n in inside if nodes[n].kind == "function"}):
            index = code.program.by_path.get(path)
            if index is not None:
                tops = (e.target for e in self.graph.successors(code.module_node[index], ("call",)))
                found.update(dict.fromkeys((n for n in tops if nodes[n].kind == "op"), -1))
        return found

    def _serving(self, asks: set[int], loads: list[int]) -> bool:
        """Whether what is asked has made one of the loads: itself, when its module was entered, or as a service that runs beside it."""
        nodes, code = self.graph.nodes, self.world.code
        behind = self.graph.sweep(asks, RUNS)
        files = {nodes[n].place.path for n in behind if nodes[n].kind in ("function", "module") and not is_test_code(nodes[n].place.path)}
        for load in loads:
            op = code.node_op.get(load)
            if op is None or load in behind or nodes[load].place.path in files or code.holder(op) in self.serving:
                return True
        return False


class _Run:
    """One run: the flow of data between what it goes through."""

    def __init__(self, chains: _Chains, inside: Collection[int]) -> None:
        self.chains, self.graph, self.inside = chains, chains.graph, inside

    def flow(self, starts: Collection[int]) -> dict[int, int]:
        return self.graph.sweep(starts, FLOWS, allow=self._within)

    def _within(self, edge: Edge) -> bool:
        return edge.target in self.inside or self.graph.nodes[edge.target].kind != "op"

    def loads(self, fits: Collection[int]) -> list[int]:
        """The loads of what the run itself has trained and saved: by the flow, or under the name of the file that it writes."""
        after = self.flow(fits)
        files = {_name(self.graph.nodes[e.target].label) for n in after for e in self.graph.successors(n, FILES)} - {""}
        found: list[int] = []
        for load in sorted(self.chains.loads & set(self.inside)):
            read = {_name(self.graph.nodes[e.source].label) for e in self.graph.predecessors(load, ("read",))}
            if load in after or read & files:
                found.append(load)
        return found

    def answers(self, load: int) -> bool:
        """Whether what was loaded predicts for more than an evaluation: nothing measures it, or it is code that answers others."""
        graph = self.graph
        for node in self.flow([load]):
            one = graph.nodes[node]
            if "model.predict" not in one.roles or "model.evaluate" in one.roles:
                continue
            if not is_test_code(one.place.path) and one.place.path not in self.chains.measuring:
                return True
            if not any("model.evaluate" in graph.nodes[n].roles for n in graph.next_by_flow([node])):
                return True
        return False


def _name(label: str) -> str:
    """The last part of a path, or the name in a registry without its version."""
    return re.split("[:@]", label.rstrip("/").rpartition("/")[2])[0]
