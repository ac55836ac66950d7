"""Rows that are put beside themselves: a frame joined with some of its own rows, an array with a changed copy of itself, a repetition."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code

ACROSS = frozenset({"1", "columns", "-1"})
SIDE = frozenset({"hstack", "column_stack", "dstack", "merge", "merge_asof", "merge_ordered", "join"})
REPEATS = frozenset({"repeat", "tile"})
STEPS = 12
Source = tuple[object, ...]


def repeated(code: Code) -> Iterator[tuple[int, int]]:
    """(operation, the rows it repeats) for every join of rows with themselves and every repetition of rows."""
    for op, meaning in sorted(code.meanings.all().items()):
        if code.tested(op) or code.program.ops[op].kind != "call":
            continue
        callee = code.program.args[op][0]
        name = code.program.ops[callee].name if callee >= 0 else ""
        if name in REPEATS and _axis(code, op) == "0":
            given = code.program.positional(op)
            if given:
                yield op, given[0]
        elif "data.join" in meaning.roles and name not in SIDE and _axis(code, op) not in ACROSS:
            data = meaning.arguments.get("@data", -1)
            listed = _list(code, data)
            if listed and _twice(code, listed):
                yield op, data


def _axis(code: Code, op: int) -> str:
    axis = code.program.keyword(op, "axis")
    return code.meanings.spelling(axis) if axis >= 0 else "absent"


def _list(code: Code, op: int) -> tuple[int, ...]:
    """The elements of a list that is written out."""
    program = code.program
    while op >= 0 and program.ops[op].kind in ("load", "assign") and len(program.args[op]) == 1:
        op = program.args[op][0]
    return program.args[op] if op >= 0 and program.ops[op].kind == "container" else ()


def _twice(code: Code, elements: tuple[int, ...]) -> bool:
    """Whether one element is all of a variable and another comes of the same variable, or of a copy of it that was changed."""
    chains = [_chain(code, e) for e in elements if e >= 0]
    for first, (whole, own) in enumerate(chains):
        for second, (_, other) in enumerate(chains):
            if first != second and own and other and (own[0] in other) and (whole or own[0] == other[0]):
                return True
    return False


def _chain(code: Code, op: int) -> tuple[bool, list[Source]]:
    """Whether a value is a whole variable, and the definitions that its rows come from, the nearest first."""
    program, found = code.program, list[Source]()
    whole = program.ops[op].kind == "load"
    for _ in range(STEPS):
        if op < 0:
            break
        facts, args = program.ops[op], program.args[op]
        if facts.kind == "load":
            if len(args) != 1:
                break
            found.append(args)
            op = args[0]
        elif facts.kind == "assign":
            op = args[0] if args else -1
        elif facts.kind in ("subscript", "attribute") and args:
            op = args[0]
        elif facts.kind == "call":
            meaning = code.meanings.of(op)
            if meaning is None or not set(meaning.roles) <= {"data.derive", "data.sample", "random.use"}:
                break
            op = meaning.arguments.get("@data", program.receiver(op))
        else:
            break
    return whole, found
