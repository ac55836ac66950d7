"""Whether a check asks if two trainings give the same: the same model, predictions or score, exactly or nearly."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.values import number

SAME = frozenset(
    {
        "isclose",
        "allclose",
        "assert_allclose",
        "assert_almost_equal",
        "array_equal",
        "assert_array_equal",
        "assertequal",
        "assertalmostequal",
        "equals",
        "assert_frame_equal",
        "assert_close",
        "equal",
        "approx",
        "assert_almost_equals",
        "assert_array_almost_equal",
        "assert_series_equal",
        "assertlistequal",
        "assertsequenceequal",
        "tree_equal",
    }
)
MADE = frozenset({"model.fit", "model.build", "model.evaluate", "model.predict"})  # what a call that trains gives back
SAYS = frozenset({"compare", "boolean", "unary", "fstring", "const"})  # a condition or a message, no value that is compared
CLOSE = 1e-3  # two trainings that are the same differ by less
OWN = frozenset({"boolean", "unary", "load", "assign", "call", "attribute", "binary", "compare", "subscript", "conditional"})


def twice(code: Code, conditions: tuple[int, ...]) -> bool:
    """Whether a condition, or an assertion over two values, compares the outcomes of two trainings."""
    operands = [c for c in conditions[:2] if code.program.ops[c].kind not in SAYS]
    if len(operands) > 1 and _two_trainings(code, *operands):
        return True
    for condition in conditions:
        for op in expression(code, condition):
            operands = [a for a in code.program.args[op] if a >= 0]
            if _equates(code, op, operands) and len(operands) > 1 and _two_trainings(code, *operands[-2:]):
                return True
            if _near(code, op, operands) and _two_trainings(code, *_difference(code, operands[0])):
                return True
    return False


def _two_trainings(code: Code, one: int, other: int) -> bool:
    """Whether two values come from two trainings, each from its own; of what a loop repeats, or walks through in pairs, from both."""
    if one < 0 or other < 0:
        return False
    first, second = _fits(code, one), _fits(code, other)
    if not first or not second:
        return False
    if not first & second:
        return not any(_otherwise(code, a, b) for a in first for b in second)
    pair = len(first) == 2 and first == second and _of_pair(code, one) != _of_pair(code, other)
    again = len(first) == 1 and first == second and all(code.flow.loop(fit) >= 0 for fit in first) and _places(code, one, other)
    return (pair and not _otherwise(code, min(first), max(first))) or again


def _otherwise(code: Code, one: int, other: int) -> bool:
    """Whether two trainings are of different kinds of models, or are given different constants: another seed, another setting."""
    made = [meaning.kind if (meaning := code.meanings.of(op)) is not None else "" for op in (one, other)]
    if all(made) and made[0] != made[1]:
        return True
    left, right = (code.program.args[op][1:] for op in (one, other))
    if code.program.ops[one].kind != "call" or code.program.ops[other].kind != "call" or len(left) != len(right):
        return False
    for a, b in zip(left, right, strict=True):
        kinds = {code.program.ops[x].kind if x >= 0 else "" for x in (a, b)}
        if kinds == {"const"} and code.program.ops[a].value != code.program.ops[b].value:
            return True
    return False


def _of_pair(code: Code, op: int) -> object:
    """Which part of a pair that is walked through a value is."""
    for here in expression(code, op, 20):
        if code.program.ops[here].kind == "unpack":
            return code.program.ops[here].value
    return None


def _places(code: Code, one: int, other: int) -> bool:
    """Whether two values are what one list holds at two places."""
    places = []
    for op in (one, other):
        found = [here for here in expression(code, op, 20) if code.program.ops[here].kind == "subscript"]
        keys = [code.program.args[here][1] for here in found if len(code.program.args[here]) == 2]
        places.append([code.program.ops[key].value for key in keys if key >= 0 and code.program.ops[key].kind == "const"])
    return bool(places[0]) and bool(places[1]) and places[0] != places[1]


def _near(code: Code, op: int, operands: list[int]) -> bool:
    """Whether an operation asks if a difference is nearly nought: `abs(first - second) < 1e-6`."""
    facts = code.program.ops[op]
    if facts.kind != "compare" or facts.value not in (("<",), ("<=",)) or len(operands) != 2:
        return False
    limit = code.program.ops[operands[1]]
    return limit.kind == "const" and isinstance(limit.value, float | int) and 0 <= limit.value <= CLOSE


def _difference(code: Code, op: int) -> tuple[int, int]:
    """The two sides of `abs(a - b)`."""
    for here in expression(code, op, 20):
        args = code.program.args[here]
        if code.program.ops[here].kind == "binary" and code.program.ops[here].name == "-" and len(args) == 2:
            return args[0], args[1]
    return -1, -1


def _equates(code: Code, op: int, operands: list[int]) -> bool:
    """Whether an operation asks if two values are the same, exactly or nearly."""
    facts = code.program.ops[op]
    if facts.kind == "compare":
        return facts.value == ("==",)
    return facts.kind == "call" and bool(operands) and code.program.ops[operands[0]].name.lower() in SAME


def _fits(code: Code, op: int) -> frozenset[int]:
    """The trainings that an operand comes from, inside its scope; calls into the project that train count by their call."""
    scope = code.program.scope_id(op)
    found: set[int] = set()
    for back in code.flow.reach([op], back=True, stop=lambda o: code.program.scope_id(o) != scope):
        if code.program.scope_id(back) != scope:
            continue
        if "model.fit" in code.meanings.roles(back) or (
            code.program.ops[back].kind == "call"
            and any(t[0] == "function" and number(t) in code.trains for t in code.resolver.targets.get(back, ()))
            and MADE & code.about(back)
        ):
            found.add(back)
    return frozenset(found)


def expression(code: Code, condition: int, most: int = 60) -> list[int]:
    """The operations of a condition's own expression, calls and loads followed inside the scope."""
    waiting, found = [condition], list[int]()
    while waiting and len(found) < most:
        op = waiting.pop()
        found.append(op)
        if code.program.ops[op].kind in OWN:
            waiting.extend(a for a in code.program.args[op] if a >= 0)
    return found
