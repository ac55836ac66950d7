"""Searches whose goal goes by a tracking server: the function that they call logs the metric they ask for, of the test part."""

from __future__ import annotations

from fnmatch import fnmatchcase

from mlrubric.graph.code import Code
from mlrubric.graph.parts.judged import Judgement
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.parts.tracked import logged, test_scores
from mlrubric.graph.values import number, texts

METRIC, NAME = "metric", "name"
DEPTH = 4


def mark_sweeps(seen: Seen, everything: list[Judgement]) -> None:
    """`stops` = search on such searches, toward the score."""
    code, graph = seen.code, seen.world.graph
    searches = [(op, m.arguments["@function"]) for op, m in sorted(code.meanings.all().items()) if _searches(code, op)]
    scores = test_scores(seen, everything) if searches else {}
    reported = list(logged(seen, set(scores))) if scores else []
    for op, function in searches if reported else ():
        node = seen.node(op)
        wanted = _metrics(code, op)
        scopes = _entered(code, {number(value) for value in code.resolver.of(function) if value[0] == "function"})
        found = [
            score
            for at, name, by in reported
            if code.program.scope_id(at) in scopes and any(fnmatchcase(one, name) for one in wanted)
            for score in by
        ]
        if found and "stops" not in graph.nodes[node].attributes:
            graph.nodes[node].attributes.update(stops="search", toward=str(seen.node(found[0])))


def _searches(code: Code, op: int) -> bool:
    meaning = code.meanings.of(op)
    return meaning is not None and "model.tune" in meaning.roles and "@function" in meaning.arguments and not code.tested(op)


def _metrics(code: Code, op: int) -> frozenset[str]:
    """The metrics that a module asks its searches for: `metric="f1"`, `{"metric": {"name": "f1"}}`."""
    program, unit, found = code.program, code.program.unit_of[op], set[str]()
    for other in program.of_kind("call", "dict"):
        if program.unit_of[other] != unit:
            continue
        args = program.args[other]
        if program.ops[other].kind == "call":
            given = program.keyword(other, METRIC)
            found.update(texts(code.resolver.of(given)) if given >= 0 else ())
            continue
        for key, value in zip(args[::2], args[1::2], strict=True):
            if key >= 0 and value >= 0 and program.ops[key].value == METRIC:
                inner = program.args[value] if program.ops[value].kind == "dict" else ()
                named = [v for k, v in zip(inner[::2], inner[1::2], strict=True) if k >= 0 and v >= 0 and program.ops[k].value == NAME]
                found.update(text for one in (named or [value]) for text in texts(code.resolver.of(one)))
    return frozenset(found)


def _entered(code: Code, scopes: set[int]) -> set[int]:
    """Functions and those that they call."""
    found, fresh = set(scopes), set(scopes)
    for _ in range(DEPTH):
        if not fresh:
            break
        fresh = {
            number(target)
            for op in code.program.of_kind("call")
            if code.program.scope_id(op) in fresh
            for target in code.resolver.targets.get(op, ())
            if target[0] == "function"
        } - found
        found |= fresh
    return found
