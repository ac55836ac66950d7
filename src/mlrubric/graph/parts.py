"""Which part of the data an operation sees: the training part, the test part, or all of it before a split."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph

TRAIN, TEST, WHOLE = 1, 2, 4


def mark_parts(graph: Graph, code: Code) -> None:
    """`part` on operations that take data: train, test, mixed, whole (read data, no split before) or none (no data seen)."""
    labels: dict[int, int] = {}
    splits: set[int] = set()
    for op, meaning in code.meanings.all().items():
        if "data.split" in meaning.roles and meaning.entry is not None and meaning.entry.parts:
            splits.add(op)
            _label_parts(code, op, meaning.entry.parts, labels)
        if "data.read" in meaning.roles or "data.synthetic" in meaning.roles:
            labels[op] = labels.get(op, 0) | WHOLE
    bits = code.flow.carry(labels, dict.fromkeys(splits, WHOLE | TRAIN | TEST))
    for node, op in code.node_op.items():
        known = code.meanings.of(op)
        if known is None:
            continue
        data = known.arguments.get("@data", known.arguments.get("@target", -1))
        if data >= 0:
            graph.nodes[node].attributes["part"] = _word(bits[data])


def _label_parts(code: Code, split: int, parts: tuple[str, ...], labels: dict[int, int]) -> None:
    """Give each unpacked element of a split's result the part it is; the parts repeat for every array that goes in."""
    for use in code.flow.after(split):
        facts = code.program.ops[use]
        holders = [use]
        if facts.kind == "assign":
            holders = [u for load in code.flow.after(use) for u in code.flow.after(load)]
        for holder in holders:
            inner = code.program.ops[holder]
            index: object = inner.value if inner.kind == "unpack" else None
            if inner.kind == "subscript" and len(code.program.args[holder]) > 1:
                constants = [v[1] for v in code.resolver.of(code.program.args[holder][1]) if v[0] == "const"]
                index = constants[0] if constants else None
            if isinstance(index, int) and parts:
                part = parts[index % len(parts)]
                labels[holder] = labels.get(holder, 0) | (TEST if part in ("test", "validation", "holdout") else TRAIN)


def _word(bits: int) -> str:
    if bits & TRAIN and bits & TEST:
        return "mixed"
    if bits & TEST:
        return "test" if not bits & WHOLE else "mixed"
    if bits & TRAIN:
        return "train"
    return "whole" if bits & WHOLE else "none"
