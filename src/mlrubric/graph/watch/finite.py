"""Values that are no number: what stops a training by itself, and what asks whether losses, weights or predictions are finite."""

from __future__ import annotations

from mlrubric.graph.code import is_test_code
from mlrubric.graph.watch.answered import Answered
from mlrubric.graph.world import World

MADE = frozenset({"model.fit", "model.predict", "model.build", "model.loss"})
BY_ITSELF = frozenset({"check.numeric", "check.early"})
OWN = frozenset({"model.load", "data.read", "artifact.download"})


def mark_finite(world: World, answered: Answered) -> None:
    """`check.numeric` on what asks for finite values of a model, however it acts; `of` says `tests` where a test makes up the model and
    its rows. What stops by itself is a gate."""
    graph, code = world.graph, world.code
    for node in graph.with_role(*BY_ITSELF):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if meaning is not None and BY_ITSELF & set(meaning.roles):
            graph.nodes[node].gate = True
    for node in graph.with_role("check.finite"):
        op = code.node_op.get(node)
        if op is not None and code.about(op) & MADE and "model.evaluate" not in code.about(op):
            answered.ask(op, ("check.numeric",))
    for node in graph.with_role("check.numeric"):
        one = graph.nodes[node]
        if is_test_code(one.place.path) and not one.about & OWN:
            one.attributes["of"] = "tests"
