"""What a generator is seeded from, and whether what is seeded on devices adds up in the same order each time."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import plainly_none
from mlrubric.graph.graph import Graph

CLOCK = "now"
DEVICES = frozenset({"torch", "tensorflow", "jax"})
SWITCH = "deterministic"
CALLS = frozenset({"call"})


def mark_seedings(graph: Graph, code: Code) -> None:
    """On every seed and every draw with a seed of its own: `seed_from`, clock (the present moment, or nothing at all) or value; on seeds of
    a library that computes on devices `order`, fixed when the program switches to operations with one result, else free."""
    program = code.program
    now = [op for op, meaning in code.meanings.all().items() if CLOCK in code.meanings.traits(meaning)]
    clocked = code.flow.reach(now, stop=lambda op: bool(code.meanings.roles(op))) if now else {}
    fixed = bool(graph.with_role("random.determinism")) or any(program.ops[op].name == SWITCH for op in program.of_kind("store_attribute"))
    fixed = fixed or any(
        isinstance(program.ops[op].value, tuple) and SWITCH in program.ops[op].value  # type: ignore[operator]
        for op in program.of_kind("call")
    )
    trains = graph.sweep(graph.sweep(graph.with_role("model.fit", "model.tune"), CALLS, back=True), CALLS)
    for node in graph.with_role("random.seed", "random.use"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or meaning.entry is None:
            continue
        one = graph.nodes[node]
        argument = meaning.arguments.get("@seed", -1)
        if argument >= 0 and (argument in clocked or CLOCK in _traits(code, argument)):
            one.attributes["seed_from"] = "clock"
        elif "random.seed" in one.roles and meaning.entry.param("@seed") is not None and not meaning.open:
            one.attributes["seed_from"] = "nothing" if plainly_none(code, argument) else "value"
        if DEVICES & set(meaning.entry.seeds) and node in trains:
            one.attributes["order"] = "fixed" if fixed else "free"


def _traits(code: Code, op: int) -> frozenset[str]:
    meaning = code.meanings.of(op)
    return code.meanings.traits(meaning) if meaning is not None else frozenset()
