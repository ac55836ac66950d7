"""Calls that no brackets show: context managers, operators, texts made of objects, exceptions, what is left for the late round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.graph.resolve import attributes, calls, containers, functions, kept, objects
from mlrubric.graph.values import EMPTY, Values, constant, join, keys_of, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver

OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
COMPARISONS = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}


def entered(r: Resolver, op: int) -> Values:
    """`with x as y`: what `__enter__` gives; `__exit__` is called as well."""
    found: list[Values] = []
    prefix = "__a" if r.program.ops[op].value == "async" else "__"
    for value in ordered(r.of(r.program.args[op][0])):
        if value[0] == "instance":
            given = calls.method_call(r, op, value, f"{prefix}enter__")
            calls.method_call(r, op, value, f"{prefix}exit__")
            found.append(frozenset([value]) if given is None else given)
        elif value[0] == "generator":
            found.append(containers.elements(r, value, op))
        elif value[0] == "object":
            found.append(objects.member(r, str(value[1]), f"{prefix}enter__") or frozenset([value]))
        else:
            found.append(frozenset([value]))
    return join(*found) if found else EMPTY


def raised(r: Resolver, op: int) -> Values:
    """`raise Error` makes an instance of the class."""
    for argument in r.program.args[op]:
        for value in ordered(v for v in r.of(argument) if v[0] == "class"):
            calls.invoke(r, op, value, calls.NOTHING)
    return EMPTY


def compared(r: Resolver, op: int) -> Values:
    args, operators = r.program.args[op], r.program.ops[op].value
    if not isinstance(operators, tuple):
        return EMPTY
    if r.program.class_names.isdisjoint(SPECIAL):
        return _masks(r, op)
    for index, operator in enumerate(operators):
        member = operator in ("in", "not in")
        asked, other = (args[index + 1], args[index]) if member else (args[index], args[index + 1])
        name = "__contains__" if member else COMPARISONS.get(operator, "")
        for value in ordered(v for v in r.of(asked) if v[0] == "instance") if name else ():
            if calls.method_call(r, op, value, name, calls.Arguments((other,))) is None and member:
                containers.elements(r, value, op)
    return _masks(r, op)


def _masks(r: Resolver, op: int) -> Values:
    """A comparison of an array or a table gives one."""
    operators = r.program.ops[op].value
    if not isinstance(operators, tuple) or len(operators) != 1 or operators[0] not in COMPARISONS:
        return EMPTY
    return frozenset(v for a in r.program.args[op] for v in objects.same(r, r.of(a)))


SPECIAL = frozenset({"__contains__", "__iter__", "__getitem__", *COMPARISONS.values()})


def unary(r: Resolver, op: int) -> Values:
    name = r.program.ops[op].name
    found = []
    for value in r.of(r.program.args[op][0]):
        if value[0] == "const" and name == "-" and isinstance(value[1], int | float) and not isinstance(value[1], bool):
            found.append(constant(-value[1]))
    if name in ("-", "~", "+"):
        found.extend(objects.same(r, r.of(r.program.args[op][0])))
    return frozenset(found)


def operated(r: Resolver, op: int, name: str, left: Values, right: Values) -> Values:
    """An operator on instances of project classes calls the special method of the left one, else the reflected one of the right one."""
    if name not in OPERATORS:
        return EMPTY
    args = r.program.args[op]
    found: list[Values] = []
    for mine, kind, other in ((left, "__{}__", args[-1]), (right, "__r{}__", args[0])):
        for value in ordered(v for v in mine if v[0] == "instance"):
            given = calls.method_call(r, op, value, kind.format(OPERATORS[name]), calls.Arguments((other,)))
            if given is None and kind == "__{}__" and r.program.ops[op].extra == "augmented":
                given = calls.method_call(r, op, value, f"__i{OPERATORS[name]}__", calls.Arguments((other,)))
            if given is not None:
                found.append(given)
        if found:
            break
    return join(*found) if found else EMPTY


def written(r: Resolver, op: int, values: Values, exactly: bool = False) -> None:
    """An object that becomes a text: `__str__`, else `__repr__`; the items of a tuple that is formatted."""
    if r.program.class_names.isdisjoint(("__str__", "__repr__", "__format__")):
        return
    for value in ordered(values):
        if value[0] == "instance":
            for name in ("__repr__",) if exactly else ("__format__", "__str__", "__repr__"):
                if calls.method_call(r, op, value, name) is not None:
                    break
        elif value[0] == "made" and r.program.ops[number(value)].value == "tuple":
            written(r, op, frozenset(v for v in containers.item(r, number(value), None, op) if v[0] == "instance"), exactly)


def deleted(r: Resolver, op: int) -> Values:
    args = r.program.args[op]
    for value in ordered(v for v in r.of(args[0]) if v[0] == "instance") if args else ():
        if len(args) > 1:
            calls.method_call(r, op, value, "__delitem__", calls.Arguments((args[1],)))
        else:
            calls.method_call(r, op, value, "__delattr__", calls.Arguments((-1,)))
    return EMPTY


def _hands_functions(r: Resolver, op: int) -> bool:
    """Whether a call hands functions to something that is not known, or a list or table of functions or objects to a library."""
    callee, *arguments = r.program.args[op]
    if not r.values[callee]:
        return any(v[0] in HANDED for a in arguments if a >= 0 for v in r.values[a])
    if not any(v[0] in ("external", "method", "foreign") for v in r.values[callee]):
        return False
    made = [number(v) for a in arguments if a >= 0 for v in r.values[a] if v[0] == "made"]
    return any(v[0] in HANDED or v[0] == "instance" for m in made for a in r.program.args[m] if a >= 0 for v in r.values[a])


HANDED = frozenset({"function", "bound", "partial"})


def late(r: Resolver) -> list[int]:
    """Operations whose answer only shows by absence: methods that nothing calls, keys that are not known, attributes that nothing
    defines, files that nothing else saves."""
    for scope, one in enumerate(r.program.scopes):
        if one.kind == "class":
            for base in attributes.order(r, scope)[0][1:]:
                r.heirs.setdefault(base, []).append(scope)
    found = functions.unclaimed(r) + kept.loading(r)
    program = r.program
    found += [op for op in program.of_kind("call") if _hands_functions(r, op)]
    found += [use for op in program.of_kind("attribute") if program.ops[op].name == "__subclasses__" for use in r.uses[op]]
    by_key = (op for op in program.of_kind("subscript", "store_subscript") if len(program.args[op]) > 1)
    found += [op for op in by_key if not keys_of(r.of(program.args[op][1]))]
    if not program.class_names.isdisjoint(("__getattr__", "__getattribute__")):
        unknown = (op for op in program.of_kind("attribute") if not r.values[op])
        found += [op for op in unknown if any(v[0] == "instance" for v in r.of(program.args[op][0]))]
    return found
