"""The registry's gate: what stands before every way to a promotion. Data that was checked, a judgement on rows that training did not see, a
model card, a condition that can hold the promotion back, and a note of all that with the version."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from mlrubric.graph.code import is_test_code
from mlrubric.graph.earlier import earlier, holders
from mlrubric.graph.gates import PROSE, Guarded, decides
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.order import Order
from mlrubric.graph.world import World

CARD = re.compile(r"(^|[/_.*-])(model[_-]?)?card([_.-]|s/|$)", re.IGNORECASE)
NOTES = ("model.annotate",)
RECORDS = ("run.log_artifact",)
JUDGED = frozenset({"model.compare", "model.evaluate", "data.validate"})
SEEN = ("train", "whole", "again")  # rows that the training has learnt from
CALLERS = 4


def mark_audited(world: World, guarded: Collection[Guarded]) -> None:
    """`audit` on what promotes (`subject`), and `audit_data`, `audit_holdout`, `audit_card`, `audit_branch`, `audit_note` on it."""
    graph = world.graph
    _mark_staged(world)
    subjects = _subjects(world)
    if not subjects:
        return
    _name_cards(world)
    checks = {one.node: one.checks for one in guarded}
    data = {
        n for n in graph.with_role("data.validate", "check.data") if graph.nodes[n].gate and not is_test_code(graph.nodes[n].place.path)
    }
    held = {n for n in graph.with_role("model.compare") if _held_out(world, n)}
    cards = set(graph.with_role("model.card"))
    notes = set(graph.with_role(*NOTES)) | {n for n in graph.with_role(*RECORDS) if JUDGED & graph.nodes[n].about}
    asked = {"data": data, "holdout": held, "card": cards, "note": notes}
    orders = {name: _order(world, nodes) for name, nodes in asked.items()}
    fits = [n for n in graph.with_role("model.fit", "model.tune") if not is_test_code(graph.nodes[n].place.path)]
    for node in subjects:
        attributes = graph.nodes[node].attributes
        attributes["audit"] = "subject"
        for name, nodes in asked.items():
            order = orders[name]
            stands = _before(world, node, order[0], order[1]) or _earlier(world, node, nodes)
            if name == "note":
                stands = stands or _beside(world, node, nodes)
            attributes[f"audit_{name}"] = "true" if stands else "false"
        guards = checks.get(node, ())
        if attributes["audit_holdout"] == "false" and any(g in held or _held_out(world, g) for g in guards):
            attributes["audit_holdout"] = "true"
        if attributes["audit_data"] == "false":
            above = [f for f in graph.sweep([node], FLOWS, back=True) if f in set(fits)] or fits
            if above and all(graph.nodes[f].attributes.get("validated") in ("true", "none") for f in above):
                told = any(graph.nodes[f].attributes.get("validated") == "true" for f in above)
                attributes["audit_data"] = "true" if told and attributes.get("after_fit") == "true" else "false"
        attributes["audit_branch"] = "true" if attributes.get("guarded") == "true" and guards else "false"


def _mark_staged(world: World) -> None:
    """`staged` on moves between the fixed stages of a registry, which aliases took the place of."""
    for node in world.graph.with_role("model.promote", "run.log_param"):
        meaning = world.code.meanings.of(world.code.node_op[node]) if node in world.code.node_op else None
        if meaning is not None and "stages" in world.code.meanings.traits(meaning):
            world.graph.nodes[node].attributes["staged"] = "true"


def _subjects(world: World) -> list[int]:
    """What promotes; registrations where nothing does."""
    graph = world.graph

    def real(roles: tuple[str, ...]) -> list[int]:
        found = graph.with_role(*roles)
        return [n for n in found if not is_test_code(graph.nodes[n].place.path) and not graph.nodes[n].place.path.endswith(PROSE)]

    return real(("model.promote",)) or real(("model.register",))


def _name_cards(world: World) -> None:
    """What writes a file that is called a card, and a command that asks for one, is about the model card."""
    graph = world.graph
    for kind in ("artifact", "dataset", "model", "document"):
        for node in graph.of_kind(kind):
            if CARD.search(graph.nodes[node].label.rpartition("/")[2]):
                for edge in graph.predecessors(node, ("write",)):
                    graph.give(edge.source, "model.card")
    for node in graph.of_kind("command"):
        if CARD.search(graph.nodes[node].label.replace(" ", "/")) and not graph.nodes[node].place.path.endswith(PROSE):
            graph.give(node, "model.card")


def _held_out(world: World, node: int) -> bool:
    """A judgement of a model on rows that training did not see, as far as that is known."""
    one = world.graph.nodes[node]
    judging = [world.graph.nodes[n] for n in world.graph.next_by_flow([node], back=True)]
    if (
        judging
        and all(j.attributes.get("judges") in SEEN for j in judging if "model.evaluate" in j.roles)
        and any("model.evaluate" in j.roles for j in judging)
    ):
        return False
    about = "model.evaluate" in one.about or "run.read" in one.about or "model.evaluate" in one.roles or one.kind in ("command", "step")
    return about and one.attributes.get("rows") not in ("made up", "train") and not is_test_code(one.place.path)


def _order(world: World, nodes: Collection[int]) -> tuple[Order, Mapping[int, int]]:
    code = world.code
    marked = {decides(code, n): n for n in sorted(nodes) if n in code.node_op}
    stops = {op: code.node_op[n] for op, n in marked.items()}
    return Order(code, [op for op, stop in stops.items() if not code.checks.swallowed(stop)], stops=stops, tasks=True), marked


def _before(world: World, node: int, order: Order, marked: Mapping[int, int]) -> bool:
    """Whether one of them comes first on every way to an operation."""
    op = world.code.node_op.get(node)
    return op is not None and bool(marked) and _passed(world, op, order, frozenset())


def _passed(world: World, op: int, order: Order, seen: frozenset[int]) -> bool:
    code = world.code
    if order.before(op) is not None:
        return True
    if len(seen) > CALLERS:
        return False
    scope = code.program.scope_id(op)
    callers = [c for c in sorted(code.resolver.callers.get(scope, ())) if c not in seen and c != op and not code.tested(c)]
    return bool(callers) and all(_passed(world, c, order, seen | {op}) for c in callers)


def _earlier(world: World, node: int, nodes: Collection[int]) -> bool:
    """Whether an earlier step, job or stage runs one of them with its failure kept."""
    graph = world.graph
    for holder in holders(graph, node):
        for start in earlier(world, holder):
            if nodes & graph.sweep([start], RUNS, allow=lambda e: not e.loss and not e.blocked).keys():
                return True
    return False


def _beside(world: World, node: int, nodes: Collection[int]) -> bool:
    """A note that is made after the promotion in the same function, or with it."""
    code = world.code
    op = code.node_op.get(node)
    if op is None or node in nodes:
        return node in nodes
    scope = code.program.scope_id(op)
    return any(code.program.scope_id(code.node_op[n]) == scope for n in nodes if n in code.node_op)
