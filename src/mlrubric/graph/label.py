"""What flows into each operation, as roles; what a check is about; flow edges between the operations that mean something."""

from __future__ import annotations

from collections import deque

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph

ORDERING = frozenset({"<", ">", "<=", ">="})
NOT_SOURCES = frozenset({"test.case", "test.assert", "check", "random.use", "random.seed", "data.derive", "process.exit"})


def label(graph: Graph, code: Code) -> None:
    """Give checks their derived roles and what they are about, and connect the meaningful operations by flow."""
    roles = sorted({r for n in code.node_op for r in graph.nodes[n].roles} - NOT_SOURCES)
    code.roles = roles
    index = {role: 1 << i for i, role in enumerate(roles)}
    labels: dict[int, int] = {}
    for node, op in code.node_op.items():
        bits = sum(index[r] for r in graph.nodes[node].roles if r in index)
        if bits:
            labels[op] = bits
    code.bits = code.flow.carry(labels)
    for node, check in code.check_of.items():
        about: set[str] = set()
        for condition in check.conditions:
            about |= code.about(condition)
        graph.nodes[node].about = frozenset(about)
        for role in _derived(code, check.conditions, about):
            graph.give(node, role)
    for node in list(code.node_op):
        if node not in code.check_of:
            graph.nodes[node].about = code.about(code.node_op[node])
    _flow_edges(graph, code)


def _derived(code: Code, conditions: tuple[int, ...], about: set[str]) -> list[str]:
    """The roles of a check, from what flows into its condition, never from its name."""
    ordered = any(_ordering(code, c) for c in conditions)
    found: list[str] = []
    if about & {"measure.time", "measure.memory"}:
        found.append("check.cost")
        return found
    if "model.fairness" in about:
        found.append("check.fairness")
    if "model.slice" in about:
        found.append("check.slice")
    if "data.drift" in about:
        found.append("check.drift")
    if "check.finite" in about and about & {"model.fit", "model.predict", "model.build", "model.loss"}:
        found.append("check.numeric")
    if "model.evaluate" in about or (ordered and "model.predict" in about):
        found.append("model.compare")
    elif "model.predict" in about:
        found.append("check.prediction")
    elif about & {"model.fit", "model.build"}:
        found.append("check.model")
    elif "data.read" in about:
        found.append("data.validate")
    return found


def _ordering(code: Code, condition: int) -> bool:
    """Whether a condition compares by size somewhere in its own expression."""
    waiting, seen = [condition], 0
    while waiting and seen < 40:
        op = waiting.pop()
        seen += 1
        facts = code.program.ops[op]
        if facts.kind == "compare" and isinstance(facts.value, tuple) and ORDERING & set(facts.value):
            return True
        meaning = code.meanings.of(op)
        if meaning is not None and meaning.api.rsplit(".", 1)[-1].lower() in ("assertgreater", "assertless", "assertgreaterequal", "assertlessequal", "isclose", "approx"):
            return True
        if facts.kind in ("boolean", "unary", "load", "assign", "call", "attribute"):
            waiting.extend(a for a in code.program.args[op] if a >= 0)
    return False


def _flow_edges(graph: Graph, code: Code) -> None:
    """For every meaningful operation, the next meaningful operations that its value reaches."""
    marked = dict(code.op_node)
    conditions: dict[int, list[int]] = {}
    for node, check in code.check_of.items():
        for condition in check.conditions:
            conditions.setdefault(condition, []).append(node)
    for start, source in sorted(code.op_node.items()):
        seen = {start}
        queue = deque([start])
        while queue:
            op = queue.popleft()
            for node in conditions.get(op, ()):
                if node != source:
                    graph.connect(source, node, "flow", certain=True)
            for following in code.flow.forward[op]:
                if following in seen:
                    continue
                seen.add(following)
                target = marked.get(following)
                if target is not None and target != source:
                    graph.connect(source, target, "flow")
                    for node in conditions.get(following, ()):
                        graph.connect(target, node, "flow") if node != target else None
                else:
                    queue.append(following)
