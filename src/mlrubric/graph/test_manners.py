"""How tests are written: numbers that were copied from one run, tests that only parse a pipeline."""

from __future__ import annotations

import re

from mlrubric.graph.code import Code
from mlrubric.graph.world import World
from mlrubric.knowledge import qualities

EQUAL = re.compile(
    r"assert(Equals?|AlmostEquals?|_equal|_almost_equal|_approx_equal|_allclose|_close|_array_(almost_)?equal)|isclose|allclose|approx",
    re.IGNORECASE,
)
MODEL = frozenset({"model.fit", "model.load", "model.predict"})
QUALITY = re.compile(rf"(^|_|test|val)({qualities.EITHER}|roc|scores?|metric|quality)(_|$)", re.IGNORECASE)
ROUNDS = frozenset({"round", "float", "abs"})
LOOSE = frozenset({"abs", "rel", "atol", "rtol", "delta", "abs_tol", "rel_tol"})
WIDE, PLACES, DEPTH = 0.005, 2, 5  # a tolerance from which on a number is a bound
PARSES, RUNS = "flow.parse", "flow.run"


def mark_test_manners(world: World) -> None:
    """`golden` on assertions that a quality is one number; `parses` on tests that only look whether a pipeline can be put together:
    `only` when no test or job runs one."""
    _golden(world)
    _parsing(world)


def _golden(world: World) -> None:
    graph, code = world.graph, world.code
    for node, check in sorted(code.check_of.items()):
        about = graph.nodes[node].about
        if "model.evaluate" in about and about & MODEL and code.tested(check.op):
            call = check.op if code.program.ops[check.op].kind == "call" else -1
            found = next((g for c in (*check.conditions, call) if c >= 0 and (g := _number(code, c, 0))), "")
            if found and (call < 0 or EQUAL.fullmatch(_called(code, call))):
                graph.nodes[node].attributes["golden"] = found


def _number(code: Code, op: int, depth: int, *, equal: bool = False) -> str:
    """The number that a condition asks for, "" when it asks for none or for a range."""
    facts, args = code.program.ops[op], [a for a in code.program.args[op] if a >= 0]
    if facts.kind == "const":
        return str(facts.value) if equal and isinstance(facts.value, float) and round(facts.value * 4) != facts.value * 4 else ""
    if depth >= DEPTH or facts.kind not in ("compare", "call", "boolean", "container"):
        return ""
    if facts.kind == "compare":
        equal = facts.value == ("==",) and any(_quality(code, a) for a in args)
        return next((g for a in args if equal and (g := _number(code, a, depth + 1, equal=True))), "")
    if facts.kind == "call":
        named = EQUAL.fullmatch(_called(code, op))
        if named is None or _loose(code, op):
            return ""
        args = [a for a in code.program.positional(op) if a >= 0]
        equal = equal or any(_quality(code, a) for a in args)
    return next((g for a in args if (g := _number(code, a, depth + 1, equal=equal))), "")


def _quality(code: Code, op: int) -> bool:
    """Whether a value is a metric, by what computes it or by what it is called."""
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "call":
        inner = code.program.positional(op)
        rounds = _called(code, op) in ROUNDS and bool(inner) and _quality(code, inner[0])
        return "model.evaluate" in code.meanings.roles(op) or QUALITY.search(_called(code, op)) is not None or rounds
    if facts.kind == "subscript" and len(args) == 2 and args[1] >= 0:
        key = code.program.ops[args[1]].value
        return isinstance(key, str) and QUALITY.search(key) is not None
    return facts.kind in ("load", "attribute") and QUALITY.search(facts.name) is not None


def _loose(code: Code, call: int) -> bool:
    """Whether a comparison is told to let differences pass that are no rounding."""
    for name in LOOSE:
        given = code.program.keyword(call, name)
        value = code.program.ops[given].value if given >= 0 else None
        if given >= 0 and (not isinstance(value, (int, float)) or value >= WIDE):
            return True
    places = code.program.keyword(call, "places", "decimal", "significant")
    value = code.program.ops[places].value if places >= 0 else None
    return isinstance(value, int) and value <= PLACES


def _called(code: Code, call: int) -> str:
    callee = code.program.args[call][0] if code.program.args[call] else -1
    return code.program.ops[callee].name or "" if callee >= 0 else ""


def _parsing(world: World) -> None:
    graph, calls = world.graph, frozenset({"call"})
    parsing = graph.sweep(graph.with_role(PARSES), calls, back=True)
    tests = [n for n in graph.of_kind("test") if n in parsing]
    if not tests:
        return
    running = graph.sweep(graph.with_role(RUNS), calls, back=True)
    nodes = graph.nodes
    whole = any(
        n in running or nodes[n].attributes.get("chain_lost") or {"test.pipeline", "test.serve"} & set(nodes[n].roles)
        for n in graph.of_kind("test", "job")
    )
    for node in tests:
        nodes[node].attributes["parses"] = "beside" if whole else "only"
