"""What a check in a test asks of a model: whether it looks at what training code gives back, or only asks what kind of thing it is."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.graph.code import Code
from mlrubric.graph.twice import expression
from mlrubric.graph.values import number

KINDS = frozenset({"builtins.isinstance", "builtins.type", "builtins.hasattr", "builtins.issubclass", "builtins.callable"})
KIND_CALLS = frozenset({"assertisinstance", "assertisnotnone", "assertisnone", "assert_is_instance", "exists", "is_file", "isfile"})
IDENTITY = (("is",), ("is not",))


def after_training(code: Code, checks: Iterable[int]) -> frozenset[int]:
    """The checks whose conditions come from a call of the project that trains: its history, its losses, what it returns. One sweep for
    each module of tests, inside of it."""
    units = code.program.unit_of
    asked: dict[int, list[int]] = {}
    for node in checks:
        if node in code.check_of:
            asked.setdefault(units[code.check_of[node].op], []).append(node)
    calls = [
        op
        for op, targets in code.resolver.targets.items()
        if units[op] in asked and any(t[0] == "function" and number(t) in code.trains for t in targets)
    ]
    found: set[int] = set()
    for unit, nodes in asked.items():
        starts = [op for op in calls if units[op] == unit]
        reached = code.flow.reach(starts, stop=lambda op, unit=unit: units[op] != unit) if starts else {}  # type: ignore[misc]
        found.update(node for node in nodes if any(c in reached for c in code.check_of[node].conditions))
    return frozenset(found)


def looks_at_own_model(code: Code, node: int) -> bool:
    """Whether what a check looks at comes from a model that a module of the project makes, and that is not loaded from somewhere."""
    check = code.check_of.get(node)
    about = frozenset[str]().union(*(code.about(c) for c in check.conditions)) if check is not None else frozenset()
    if check is None or not about & {"model.build", "model.fit"} or "model.load" in about:
        return False
    units, unit = code.program.unit_of, code.program.unit_of[check.op]

    def handed(op: int) -> bool:  # by whom of all callers is not known
        return code.program.ops[op].kind == "param" and units[op] != unit

    reached = code.flow.reach(check.conditions, back=True, stop=handed)
    return any("model.build" in code.meanings.roles(op) and not code.tested(op) for op in reached)


def only_asks_kind(code: Code, node: int) -> bool:
    """Whether a check asks for no more than a type, an attribute, or that something is there."""
    check = code.check_of.get(node)
    return check is not None and bool(check.conditions) and all(_kind(code, condition) for condition in check.conditions)


def asks_type(code: Code, condition: int) -> bool:
    """Whether a condition asks for no more than the type of something, or which attributes it has."""
    facts, args = code.program.ops[condition], [a for a in code.program.args[condition] if a >= 0]
    if facts.kind == "boolean" or (facts.kind == "unary" and facts.name == "not"):
        return all(asks_type(code, a) for a in args)
    meaning = code.meanings.of(condition) if facts.kind == "call" else None
    return meaning is not None and meaning.api in KINDS


def _kind(code: Code, condition: int) -> bool:
    facts, args = code.program.ops[condition], [a for a in code.program.args[condition] if a >= 0]
    if facts.kind == "boolean" or (facts.kind == "unary" and facts.name == "not"):
        return all(_kind(code, a) for a in args)
    if facts.kind == "call":
        meaning = code.meanings.of(condition)
        named = code.program.ops[args[0]].name.lower() if args else ""
        return (meaning is not None and meaning.api in KINDS) or named in KIND_CALLS
    if facts.kind == "compare":
        if facts.value in IDENTITY and any(code.program.ops[a].kind == "const" and code.program.ops[a].value is None for a in args):
            return True
        return any(_asks_type(code, a) for a in args)
    return facts.kind == "load"  # the thing itself: that it is true


def _asks_type(code: Code, op: int) -> bool:
    for here in expression(code, op, 12):
        meaning = code.meanings.of(here) if code.program.ops[here].kind == "call" else None
        if (meaning is not None and meaning.api in KINDS) or code.program.ops[here].name == "__class__":
            return True
    return False
