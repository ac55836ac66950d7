"""Totals of the target by groups, where they are joined to the rows that they were taken of."""

from __future__ import annotations

from mlrubric.graph.parts.learners import Learner
from mlrubric.graph.parts.reached import unreached
from mlrubric.graph.parts.seen import ROLES, TOTAL, Seen, reached


def mark_totals(seen: Seen) -> None:
    """`learns` = total and `seen` on such joins, toward the split that divides the rows and the aggregation."""
    graph, layout = seen.world.graph, seen.layout
    everything = [one for one in seen.learners if one.what == TOTAL]
    mask = 0
    for one in everything:
        mask |= layout.bit(one.kind, one.op)
    for one in everything:
        how, targets = reached(seen, one) if not unreached(seen.code, one.op) else ("no", [])
        at = _joined_at(seen, one, mask) if targets else -1
        if at >= 0:
            node = seen.node(at, ROLES[TOTAL])
            toward = " ".join(str(seen.node(op)) for op in (*targets, one.op))
            graph.nodes[node].attributes.update(learns=TOTAL, seen=how, toward=toward)


def _joined_at(seen: Seen, learner: Learner, totals: int) -> int:
    """Where they are first joined to rows of their own source that do not have any yet; -1 when they are not."""
    code, bit = seen.code, seen.layout.bit(learner.kind, learner.op)
    roots = seen.bits[learner.data] & seen.layout.all("root")
    for op, meaning in sorted(code.meanings.all().items()):
        if "data.join" not in meaning.roles or code.tested(op):
            continue
        sides = [a for a in (code.program.receiver(op), *code.program.args[op][1:]) if a >= 0]
        plain = [a for a in sides if seen.bits[a] & roots and not seen.bits[a] & totals]
        if any(seen.bits[a] & bit for a in sides) and any(not _of_groups(seen, a) for a in plain):
            return op
    return -1


def _of_groups(seen: Seen, rows: int) -> bool:
    """Whether rows are groups of rows themselves, by the function that joins them."""
    code, scope = seen.code, seen.code.program.scope_id(rows)
    for op in code.flow.reach([rows], back=True, stop=lambda o: code.program.scope_id(o) != scope):
        meaning = code.meanings.of(op)
        if meaning is not None and "groups" in code.meanings.traits(meaning):
            return True
    return False
