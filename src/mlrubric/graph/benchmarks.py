"""Benchmarks in tests: what they time, and whether one that has become slower fails the run."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.derive import run_by
from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World
from mlrubric.model.facts import Setting

FAILS = "--benchmark-compare-fail"
OFF = ("--benchmark-disable", "--benchmark-skip")


def mark_benchmarks(world: World) -> None:
    """`timed` on calls in tests that time the function they are handed; `check.cost` and a gate where the runner is told how much slower
    than the last time is too much."""
    graph, code = world.graph, world.code
    found: list[int] = []
    for node in graph.with_role("measure.time"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or "@function" not in meaning.arguments or not is_test_code(graph.nodes[node].place.path):
            continue
        graph.nodes[node].attributes["timed"] = " ".join(sorted(run_by(graph, code, op) - {"measure.time"} or {"code"}))
        found.append(node)
    if not found:
        return
    everywhere = any(s.route.rpartition(".")[2] == "addopts" and FAILS in s.value for _, s in world.every(Setting))
    telling = [n for n in graph.of_kind("command") if FAILS in graph.nodes[n].label and not any(o in graph.nodes[n].label for o in OFF)]
    compared = graph.sweep(telling, RUNS)
    for node in found:
        if everywhere or node in compared:
            graph.give(node, "check.cost")
            graph.nodes[node].gate = True
