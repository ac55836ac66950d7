"""Branches of a helper that no caller ever takes: `if how == "median":` where every call says "-1"."""

from __future__ import annotations

from mlrubric.graph.code import Code


def unreached(code: Code, op: int) -> bool:
    """Whether an operation stands under a comparison of a parameter with a constant that no call outside of tests meets."""
    base = code.program.unit(op).base
    for block in code.program.blocks_around(op):
        facts = code.program.blocks[block]
        if facts.kind == "scope":
            break
        if facts.kind == "if" and facts.test >= 0 and _never(code, facts.test + base):
            return True
    return False


def _never(code: Code, test: int) -> bool:
    """Whether a condition is false for all that is handed to the parameter it asks for."""
    facts, args = code.program.ops[test], code.program.args[test]
    wanted: object = None
    if facts.kind == "compare" and facts.value == ("==",) and code.program.ops[args[1]].kind == "const":
        test, wanted = args[0], code.program.ops[args[1]].value
        facts = code.program.ops[test]
    if facts.kind != "load" or len(code.program.args[test]) != 1:
        return False
    parameter = code.program.args[test][0]
    handed = _handed(code, parameter) if code.program.ops[parameter].kind == "param" else []
    return bool(handed) and all(value != wanted if wanted is not None else not value for value in handed)


def _handed(code: Code, parameter: int) -> list[object]:
    """The constants that calls outside of tests hand to a parameter; nothing when one of them is not known."""
    program, found = code.program, list[object]()
    callers = [c for c in code.resolver.callers.get(program.scope_id(parameter), ()) if not code.tested(c)]
    for call in callers:
        given = [a for a in program.args[call][1:] if a in code.resolver.sources.get(parameter, ())] or list(program.args[parameter])
        values = [v for a in given for v in code.resolver.of(a)]
        if not values or any(v[0] not in ("const", "text") for v in values):
            return []
        found.extend(v[1] for v in values)
    return found
