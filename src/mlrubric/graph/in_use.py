"""Studies of models: how much worse they get with age, whether a better offline metric means a better outcome, whether people are swapped.

Age: an evaluation in a loop that takes another model in every pass (an older version, or one trained on rows up to another day) and the
same rows to measure on. Folds and windows that move with the model are cross-validation. Outcome: a correlation between a metric that a
tracker, a registry or an evaluation gave, and a number of the business that was read. People: predictions for two sentences of which one
speaks of a woman where the other speaks of a man.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlrubric.graph.code import Code, is_test_code, texts_of
from mlrubric.graph.column_lists import parametrized
from mlrubric.graph.graph import Graph
from mlrubric.graph.slicing import MASKED
from mlrubric.graph.twice import OWN
from mlrubric.graph.world import World
from mlrubric.knowledge import qualities

AGE = re.compile(
    r"(^|[^a-z])(versions?|dates?|days?|weeks?|months?|years?|quarters?|ages?|cut_?offs?|snapshots?|vintages?|gaps?|lags?|stale\w*|older"
    r"|trained_?\w*)([^a-z]|$)"
)
DATED = re.compile(r"^\d{4}-\d{2}(-\d{2})?$")
CORRELATES = frozenset({"pearsonr", "spearmanr", "kendalltau", "corrcoef", "corr", "corrwith", "linregress"})
OFFLINE = re.compile(rf"(^|[^a-z])(offline|{qualities.EITHER})([^a-z]|$)")
ONLINE = re.compile(
    r"(^|[^a-z])(online|ctr|click_?through\w*|conversions?|conversion_?rate|revenue|uplift|retention|watch_?time|kpis?|ab_?tests?)([^a-z]|$)"
)
WORD = re.compile(r"[a-z]+")
WOMEN = frozenset(
    ["she", "her", "woman", "women", "female", "girl", "mother", "sister", "daughter", "wife", "mrs", "lady", "actress", "waitress"]
)
MEN = frozenset(["he", "his", "him", "man", "men", "male", "boy", "father", "brother", "son", "husband", "mr", "actor", "waiter"])
SHORT = 2  # words of what is no sentence
MOST = 400  # operations behind one value


def mark_in_use(world: World) -> None:
    """`model.staleness` on evaluations by age, `model.correlate` on correlations of offline and online, `check.fairness` on tests that
    swap women and men."""
    _mark_ages(world.graph, world.code)
    _mark_correlations(world.graph, world.code)
    _mark_swaps(world.graph, world.code)


def _mark_ages(graph: Graph, code: Code) -> None:
    for node in graph.with_role("model.evaluate"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or is_test_code(graph.nodes[node].place.path) or "@target" not in meaning.arguments:
            continue
        behind = code.flow.reach([op], back=True)
        passes = [o for o in behind if code.program.ops[o].kind == "element"]
        if not passes:
            continue
        fixed = code.flow.reach([meaning.arguments["@target"]], back=True)
        passes = [o for o in passes if o not in fixed]
        if passes and any(
            _by_age(code, model, passes) for model in behind if {"model.load", "model.fit"} & set(code.meanings.roles(model))
        ):
            graph.give(node, "model.staleness")


def _by_age(code: Code, made: int, passes: list[int]) -> bool:
    """Whether a model that is loaded or fitted depends on what differs from pass to pass, and that is a version or a time."""
    meaning = code.meanings.of(made)
    if meaning is None:
        return False
    wanted = "@source" if "model.load" in meaning.roles else "@data"
    given = meaning.arguments.get(wanted, -1)
    if given < 0 or (wanted == "@data" and MASKED not in code.about(given)):
        return False
    behind = code.flow.reach([given], back=True)
    return any(one in behind and _speaks(code, one, AGE) for one in passes)


def _speaks(code: Code, element: int, words: re.Pattern[str]) -> bool:
    """Whether the names and texts around what is walked through are such words."""
    near: set[int] = {element}
    frontier = [element]
    for _ in range(4):
        frontier = [b for op in frontier for b in (*code.program.args[op], *code.resolver.reads.get(op, ())) if b >= 0 and b not in near]
        near.update(frontier)
    near.update(code.flow.after(element))
    return any(words.search(text) or DATED.match(text) for text in _said(code, near))


def _said(code: Code, ops: Iterable[int]) -> set[str]:
    found: set[str] = set()
    for op in sorted(ops)[:MOST]:
        facts = code.program.ops[op]
        if facts.kind in ("load", "assign", "attribute", "call"):
            found.add(facts.name.lower())
        found.update(text.lower() for text in texts_of(facts))
    return found


def _mark_correlations(graph: Graph, code: Code) -> None:
    program = code.program
    for op in program.of_kind("call"):
        called = program.args[op][0] if program.args[op] else -1
        if called < 0 or program.ops[called].name not in CORRELATES or code.tested(op):
            continue
        operands = [a for a in (program.receiver(op), *program.args[op][1:]) if a >= 0]
        told = set().union(*(_said(code, _expression(code, a)) for a in operands))
        read = any("data.read" in code.about(a) for a in operands)
        measured = any({"run.read", "model.evaluate"} & code.about(a) for a in operands)
        offline = measured or any(OFFLINE.search(word) for word in told)
        if read and offline and any(ONLINE.search(word) for word in told):
            graph.give(code.node_for(graph, op, program.ops[called].name, ("model.correlate",)), "model.correlate")


def _expression(code: Code, operand: int) -> set[int]:
    """What stands in an operand itself, through names that are bound once."""
    waiting, seen = [operand], set[int]()
    while waiting and len(seen) < MOST:
        op = waiting.pop()
        if op in seen:
            continue
        seen.add(op)
        if code.program.ops[op].kind in OWN | {"container"}:
            waiting.extend(a for a in code.program.args[op] if a >= 0)
            waiting.extend(r for r in code.resolver.reads.get(op, ()) if r >= 0 and code.program.ops[r].kind == "assign")
    return seen


def _mark_swaps(graph: Graph, code: Code) -> None:
    program = code.program
    for node, check in sorted(code.check_of.items()):
        if not code.tested(code.node_op[node]) or "model.predict" not in graph.nodes[node].about:
            continue
        scope = program.scope_id(check.op)
        behind = set(code.flow.reach(check.conditions, back=True))
        own = [op for op in behind if program.scope_id(op) == scope]
        given = [one for op in own if program.ops[op].kind == "param" for one in parametrized(code, op)]
        behind |= code.flow.reach(given, back=True).keys()
        predicted = [op for op in own if program.ops[op].kind == "call" and "model.predict" in code.about(op)]
        if len(predicted) > 1 and _swapped({tuple(WORD.findall(text.lower())) for op in behind for text in texts_of(program.ops[op])}):
            graph.give(node, "check.fairness")


def _swapped(sentences: set[tuple[str, ...]]) -> bool:
    """Whether two sentences differ only in that one speaks of a woman where the other speaks of a man."""
    neutral: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for words in sentences:
        if len(words) > SHORT and set(words) & (WOMEN | MEN):
            key = tuple("" if word in WOMEN | MEN else word for word in words)
            neutral.setdefault(key, set()).add(words)
    return any(set(one) & WOMEN and set(other) & MEN for same in neutral.values() for one in same for other in same)
