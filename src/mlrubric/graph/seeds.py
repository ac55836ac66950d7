"""Random operations: which generator each draws from, and whether a seed reaches it first."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.order import Order


def mark_seeds(graph: Graph, code: Code) -> None:
    """`seeded` on every random operation: argument, global, late (a seed comes only afterwards), other (another generator is seeded),
    no."""
    seeding: dict[str, set[int]] = {}
    for node in graph.with_role("random.seed"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is not None and meaning is not None and meaning.entry is not None:
            for generator in meaning.entry.seeds:
                seeding.setdefault(generator, set()).add(op)
    orders = {generator: Order(code, ops) for generator, ops in seeding.items()}
    for node in graph.with_role("random.use"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or meaning.entry is None:
            continue
        attributes = graph.nodes[node].attributes
        values = {r: code.meanings.spelling(a) for r, a in meaning.arguments.items()}
        generator = meaning.entry.random_for(values)
        attributes["generator"] = generator
        seed = values.get("@seed", "absent")
        if seed not in ("absent", "none"):
            attributes["seeded"] = "argument"
            continue
        order = orders.get(generator)
        if order is not None and order.before(op) is not None:
            attributes["seeded"] = "global"
        elif order is not None and order.later(op) is not None:
            attributes["seeded"] = "late"
        elif orders and order is None:
            same = code.program.unit_of[op]
            attributes["seeded"] = "other" if any(code.program.unit_of[s] == same for ops in seeding.values() for s in ops) else "no"
        else:
            attributes["seeded"] = "no"
