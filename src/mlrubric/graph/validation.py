"""Whether the data of a training is checked on every way that leads to it, by a check that can stop the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache

from mlrubric.graph.code import is_test_code
from mlrubric.graph.earlier import earlier, positions
from mlrubric.graph.gates import decides
from mlrubric.graph.graph import RUNS
from mlrubric.graph.idle import idle
from mlrubric.graph.order import Order
from mlrubric.graph.processes import Processes
from mlrubric.graph.values import number
from mlrubric.graph.world import World
from mlrubric.model.graph import Node

READS = ("data.read", "feature.serve")
FITS = ("model.fit", "model.tune")
FILES = ("artifact", "dataset")


def mark_validated(world: World) -> None:
    """`validated` on every training that reads data: true, false, or none when no read is known to reach it; `frozen` on those that read
    only what comes with a library; and `leads` on the trainings that stand for others (the steps of one loop, a cross-validation beside
    the fit)."""
    graph = world.graph
    view = Processes(graph)
    checks = frozenset(n for n in graph.with_role("data.validate") if graph.nodes[n].gate and _asks(graph.nodes[n]) and not _lost(world, n))
    ahead = cache(lambda node: checks & view.sweep([node]).keys())  # the checks that look at what comes from a read or a file
    readers = frozenset(graph.with_role(*READS))
    learnt = graph.with_role("model.fit")
    fits: dict[int, list[int]] = {}
    for fit in graph.with_role(*FITS):
        if fit in world.code.node_op:
            fits.setdefault(world.code.program.scope_id(world.code.node_op[fit]), []).append(world.code.node_op[fit])
    for fit in graph.with_role(*FITS):
        attributes = graph.nodes[fit].attributes
        attributes["leads"] = "true" if _leads(world, fit, fits) else "false"
        attributes["idle"] = "true" if idle(world, fit) else "false"
        if is_test_code(graph.nodes[fit].place.path):
            continue
        other = [n for n in learnt if n != fit]  # what another training has seen, its model brings along, and not the data
        behind = view.sweep([fit], back=True, stop={*checks, *other})
        if behind.keys() & readers and all(graph.nodes[n].attributes.get("origin") == "bundled" for n in behind.keys() & readers):
            attributes["frozen"] = "true"  # the same rows for ever
        reads = sorted(n for n in behind if n in readers and n not in checks and graph.nodes[n].attributes.get("origin") != "bundled")
        good = {n for n in reads if _checked(world, view, fit, n, ahead)}
        open_ = view.sweep(
            [fit], back=True, stop={*checks, *good, *other}
        )  # what comes in before a read that is checked is checked with it
        free = [n for n in reads if n in open_ and n not in good and not _fed(view, n, {*reads, *checks})]
        attributes["validated"] = "false" if free else "true" if reads or any(c in behind for c in checks) else "none"
        if free:
            attributes["unchecked"] = str(graph.nodes[free[0]].place)
    _handed(world)


def _fed(view: Processes, read: int, others: set[int]) -> bool:
    """Whether what is read has come in before: by another read, or past a check, in an earlier step."""
    return any(n in others for n in view.sweep([read], back=True, until=others) if n != read)


def _handed(world: World) -> None:
    """A training inside a function that another training is given, together with the data, is a part of that one."""
    graph, code = world.graph, world.code
    fits = {code.node_op[n]: n for n in graph.with_role(*FITS) if n in code.node_op}
    outer = {op for op, n in fits.items() if graph.nodes[n].attributes.get("validated", "none") != "none"}
    calls: dict[int, list[int]] = {}
    for call, targets in code.resolver.targets.items():
        for target in targets:
            if target[0] == "callback":
                calls.setdefault(number(target), []).append(call)
    for op, node in fits.items():
        chain, waiting = set[int](), [code.program.scope_id(op)]
        while waiting:
            scope = waiting.pop()
            if scope not in chain:
                chain.add(scope)
                waiting.extend(code.program.scope_id(c) for c in code.resolver.callers.get(scope, ()))
        handed = [c for scope in chain for c in calls.get(scope, ())]
        if not handed:
            continue
        if "@data" in graph.nodes[node].attributes:  # a search over what this one trains
            for call in set(handed) & outer:
                if "@data" not in graph.nodes[fits[call]].attributes:
                    graph.nodes[fits[call]].attributes["leads"] = "false"
        elif outer - {op} & code.flow.reach(handed).keys():
            graph.nodes[node].attributes["leads"] = "false"


def _asks(check: Node) -> bool:
    """Whether a check asks something of the data, and not only that its parts are of one size."""
    return "agrees" not in check.attributes


def _lost(world: World, check: int) -> bool:
    op = world.code.node_op.get(check)
    return op is not None and bool(world.code.checks.swallowed(op))


def _checked(world: World, view: Processes, fit: int, read: int, ahead: Callable[[int], AbstractSet[int]]) -> bool:
    """A check that looks at what was read, before the training on every way; or at the same file, earlier in the same run."""
    graph, code = world.graph, world.code
    files = {e.source for e in graph.predecessors(read, ("read",)) if graph.nodes[e.source].kind in FILES}
    files |= {j.target for f in files for j in graph.successors(f, ("join",)) if not j.certain}
    here = {decides(code, c) for c in ahead(read) if view.of(c) & view.of(fit) and c in code.node_op}
    if here and fit in code.node_op and Order(code, here, tasks=True, loops=True).before(code.node_op[fit]) is not None:
        return True
    elsewhere = {c for file in files for c in ahead(file) if c not in code.node_op or not view.of(c) & view.of(fit)}
    return any(same_run(world, c, fit) for c in sorted(elsewhere))


def same_run(world: World, check: int, fit: int) -> bool:
    """One stage asks for what the other writes; one command runs both as stages without losing the check's failure; a job or stage runs
    the check in an earlier step; or the check's task must have succeeded before the other's."""
    graph = world.graph
    above_check = graph.sweep([check], RUNS, back=True, allow=lambda e: not e.loss and not e.blocked)
    above_fit = graph.sweep([fit], RUNS, back=True, stop=graph.of_kind("test"))  # a test that trains is no run
    for node in above_check.keys() & above_fit.keys():
        if graph.nodes[node].kind == "command":
            stages = {e.target for e in graph.successors(node, ("run",)) if graph.nodes[e.target].kind == "stage"}
            if stages & above_check.keys() and stages & above_fit.keys() and not stages & above_check.keys() & above_fit.keys():
                return True
        if graph.nodes[node].kind in ("job", "stage", "step"):
            first = _positions(world, node, above_check)
            second = _positions(world, node, above_fit)
            if first and second and min(first) < min(second):
                return True
    checking = [n for n in above_check if graph.nodes[n].kind == "stage" and n not in above_fit]
    after = graph.sweep(checking, ("read", "write", "declare"), allow=lambda e: e.certain) if checking else {}
    if any(graph.nodes[n].kind == "stage" and n in above_fit for n in after):
        return True  # the stage that trains asks for a file that the stage that checks writes
    waiting = [n for n in above_fit if graph.nodes[n].kind == "task" and n in world.needs and n not in above_check]
    return any(need in above_check for node in waiting for need in earlier(world, node))


def _positions(world: World, parent: int, above: dict[int, int]) -> list[int]:
    return [place for place, edge in positions(world.graph, parent) if edge.target in above]


def _leads(world: World, fit: int, fits: Mapping[int, list[int]]) -> bool:
    """Not a later step of the same loop, and no cross-validation in a function that also fits; `fits` are all by their scope."""
    graph, code = world.graph, world.code
    op = code.node_op.get(fit)
    if op is None:
        return True
    scope, loop = code.program.scope_id(op), code.flow.loop(op)
    others = [other for other in fits[scope] if other != op and "model.build" not in graph.nodes[code.op_node[other]].roles]
    if "model.fit" not in graph.nodes[fit].roles and any(
        "model.fit" in graph.nodes[code.op_node[o]].roles for o in code.flow.reach([op]) if o in others
    ):
        return False  # only made here, run further down
    if loop >= 0 and any(o < op and code.flow.loop(o) == loop for o in others):
        return False
    if "model.evaluate" in graph.nodes[fit].roles and code.program.scopes[scope].kind != "module":
        return not any("model.evaluate" not in graph.nodes[code.op_node[o]].roles for o in others)
    return True
