"""A person's veto: a release that waits for somebody's agreement, after an evaluation that was made for it."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.earlier import earlier, holders
from mlrubric.graph.graph import RUNS
from mlrubric.graph.world import World

WAITS = "waits for "  # how the reason of a trigger begins that lets a job go on
PENDING = frozenset({"pendingmanualapproval", "pending"})


def evaluations_before(world: World, release: int) -> tuple[str, tuple[int, ...]]:
    """How a release is held for a person (`agreed`: it waits; `environment`: the server may ask; "" otherwise), and the evaluations that
    have run by then, their failures kept."""
    graph, code = world.graph, world.code
    above = holders(graph, release)
    op = code.node_op.get(release)
    pending = graph.nodes[release].attributes.get("@alias", "").lower() in PENDING
    how = "agreed" if pending or any(_waits(world, holder) for holder in above) else ""
    how = how or ("environment" if any("environment" in graph.nodes[n].attributes for n in above) else "")
    if not how:
        return "", ()
    before = [start for holder in above for start in earlier(world, holder)]
    if op is not None:
        tasks = code.tasks.before(op) | code.tasks.before_scope(code.program.scope_id(op))
        before += [code.scope_node[scope] for scope in sorted(tasks) if scope in code.scope_node]
    reached = set(graph.sweep(before, RUNS, allow=lambda e: not e.loss and not e.blocked))
    if op is not None:
        reached |= {code.op_node[b] for b in code.flow.reach([op], back=True) if b in code.op_node}
    measured = (n for n in graph.with_role("model.evaluate") if n in reached and not is_test_code(graph.nodes[n].place.path))
    return how, tuple(measured)


def _waits(world: World, holder: int) -> bool:
    """Whether a job, or a step before it, waits for a person."""
    graph = world.graph
    for edge in graph.predecessors(holder, RUNS):
        one = graph.nodes[edge.source]
        if one.kind == "trigger" and one.attributes.get("reason", "").startswith(WAITS):
            return True
    if graph.nodes[holder].kind not in ("job", "step", "command"):
        return False
    before = [n for n in earlier(world, holder) if graph.nodes[n].kind in ("job", "step")]
    return any(graph.nodes[n].attributes.get("does") == "approval" for n in graph.sweep(before, RUNS))
