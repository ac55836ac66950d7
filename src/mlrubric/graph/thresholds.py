"""What a comparison of quality is worth: whether a guess would pass it, and whether the model has seen the rows that it is judged by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.graph import FLOWS, Graph
from mlrubric.graph.world import World
from mlrubric.model.graph import Node

BOUNDED = re.compile(r"accuracy|precision|recall|f1|fbeta|roc_auc|average_precision|jaccard|\bauc|brier|balanced", re.IGNORECASE)
CHANCE = re.compile(r"roc_auc|\bauc\b", re.IGNORECASE)
DIFFERENCE = re.compile(r"improv|delta|diff|gain|change|lift|uplift|drop|regress", re.IGNORECASE)
OWN = frozenset({"boolean", "unary", "load", "assign", "compare"})
LOWER, UPPER = frozenset({"<", "<="}), frozenset({">", ">="})  # signs that ask whether the left side is below, above
SCALE = (0.0, 1.0)  # the ends within which a probability lies whatever the model
PLAIN = frozenset({"data.derive"})  # of calls that only put conditions together
COMING_IN = frozenset({"data.read", "artifact.download", "feature.serve", "run.read", "file.open", "config.read"})
SEEN = frozenset({"train", "whole", "again"})
FOLDS = "data.split"  # an evaluation that divides its rows itself
MOST = 60


def mark_thresholds(world: World, done: Collection[int] = ()) -> frozenset[int]:
    """On comparisons of quality that are not done yet: `threshold` is trivial when a guess passes all that they ask for; `rows` is seen
    when every score they look at is of rows that the model was fitted on, and made up when a test makes them. Gives all comparisons."""
    graph, code = world.graph, world.code
    every = frozenset(graph.with_role("model.compare"))
    scores = graph.with_role("model.evaluate")
    learnt = frozenset(n for n in scores if _of_training(graph.nodes[n]))
    for node in sorted(every - set(done)):
        op = code.node_op.get(node)
        if op is None:
            continue
        attributes, check = graph.nodes[node].attributes, code.check_of.get(node)
        conditions = check.conditions if check is not None else (op,)
        if _trivial(code, conditions, check is not None and check.form == "assert"):
            attributes["threshold"] = "trivial"
        about = graph.nodes[node].about
        if is_test_code(graph.nodes[node].place.path) and "data.synthetic" in about and not about & COMING_IN:
            attributes["rows"] = "made up"
        elif "rows" not in attributes and learnt and _seen(graph, node, conditions, code, frozenset(scores), learnt):
            attributes["rows"] = "seen"
    return every


def worthy(node: Node) -> bool:
    """Whether a comparison of quality may tell a good model from a bad one."""
    return node.attributes.get("threshold") != "trivial" and node.attributes.get("rows") not in ("seen", "made up")


def _of_training(score: Node) -> bool:
    """Whether an evaluation is of rows that its model learnt from; one that divides its rows itself is not."""
    return FOLDS not in score.roles and (score.attributes.get("part") == "train" or score.attributes.get("judges") in SEEN)


def _seen(graph: Graph, node: int, conditions: Iterable[int], code: Code, scores: frozenset[int], learnt: frozenset[int]) -> bool:
    """Whether all evaluations that come to a comparison, the nearest ones, are of rows that were trained on."""
    if "run.read" in graph.nodes[node].about:
        return False
    near = scores & graph.sweep([node], FLOWS, back=True, stop=scores).keys()
    if not near:
        back = code.flow.reach(conditions, back=True, stop=lambda o: code.op_node.get(o) in scores)
        near = scores & {code.op_node[o] for o in back if o in code.op_node}
    return bool(near) and near <= learnt


def _trivial(code: Code, conditions: Iterable[int], asserted: bool) -> bool:
    """Whether all comparisons of a quality with a number in the conditions are met by a guess, and there is one."""
    said: list[bool] = []
    for compare in _compares(code, conditions):
        args = [a for a in code.program.args[compare] if a >= 0]
        signs = code.program.ops[compare].value
        if not isinstance(signs, tuple) or len(args) != len(signs) + 1:
            continue
        for sign, left, right in zip(signs, args, args[1:], strict=False):
            for quality, other, flipped in ((left, right, False), (right, left, True)):
                if "model.evaluate" in code.about(quality) and sign in LOWER | UPPER:
                    limit = number_of(code, other)
                    if limit is None and not code.about(other) & {"model.evaluate", "run.read"}:
                        said.append(False)
                    elif limit is not None:
                        said.append(_met_by_guess(code, quality, asserted and (sign in UPPER) == flipped, limit))
                    elif not flipped:
                        said.append(False)
                elif asserted and sign in LOWER | UPPER and _predicted(code, quality):
                    said.append(number_of(code, other) in SCALE)
    return bool(said) and all(said)


def _predicted(code: Code, op: int) -> bool:
    """Whether a value is what a model answers, and no score of it."""
    return "model.predict" in code.about(op) and not code.about(op) & {"model.evaluate", "run.read"}


def _compares(code: Code, conditions: Iterable[int]) -> list[int]:
    waiting, seen = list(conditions), list[int]()
    while waiting and len(seen) < MOST:
        op = waiting.pop()
        if op < 0 or op in seen:
            continue
        seen.append(op)
        if code.program.ops[op].kind in OWN:
            waiting.extend(code.program.args[op])
        elif code.program.ops[op].kind == "call" and code.meanings.roles(op) <= PLAIN:  # `all(answers >= 0)`
            asked = (*code.program.positional(op), code.program.receiver(op))
            waiting.extend(a for a in asked if a >= 0 and code.program.ops[a].kind in ("compare", "boolean", "binary"))
        elif code.program.ops[op].kind == "binary" and code.program.ops[op].name in ("&", "|"):
            waiting.extend(code.program.args[op])
    return [op for op in seen if code.program.ops[op].kind == "compare"]


def number_of(code: Code, op: int) -> float | None:
    """The one number that an operation yields."""
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "unary" and facts.name == "-" and args:
        inner = number_of(code, args[0])
        return -inner if inner is not None else None
    if facts.kind == "const":
        return float(facts.value) if isinstance(facts.value, int | float) and not isinstance(facts.value, bool) else None
    values = {float(v[1]) for v in code.resolver.of(op) if v[0] == "const" and isinstance(v[1], int | float) and not isinstance(v[1], bool)}
    return values.pop() if len(values) == 1 and len(code.resolver.of(op)) == 1 else None


def _met_by_guess(code: Code, quality: int, below: bool, limit: float) -> bool:
    """Whether the limit says nothing: nought, or chance; with `below`, where no more than the limit is wanted, the end of the scale."""
    names = _names(code, quality)
    if any(DIFFERENCE.search(name) for name in names) or _subtracts(code, quality):
        return False
    bounded = any(BOUNDED.search(name) for name in names)
    if limit <= 0:
        return limit == 0 or bounded or any("r2" in name for name in names)
    if any(CHANCE.search(name) for name in names) and limit <= 0.5:
        return True
    return bounded and below and limit >= 1


def _names(code: Code, quality: int) -> list[str]:
    """What a quality is called: its variable, and the calls that measured it."""
    found = [code.program.ops[quality].name]
    for op in code.flow.reach([quality], back=True):
        meaning = code.meanings.of(op)
        if meaning is not None and "model.evaluate" in meaning.roles:
            found.append(meaning.api.rpartition(".")[2])
    return [name for name in found if name]


def _subtracts(code: Code, quality: int) -> bool:
    waiting, seen = [quality], set[int]()
    while waiting and len(seen) < MOST:
        op = waiting.pop()
        if op < 0 or op in seen:
            continue
        seen.add(op)
        facts = code.program.ops[op]
        if facts.kind == "binary":
            return True
        if facts.kind in ("load", "assign", "unary"):
            waiting.extend(code.program.args[op])
    return False
