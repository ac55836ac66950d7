"""Trainings that train nothing: in a function that nobody or only a test calls, or to see how long a step takes."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World

CALLS = frozenset({"call"})
CLOCKS = frozenset({"measure.time"})
KEEPS = frozenset(
    {
        "model.save",
        "model.register",
        "model.promote",
        "model.deploy",
        "model.evaluate",
        "model.compare",
        "model.predict",
        "run.log_model",
        "run.log_metric",
        "run.track",
        "run.log_artifact",
        "file.write",
        "data.write",
        "artifact.upload",
    }
)


def idle(world: World, fit: int) -> bool:
    """In a function of a notebook that no cell calls; in one that tests alone run; or in a program that measures times, and judges and
    keeps no model."""
    op = world.code.node_op.get(fit)
    if op is None:
        return False
    holder = world.code.holder(op)
    if world.code.program.unit(op).is_notebook:
        return world.graph.nodes[holder].kind == "function" and not any(True for _ in world.graph.predecessors(holder, ("call",)))
    above = world.graph.sweep([holder], CALLS, back=True)
    tops = [n for n in above if not any(True for _ in world.graph.predecessors(n, CALLS))]
    return _only_tested(world, holder) or _timed(world, holder, tops)


def _only_tested(world: World, holder: int) -> bool:
    """Whether every way to a function starts in a test; of what a library's decorator takes, nobody knows who runs it."""
    nodes, code = world.graph.nodes, world.code
    if nodes[holder].kind != "function":
        return False
    reached = world.graph.sweep([holder], RUNS, back=True, stop=[n for n in world.graph.of_kind("test", "module") if _of_test(world, n)])
    tops = [n for n in reached if _of_test(world, n) or not any(True for _ in world.graph.predecessors(n, RUNS))]
    registered = any(code.scope_node.get(scope) in reached for scope in code.resolver.wrapped)
    return bool(tops) and not registered and all(_of_test(world, n) for n in tops)


def _of_test(world: World, node: int) -> bool:
    return is_test_code(world.graph.nodes[node].place.path)


def _timed(world: World, holder: int, tops: list[int]) -> bool:
    graph = world.graph
    if not any(CLOCKS & set(graph.nodes[e.target].roles) for e in graph.successors(holder, CALLS)):
        return False
    return not any(KEEPS & set(graph.nodes[n].roles) for n in graph.sweep(tops, CALLS))
