"""The best of the tracked runs, asked for by a metric that was measured on the test part: a choice through the tracking server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from mlrubric.graph.code import Code
from mlrubric.graph.parts.judged import Judgement
from mlrubric.graph.parts.one_fold import one_fold
from mlrubric.graph.parts.pieces import TEST
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.values import HOLE, keys_of, texts

ORDER = re.compile(r"^[-+]?(?:summary_)?metrics\.[`\"]?([\w /.%-]+?)[`\"]?(?:\s+(?:ASC|DESC))?$", re.IGNORECASE)
DEPTH = 4


def mark_tracked(seen: Seen, everything: list[Judgement]) -> None:
    """`picks` = test on searches of runs in the order of such a metric of which the first is taken."""
    code, graph = seen.code, seen.world.graph
    asked = {op: _metric(code, m.arguments["@order"]) for op, m in sorted(code.meanings.all().items()) if "@order" in m.arguments}
    asked = {op: metric for op, metric in asked.items() if metric and not code.tested(op) and _first(code, op)} | dict(_picked(code))
    scores = test_scores(seen, everything) if asked else {}
    if not scores:
        return
    searched = {target for node in graph.with_role("model.tune") for target in _searched(seen, node)}
    reported = list(logged(seen, set(scores)))
    told: set[frozenset[int]] = set()
    for op, metric in asked.items():
        by = frozenset(score for _, name, found in reported if fnmatchcase(metric, name) for score in found)
        if not by or by in told or any(seen.node(score) in searched for score in by) or not any(_again(code, score) for score in by):
            continue
        told.add(by)
        node = seen.node(op, "model.choose")
        graph.nodes[node].attributes.update(picks=TEST, toward=" ".join(str(seen.node(score)) for score in sorted(by)))


def _searched(seen: Seen, node: int) -> Iterator[int]:
    """The scores that a search is known to look at, whose runs are ordered by the same thing."""
    attributes = seen.world.graph.nodes[node].attributes
    if attributes.get("stops") == "search":
        yield from (int(target) for target in attributes.get("toward", "").split())


def _picked(code: Code) -> Iterator[tuple[int, str]]:
    """(where one of the runs is picked, the metric) for runs that are searched and looked through here: `runs["metrics.f1"].idxmax()`."""
    program = code.program
    runs = [op for op, meaning in code.meanings.all().items() if "run.read" in meaning.roles and not code.tested(op)]
    for op in sorted(code.flow.reach(runs)) if runs else ():
        meaning = code.meanings.of(op) if program.ops[op].kind == "call" else None
        if meaning is None or "picks" not in code.meanings.traits(meaning):
            continue
        receiver = program.receiver(op)
        index = program.args[receiver][1:2] if receiver >= 0 and program.ops[receiver].kind == "subscript" else ()
        for argument in (*index, *program.args[op][1:]):
            metric = _metric(code, argument) if argument >= 0 else ""
            if metric:
                yield op, metric
                break


def _metric(code: Code, order: int) -> str:
    """The metric that runs are ordered by first."""
    program = code.program
    for value in sorted(code.resolver.of(order), key=repr):
        if value[0] == "made" and isinstance(value[1], int) and program.ops[value[1]].kind == "container" and program.args[value[1]]:
            return _metric(code, program.args[value[1]][0])
    if program.ops[order].kind == "container" and program.args[order]:
        return _metric(code, program.args[order][0])
    given = texts(code.resolver.of(order))
    matched = ORDER.match(given[0].strip()) if len(given) == 1 and HOLE not in given[0] else None
    return matched[1].strip() if matched else ""


def _first(code: Code, search: int) -> bool:
    """Whether the first run alone is asked for, or taken out of what comes back."""
    program = code.program
    if 1 in keys_of(code.resolver.of(program.keyword(search, "max_results"))):
        return True
    taken = code.flow.reach([search], stop=lambda op: op != search and program.ops[op].kind == "call")
    return any(
        program.ops[op].kind == "subscript" and len(program.args[op]) > 1 and 0 in keys_of(code.resolver.of(program.args[op][1]))
        for op in taken
    )


def test_scores(seen: Seen, everything: list[Judgement]) -> dict[int, Judgement]:
    """The evaluations on the test part of a split that is no fold."""
    folds = {split.op for split in seen.splits if split.folds and not one_fold(seen.code, split)}
    return {one.at: one for one in everything if not one.asks and one.part == TEST and set(seen.layout.of(one.rows, TEST)) - folds}


def logged(seen: Seen, scores: set[int]) -> Iterator[tuple[int, str, list[int]]]:
    """(operation, name of a metric as a pattern, the scores on the test part in it) for all that is logged."""
    code, layout = seen.code, seen.layout
    for op, meaning in sorted(code.meanings.all().items()):
        value = meaning.arguments.get("@value", -1)
        if "run.log_metric" not in meaning.roles or value < 0 or code.tested(op):
            continue
        pairs = [(meaning.arguments["@key"], value)] if "@key" in meaning.arguments else []
        for made in code.resolver.of(value):
            if made[0] == "made" and isinstance(made[1], int) and code.program.ops[made[1]].kind == "dict":
                args = code.program.args[made[1]]
                pairs += zip(args[::2], args[1::2], strict=True)
        for key, one in pairs:
            found = [s for s in layout.of(seen.bits[one], "scored") if s in scores] if key >= 0 and one >= 0 else []
            yield from ((op, name.replace(HOLE, "*"), found) for name in (texts(code.resolver.of(key)) if found else ()))


def _again(code: Code, op: int, depth: int = 0) -> bool:
    """Whether something runs more than once: in a loop, or by several calls above it."""
    if code.flow.loop(op) >= 0:
        return True
    calls = [c for c in code.resolver.callers.get(code.program.scope_id(op), ()) if not code.tested(c)]
    return depth < DEPTH and (len(calls) > 1 or any(_again(code, call, depth + 1) for call in calls))
