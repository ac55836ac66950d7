"""What a check in a test asks of a model: whether it looks at what training code gives back, and whether it only asks for its kind."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.twice import expression
from mlrubric.graph.values import number

KINDS = frozenset({"builtins.isinstance", "builtins.type", "builtins.hasattr", "builtins.issubclass", "builtins.callable"})
KIND_CALLS = frozenset({"assertisinstance", "assertisnotnone", "assertisnone", "assert_is_instance", "exists", "is_file", "isfile"})
IDENTITY = (("is",), ("is not",))


def looks_at_training(code: Code, node: int) -> bool:
    """Whether the conditions of a check come from a call of the project that trains: its history, its losses, what it returns."""
    check = code.check_of.get(node)
    if check is None or not check.conditions:
        return False
    units, unit = code.program.unit_of, code.program.unit_of[check.op]
    for op in code.flow.reach(check.conditions, back=True, stop=lambda o: units[o] != unit):
        targets = code.resolver.targets.get(op, ()) if code.program.ops[op].kind == "call" else ()
        if any(t[0] == "function" and number(t) in code.trains for t in targets):
            return True
    return False


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
