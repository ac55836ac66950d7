"""The value of a condition where an automation server runs the program: constants, environment variables, the platform."""

from __future__ import annotations

import operator
from collections.abc import Callable

from mlrubric.graph.code import Code
from mlrubric.graph.surroundings import UNKNOWN, Surroundings
from mlrubric.graph.values import texts

DEEPEST = 12
PLATFORM = {"sys.platform": "linux", "os.name": "posix"}  # what servers run on unless they say something else
SYSTEM = {"platform.system": "Linux"}
ENVIRONMENT = "os.environ"
TEXTS = frozenset({"lower", "upper", "strip", "casefold"})
ORDER: dict[str, Callable[[object, object], bool]] = {
    "==": operator.eq, "!=": operator.ne, "is": operator.is_, "is not": operator.is_not,
}  # fmt: skip


def truth(code: Code, op: int, around: Surroundings, depth: int = 0) -> object:
    """The value of an operation, or UNKNOWN."""
    if op < 0 or depth > DEEPEST:
        return UNKNOWN
    program, facts, args = code.program, code.program.ops[op], code.program.args[op]

    def value(index: int) -> object:
        return truth(code, index, around, depth + 1)

    if facts.kind == "const":
        return facts.value if facts.value is None or isinstance(facts.value, str | int | float | bool) else UNKNOWN
    if facts.kind in ("load", "assign"):
        sources = [a for a in args if a >= 0] or list(code.resolver.reads.get(op, ()))
        return value(sources[0]) if len(sources) == 1 else UNKNOWN
    if facts.kind == "attribute":
        return next((PLATFORM[name] for name in _external(code, op) if name in PLATFORM), UNKNOWN)
    if facts.kind == "unary" and facts.name == "not":
        inner = value(args[0])
        return UNKNOWN if inner is UNKNOWN else not inner
    if facts.kind == "boolean":
        return _boolean(facts.name, [value(a) for a in args])
    if facts.kind == "container":
        elements = [value(a) for a in args]
        return UNKNOWN if UNKNOWN in elements else tuple(elements)
    if facts.kind == "compare" and isinstance(facts.value, tuple) and len(facts.value) == 1 and len(args) == 2:
        return _compare(code, str(facts.value[0]), args, around, depth)
    if facts.kind == "subscript" and ENVIRONMENT in _external(code, args[0]):
        return _variable(code, args[1], around)
    if facts.kind == "call":
        return _call(code, op, around, depth)
    if facts.kind == "conditional":
        test = value(args[0])
        return UNKNOWN if test is UNKNOWN else value(args[1] if test else args[2])
    del program
    return UNKNOWN


def _external(code: Code, op: int) -> list[str]:
    return [str(v[1]) for v in code.resolver.of(op) if v[0] == "external"]


def _variable(code: Code, name: int, around: Surroundings) -> object:
    names = texts(code.resolver.of(name))
    return around.variable(next(iter(names))) if len(names) == 1 else UNKNOWN


def _boolean(name: str, values: list[object]) -> object:
    for value in values:
        if value is not UNKNOWN and bool(value) == (name == "or"):
            return value
    return UNKNOWN if UNKNOWN in values else values[-1]


def _compare(code: Code, sign: str, args: tuple[int, ...], around: Surroundings, depth: int) -> object:
    if sign in ("in", "not in") and ENVIRONMENT in _external(code, args[1]):
        there = _variable(code, args[0], around)
        return UNKNOWN if there is UNKNOWN else (there is not None) == (sign == "in")
    left, right = (truth(code, a, around, depth + 1) for a in args)
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if sign in ("in", "not in") and isinstance(right, tuple | str):
        if isinstance(right, str) and not isinstance(left, str):
            return UNKNOWN
        return (left in right) == (sign == "in")
    return ORDER[sign](left, right) if sign in ORDER else UNKNOWN


def _call(code: Code, op: int, around: Surroundings, depth: int) -> object:
    program = code.program
    args, meaning = program.args[op], code.meanings.of(op)
    names = _external(code, args[0])
    if meaning is not None and "config.read" in meaning.roles and "@key" in meaning.arguments:
        found = _variable(code, meaning.arguments["@key"], around)
        given = program.positional(op)[1:2]
        default = given[0] if given else program.keyword(op, "default")
        return truth(code, default, around, depth + 1) if found is None and default >= 0 else found
    system = next((SYSTEM[name] for name in names if name in SYSTEM), None)
    if system is not None:
        return system
    positional = program.positional(op)
    callee = program.ops[args[0]]
    if callee.kind == "attribute" and callee.name in TEXTS and not positional:
        text = truth(code, program.args[args[0]][0], around, depth + 1)
        return getattr(text, callee.name)() if isinstance(text, str) else UNKNOWN
    if callee.kind == "attribute" and callee.name in ("startswith", "endswith") and len(positional) == 1:
        text, part = truth(code, program.args[args[0]][0], around, depth + 1), truth(code, positional[0], around, depth + 1)
        return getattr(text, callee.name)(part) if isinstance(text, str) and isinstance(part, str) else UNKNOWN
    if callee.name in ("bool", "int", "str") and len(positional) == 1:
        inner = truth(code, positional[0], around, depth + 1)
        if inner is UNKNOWN:
            return UNKNOWN
        if callee.name == "bool":
            return bool(inner)
        if callee.name == "str":
            return str(inner)
        return int(inner) if isinstance(inner, int) or (isinstance(inner, str) and inner.lstrip("-").isdigit()) else UNKNOWN
    return UNKNOWN
