"""Whether a measure of drift can be trusted: a bin without rows in what is written by hand, and many tests of which one is always met."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlrubric.graph.code import Code
from mlrubric.graph.distances import Distance

LIFTS = re.compile(
    r"^(clip\w*|maximum|max|where|replace|fillna|nan_to_num|finfo|add|masked_\w+|isfinite|isinf|divide|errstate|rel_entr|xlogy)$"
)
SMALL = re.compile(r"eps|smooth|pseudo|laplace|tiny|floor|offset", re.IGNORECASE)
CORRECTS = re.compile(
    r"bonferroni|holm|sidak|fdr|multipletests|benjamini|correct(ed|ion)|share|ratio|fraction|proportion|mean", re.IGNORECASE
)
LEAST = 0.1  # what is added to a share is less, a p-value is compared with less
EMPTY = ("==", "!=", ">", "<=", ">=", "<")
CALLERS = 2


def bare(code: Code, distance: Distance) -> bool:
    """Whether a bin without rows makes the measure infinite: nothing in the function, or in those that call it, lifts what is divided or
    looks for zeros."""
    frontier, seen = {code.program.scope_id(distance.op)}, set[int]()
    for _ in range(CALLERS + 1):
        if any(_lifted(code, op) for scope in frontier for op in _inside(code, scope)):
            return False
        seen |= frontier
        frontier = {code.program.scope_id(c) for s in frontier for c in code.resolver.callers.get(s, ()) if not code.tested(c)} - seen
    return True


def uncorrected(code: Code, op: int) -> bool:
    """Whether a test is repeated in a loop and each p-value is compared with the same small number, without a correction for their count or
    a share of them that must be met."""
    if code.flow.loop(op) < 0:
        return False
    scope = code.program.scope_id(op)
    inside = list(_inside(code, scope))
    if any(CORRECTS.search(code.program.ops[o].name or "") for o in inside) or any(_by_count(code, o) for o in inside):
        return False
    reached = code.flow.reach([op])
    return any(_small(code, o) for o in inside if o in reached and code.program.ops[o].kind == "compare")


def _inside(code: Code, scope: int) -> Iterable[int]:
    """The operations of a function, with those of the comprehensions and functions in it."""
    program = code.program
    unit = program.modules[program.scope_unit[scope]]
    for index in range(len(unit.facts.ops)):
        here = program.scope_id(index + unit.base)
        for _ in range(4):
            if here == scope:
                yield index + unit.base
                break
            if program.scopes[here].kind == "module":
                break
            here = program.parent_scope(here)


def _lifted(code: Code, op: int) -> bool:
    facts, args = code.program.ops[op], [a for a in code.program.args[op] if a >= 0]
    if SMALL.search(facts.name or "") or (facts.kind == "attribute" and LIFTS.match(facts.name or "")):
        return True
    if facts.kind == "call" and args and LIFTS.match(code.program.ops[args[0]].name or ""):
        return True
    values = [code.program.ops[a].value for a in args if code.program.ops[a].kind == "const"]
    if facts.kind == "binary" and facts.name == "+":
        return any(isinstance(v, (int, float)) and not isinstance(v, bool) and 0 < v <= 1 for v in values)
    compares = facts.kind == "compare" and isinstance(facts.value, tuple) and set(facts.value) <= set(EMPTY)
    return compares and any(v == 0 and not isinstance(v, bool) for v in values)


def _by_count(code: Code, op: int) -> bool:
    """`alpha / len(columns)`, `len(drifted) / n`."""
    facts, args = code.program.ops[op], [a for a in code.program.args[op] if a >= 0]
    if facts.kind != "binary" or facts.name != "/":
        return False
    called = [
        code.program.ops[code.program.args[a][0]].name for a in args if code.program.ops[a].kind == "call" and code.program.args[a][0] >= 0
    ]
    return "len" in called or "sum" in called


def _small(code: Code, compare: int) -> bool:
    args = [a for a in code.program.args[compare] if a >= 0]
    return any(v[0] == "const" and isinstance(v[1], float) and 0 < v[1] < LEAST for a in args for v in code.resolver.of(a))
