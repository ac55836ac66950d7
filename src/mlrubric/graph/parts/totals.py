"""Totals and means of the target by groups that are joined to the rows which they were taken of: each row gets its own answer with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.parts.learners import AVERAGES, Learner, target_by_group
from mlrubric.graph.values import texts

TAKEN = AVERAGES | {"sum"}
AGGREGATES = frozenset({"agg", "aggregate"})
RENAMES = frozenset({"rename"})
STEPS = 8
PICKS = frozenset({"compare", "binary", "unary"})


def totals(code: Code, read: Collection[int], answers: frozenset[str]) -> Iterator[Learner]:
    """Aggregations by groups of what is `read` that take the mean or the sum of a column which some training learns to predict, under the
    name it has there or that it is given later."""
    program, meant = code.program, answers | _before(code, answers) if answers else frozenset()
    for op in program.of_kind("call") if meant else ():
        callee = program.args[op][0]
        name = program.ops[callee].name if callee >= 0 and program.ops[callee].kind == "attribute" else ""
        if name not in TAKEN | AGGREGATES or code.tested(op):
            continue
        columns, rows = _grouped(code, program.receiver(op))
        if rows not in read or _picked(code, rows):
            continue
        taken = set(columns) if name in TAKEN else set(_aggregated(code, op, columns))
        if taken & meant and target_by_group(code, op, answers) not in read:  # there the aggregation is told
            yield Learner(op, "total", rows)


def _before(code: Code, answers: frozenset[str]) -> frozenset[str]:
    """What the columns are called before they are renamed."""
    program, found = code.program, set[str]()
    for op in program.of_kind("call"):
        callee = program.args[op][0]
        if callee < 0 or program.ops[callee].name not in RENAMES:
            continue
        for value in code.resolver.of(program.keyword(op, "columns")):
            if value[0] == "made" and isinstance(value[1], int) and program.ops[value[1]].kind == "dict":
                args = program.args[value[1]]
                for key, to in zip(args[::2], args[1::2], strict=True):
                    if key >= 0 and to >= 0 and program.ops[to].value in answers and isinstance(program.ops[key].value, str):
                        found.add(str(program.ops[key].value))
    return frozenset(found)


def _grouped(code: Code, op: int) -> tuple[tuple[str, ...], int]:
    """The columns that are chosen of groups, and the rows that the groups are made of; -1 when there are no groups."""
    program, columns = code.program, tuple[str, ...]()
    for _ in range(STEPS):
        if op < 0:
            break
        facts, args = program.ops[op], program.args[op]
        if facts.kind in ("load", "assign") and len(args) == 1:
            op = args[0]
        elif facts.kind == "subscript" and len(args) > 1:
            listed = program.args[args[1]] if program.ops[args[1]].kind == "container" else (args[1],)
            columns = tuple(text for one in listed if one >= 0 for text in texts(code.resolver.of(one)))
            op = args[0]
        elif facts.kind == "call":
            meaning = code.meanings.of(op)
            return columns, program.receiver(op) if meaning is not None and "groups" in code.meanings.traits(meaning) else -1
        else:
            break
    return columns, -1


def _aggregated(code: Code, op: int, columns: tuple[str, ...]) -> Iterator[str]:
    """The columns of which an aggregation takes the mean or the sum: by name, in pairs, in a dict, or all that were chosen."""
    program = code.program
    given = program.ops[op].value
    for argument in program.args[op][1:]:
        facts, args = program.ops[argument], program.args[argument]
        if facts.kind == "container" and facts.value == "tuple" and len(args) == 2 and isinstance(given, tuple):
            if {program.ops[args[1]].value} & TAKEN:
                yield str(program.ops[args[0]].value)
        elif facts.kind == "dict":
            for key, how in zip(args[::2], args[1::2], strict=True):
                said = (how, *(program.args[how] if program.ops[how].kind == "container" else ())) if how >= 0 else ()
                if key >= 0 and {program.ops[one].value for one in said if isinstance(program.ops[one].value, str)} & TAKEN:
                    yield str(program.ops[key].value)
        else:
            said = (argument, *(args if facts.kind == "container" else ()))
            if {program.ops[one].value for one in said if one >= 0 and isinstance(program.ops[one].value, str)} & TAKEN:
                yield from columns


def _picked(code: Code, rows: int) -> bool:
    """Whether the rows were picked by a condition in the same function: the groups may be of the past alone."""
    program, scope = code.program, code.program.scope_id(rows)
    for op in code.flow.reach([rows], back=True, stop=lambda o: program.scope_id(o) != scope):
        facts, args = program.ops[op], program.args[op]
        if facts.kind == "subscript" and len(args) > 1 and program.ops[args[1]].kind in PICKS:
            return True
        if facts.kind == "call" and args[0] >= 0 and program.ops[args[0]].name in ("query", "filter", "shift", "loc"):
            return True
    return False
