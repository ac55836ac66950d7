"""Comparisons with something simpler: a linear model, or a guess that needs no model at all."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import FLOWS, Graph

OWN = frozenset({"boolean", "unary", "load", "assign", "binary", "compare"})


def naive_guesses(graph: Graph, code: Code) -> list[int]:
    """Evaluations of a column of the data itself, beside one of a model's predictions against the same target: last week's value."""
    by_target: dict[tuple[int, str, object], list[tuple[int, bool]]] = {}
    for node in graph.with_role("model.evaluate"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or not {"@target", "@predictions"} <= meaning.arguments.keys():
            continue
        key = _column(code, meaning.arguments["@target"])
        guess = meaning.arguments["@predictions"]
        if key is not None:
            models = {r for r in code.about(guess) if r.startswith("model.")}
            plain = not models and _column(code, guess) not in (None, key)
            by_target.setdefault((code.program.scope_id(op), *key), []).append((node, plain))
    return sorted(n for group in by_target.values() if not all(p for _, p in group) for n, plain in group if plain)


def _column(code: Code, op: int) -> tuple[str, object] | None:
    """A column of a frame as (variable, constant), or None."""
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "load" and len(args) == 1 and code.program.ops[args[0]].kind == "assign":
        return _column(code, code.program.args[args[0]][0]) if code.program.args[args[0]] else None
    if facts.kind != "subscript" or len(args) < 2 or args[1] < 0 or code.program.ops[args[1]].kind != "const":
        return None
    return code.program.ops[args[0]].name, code.program.ops[args[1]].value


def mark_rivals(graph: Graph, code: Code) -> None:
    """`relative` on checks that compare two measured qualities, `simpler` when one of the two is that of a simple model."""
    simple = graph.with_role("model.simple")
    others = [n for n in graph.with_role("model.build", "model.load") if n not in simple]
    below, above = graph.sweep(simple, FLOWS), graph.sweep(others, FLOWS)
    for node, check in code.check_of.items():
        if "model.compare" in graph.nodes[node].roles:
            sides = any(_two_sided(code, condition) for condition in check.conditions)
            graph.nodes[node].attributes["relative"] = "true" if sides else "false"
            graph.nodes[node].attributes["simpler"] = "true" if sides and node in below and node in above else "false"


def _two_sided(code: Code, condition: int) -> bool:
    """Whether both sides of a comparison carry a measured quality."""
    waiting, seen = [condition], set[int]()
    while waiting:
        op = waiting.pop()
        facts, args = code.program.ops[op], [a for a in code.program.args[op] if a >= 0]
        if op in seen:
            continue
        seen.add(op)
        if facts.kind == "compare" and len(args) > 1 and sum("model.evaluate" in code.about(a) for a in args) > 1:
            return True
        if facts.kind in OWN:
            waiting.extend(args)
    return False
