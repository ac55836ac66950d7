"""Comparisons with something simpler: a linear model, or a guess that needs no model at all."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin
from mlrubric.graph.derive import ORDERING, compares
from mlrubric.graph.graph import FLOWS, Graph
from mlrubric.graph.slicing import PART

OWN = frozenset({"boolean", "unary", "load", "assign", "binary", "compare"})
MODELS = frozenset({"model.evaluate", "model.predict", "model.fit", "model.build", "model.load"})
HELD = frozenset({"model.build", "model.load", "model.fit"})
DEEP = 5  # steps from a value to the call that it was picked from
FILLS = frozenset({"full", "full_like", "repeat", "zeros_like", "ones_like", "zeros", "ones", "tile"})
SETS_OFF = ("-", "/")
Target = tuple[int, str, object]  # scope, variable, column of it if any


def naive_guesses(graph: Graph, code: Code) -> list[int]:
    """Evaluations of what no model predicts, beside one of a model's predictions against the same target: a column of the data itself
    (last week's value), or one value for every row (the mean)."""
    by_target: dict[Target, list[tuple[int, bool]]] = {}
    for node in graph.with_role("model.evaluate"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or not {"@target", "@predictions"} <= meaning.arguments.keys():
            continue
        key = _target(code, meaning.arguments["@target"])
        guess = meaning.arguments["@predictions"]
        if key is not None:
            plain = not any(r.startswith("model.") for r in code.about(guess))
            plain = plain and _target(code, guess) != key and (_column(code, guess) is not None or _filled(code, guess))
            by_target.setdefault((code.program.scope_id(op), *key), []).append((node, plain))
    return sorted(n for group in by_target.values() if not all(p for _, p in group) for n, plain in group if plain)


def _target(code: Code, op: int) -> tuple[str, object] | None:
    """What an evaluation is held against: a column of a frame, or a variable."""
    facts = code.program.ops[op]
    return _column(code, op) or ((facts.name, None) if facts.kind == "load" else None)


def _column(code: Code, op: int) -> tuple[str, object] | None:
    """A column of a frame as (variable, constant), or None."""
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "load" and len(args) == 1 and code.program.ops[args[0]].kind == "assign":
        return _column(code, code.program.args[args[0]][0]) if code.program.args[args[0]] else None
    if facts.kind != "subscript" or len(args) < 2 or args[1] < 0 or code.program.ops[args[1]].kind != "const":
        return None
    return code.program.ops[args[0]].name, code.program.ops[args[1]].value


def _filled(code: Code, op: int) -> bool:
    """Whether a value is the same for every row: `np.full(n, y.mean())`, `[y.mean()] * n`."""
    made = origin(code, op)
    facts, args = code.program.ops[made], code.program.args[made]
    if facts.kind == "binary":
        return any(a >= 0 and code.program.ops[a].kind == "container" for a in args)
    meaning = code.meanings.of(made) if facts.kind == "call" else None
    return meaning is not None and meaning.api.rpartition(".")[2] in FILLS


def mark_rivals(graph: Graph, code: Code) -> None:
    """`by_size` on checks of quality that compare numbers, or ask a library for its verdict, rather than whether a name is there;
    `relative` on those that compare two measured qualities, `simpler` when one of the two is that of a simple model, or a number that is
    taken from the target alone (the share of its largest class), `foreign` when it is that of another package's predictions."""
    simple = graph.with_role("model.simple")
    others = [n for n in graph.with_role("model.build", "model.load") if n not in simple]
    below, above = graph.sweep(simple, FLOWS), graph.sweep(others, FLOWS)
    for node, check in code.check_of.items():
        if "model.compare" in graph.nodes[node].roles:
            sides = any(_two_sided(code, condition) for condition in check.conditions)
            if any(_part_of_it(code, condition) for condition in check.conditions):
                graph.give(node, "check.slice")
                sides = False
            sides = sides and not any(_same_model(code, condition) for condition in check.conditions)
            graph.nodes[node].attributes["foreign"] = "true" if any(_against_foreign(code, c) for c in check.conditions) else "false"
            guessed = any(_against_target(code, condition) for condition in check.conditions)
            graph.nodes[node].attributes["by_size"] = "true" if any(_by_size(code, c) for c in check.conditions) else "false"
            graph.nodes[node].attributes["relative"] = "true" if sides else "false"
            graph.nodes[node].attributes["simpler"] = "true" if guessed or (sides and node in below and node in above) else "false"


def _expressions(code: Code, condition: int) -> list[list[int]]:
    """The operands of what compares by size, or sets one number off another, in a condition's own expression."""
    waiting, seen, found = [condition], set[int](), list[list[int]]()
    while waiting:
        op = waiting.pop()
        facts, args = code.program.ops[op], [a for a in code.program.args[op] if a >= 0]
        if op in seen:
            continue
        seen.add(op)
        by_size = facts.kind == "compare" and isinstance(facts.value, tuple) and bool(ORDERING & set(facts.value))
        if len(args) > 1 and (by_size or (facts.kind == "binary" and facts.name in SETS_OFF)):
            found.append(args)
        if facts.kind in OWN:
            waiting.extend((*args, *(r for r in code.resolver.reads.get(op, ()) if r >= 0)))
    return found


def _by_size(code: Code, condition: int) -> bool:
    """Whether a condition compares by size, or asks nothing itself: what a library says."""
    if compares(code, condition):
        return True
    program = code.program
    calls = [op for op in (condition, *program.args[condition]) if op >= 0 and program.ops[op].kind == "call"]
    return any((meaning := code.meanings.of(op)) is not None and not meaning.api.startswith("builtins.") for op in calls)


def two_models(code: Code, condition: int) -> bool:
    """Whether two measured qualities are compared, and they are those of two models."""
    return _two_sided(code, condition) and not _part_of_it(code, condition) and not _same_model(code, condition)


def _two_sided(code: Code, condition: int) -> bool:
    """Whether both sides of a comparison, or of a difference that is compared, carry a measured quality."""
    return any(sum("model.evaluate" in code.about(a) for a in args) > 1 for args in _expressions(code, condition))


def _part_of_it(code: Code, condition: int) -> bool:
    """Whether the quality on some rows is compared with that on all of them."""
    for args in _expressions(code, condition):
        measured = [_selects(code, a) for a in args if "model.evaluate" in code.about(a)]
        if len(measured) > 1 and any(measured) and not all(measured):
            return True
    return False


def _selects(code: Code, measured: int) -> bool:
    """Whether what is measured depends, inside its own function, on a selection of rows."""
    scope = code.program.scope_id(measured)
    behind = code.flow.reach([measured], back=True, stop=lambda op: code.program.scope_id(op) != scope)
    return any(
        code.program.ops[op].kind == "subscript"
        and code.program.scope_id(op) == scope
        and PART in code.about(op)
        and PART not in code.about(code.program.args[op][0])
        for op in behind
    )


def _same_model(code: Code, condition: int) -> bool:
    """Whether both sides come from one function of ours that is given no model: one way to train, on other data."""
    for args in _expressions(code, condition):
        calls = [_call(code, a) for a in args if "model.evaluate" in code.about(a)]
        targets = [{t for t in code.resolver.targets.get(c, ()) if t[0] == "function"} for c in calls]
        if len(calls) > 1 and targets[0] and all(t == targets[0] for t in targets):
            given = [a for c in calls for a in code.program.args[c][1:] if a >= 0]
            if not any(HELD & code.about(a) for a in given):
                return True
    return False


def _call(code: Code, value: int) -> int:
    """The call that a value, or what it was picked from, comes from."""
    made = origin(code, value)
    for _ in range(DEEP):
        if code.program.ops[made].kind not in ("subscript", "attribute", "unpack") or not code.program.args[made]:
            break
        made = origin(code, code.program.args[made][0])
    return made


def _against_foreign(code: Code, condition: int) -> bool:
    """Whether the quality of a model of this repository is compared with that of predictions that a call gave of which nothing is known:
    another package's model."""
    for args in _expressions(code, condition):
        measured = [a for a in args if "model.evaluate" in code.about(a)]
        opaque = [a for a in measured if not (MODELS - {"model.evaluate"}) & code.about(a)]
        if len(measured) > 1 and len(opaque) == 1 and any(_unknown(code, given) for given in _predictions(code, opaque[0])):
            return True
    return False


def _predictions(code: Code, measured: int) -> list[int]:
    found: list[int] = []
    for op in code.flow.reach([measured], back=True):
        meaning = code.meanings.of(op)
        if meaning is not None and "model.evaluate" in meaning.roles and "@predictions" in meaning.arguments:
            found.append(meaning.arguments["@predictions"])
    return found


def _unknown(code: Code, given: int) -> bool:
    """Whether a value, or what it was picked from, comes from a call that is neither resolved to code of ours nor understood."""
    made = _call(code, given)
    own = any(t[0] in ("function", "class") for t in code.resolver.targets.get(made, ()))
    meaning = code.meanings.of(made)
    return code.program.ops[made].kind == "call" and not own and (meaning is None or meaning.entry is None)


def _against_target(code: Code, condition: int) -> bool:
    """Whether a measured quality is compared with a number that comes from the target that it is measured against, and from no model."""
    for args in _expressions(code, condition):
        measured = [a for a in args if "model.evaluate" in code.about(a)]
        plain = [a for a in args if not MODELS & code.about(a) and code.program.ops[a].kind != "const"]
        if not measured or not plain:
            continue
        targets = _targets(code, measured)
        if targets and any(targets & code.flow.reach([a], back=True).keys() for a in plain):
            return True
    return False


def _targets(code: Code, measured: list[int]) -> set[int]:
    """What makes the targets of the evaluations behind some values."""
    found: set[int] = set()
    for op in code.flow.reach(measured, back=True):
        meaning = code.meanings.of(op)
        if meaning is not None and "model.evaluate" in meaning.roles and "@target" in meaning.arguments:
            target = meaning.arguments["@target"]
            found |= {target, origin(code, target)}
            found.update(b for b in code.resolver.reads.get(target, ()) if b >= 0)
    return found
