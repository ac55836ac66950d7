"""Selections of rows that are told apart by what they select, not by a name: `fit(X[:n])` and `score(X[n:])` are a split, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.pieces import TEST, TRAIN, Split, columns, definition, follows, gives_rows, written

DEPTH = 8
FITS = ("model.fit", "transform.fit", "transform.fit_apply")
ASKS = (*FITS, "transform.apply", "model.predict", "model.evaluate")
THROUGH = frozenset({"data.derive", "transform.apply", "transform.fit", "transform.fit_apply"})
TAKEN = ("@data", "@target")
ACROSS = ("columns", "axis", "items", "like", "regex")  # arguments by which a method takes columns instead of rows
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Some rows of a variable: the operation that selects them, the variable, and which rows."""

    op: int
    source: object
    rows: Key


@dataclass(slots=True)
class Scope:
    """What the calls of one scope are handed, and which rows are trained and judged on."""

    handed: list[Selection] = field(default_factory=list)
    fitted: set[Key] = field(default_factory=set)
    judged: set[Key] = field(default_factory=set)
    guessed: set[Key] = field(default_factory=set)
    measured: set[Key] = field(default_factory=set)


def inline(code: Code, known: frozenset[int]) -> Iterator[Split]:
    """One split for every scope that trains on some rows of a variable and judges by others; `known` are pieces of other splits."""
    scopes: dict[int, Scope] = {}
    for op, meaning in sorted(code.meanings.all().items()):
        if any(role in ASKS for role in meaning.roles) and not code.tested(op):
            _collect(code, scopes.setdefault(code.program.scope_id(op), Scope()), meaning, known)
    for scope in scopes.values():
        asked = scope.judged | (scope.guessed & scope.measured)
        test = {rows for rows in asked if all(disjoint(rows, other) for other in scope.fitted)}
        pieces = {one.op: TRAIN if one.rows in scope.fitted else TEST for one in scope.handed if one.rows in scope.fitted | test}
        sides = {(one.source, pieces[one.op]) for one in scope.handed if one.op in pieces}
        if any((source, TRAIN) in sides and (source, TEST) in sides for source, _ in sides):
            inputs = tuple(a for piece in sorted(pieces) for a in code.program.args[piece][:1] if a >= 0)
            yield Split(min(pieces), None, pieces, inputs, folds=any(_moves(code, piece) for piece in pieces), selected=True)


def _collect(code: Code, scope: Scope, meaning: Meaning, known: frozenset[int]) -> None:
    for role in TAKEN:
        one = selection(code, meaning.arguments.get(role, -1))
        if one is None or one.op in known or follows(code, one.op, known):
            continue
        scope.handed.append(one)
        if role == "@target":
            scope.measured.update([one.rows] if "model.evaluate" in meaning.roles else [])
        elif "model.fit" in meaning.roles:
            scope.fitted.add(one.rows)
        elif "model.evaluate" in meaning.roles:
            scope.judged.add(one.rows)
        elif "model.predict" in meaning.roles:
            scope.guessed.add(one.rows)


def apart(code: Code, one: int, other: int) -> bool:
    """Whether two values are different selections of rows of one variable that need not share any."""
    first, second = selection(code, one), selection(code, other)
    return first is not None and second is not None and first.source == second.source and disjoint(first.rows, second.rows)


def disjoint(one: Key, other: Key) -> bool:
    """Whether two selections are different ones; slices that begin, or end, with the variable itself share rows."""
    if one == other:
        return False
    if one[0] == other[0] == "slice" and one[-1] == other[-1] == (None,):
        return not any(a == b == (None,) for a, b in zip(one[1:3], other[1:3], strict=True))
    return True


def selection(code: Code, op: int) -> Selection | None:
    """The selection of rows that a value is, whatever is done with its columns; None when it is none, or when it may be several."""
    program = code.program
    for _ in range(DEPTH):
        if op < 0:
            return None
        rows = chosen(code, op)
        if rows is not None:
            source = _source(code, program.args[op][0])
            return Selection(op, source, rows) if source is not None else None
        op = _behind(code, op)
    return None


def chosen(code: Code, op: int) -> Key | None:
    """Which rows an operation selects."""
    program, meaning = code.program, code.meanings.of(op)
    if program.ops[op].kind == "call":
        receiver = program.receiver(op)
        across = program.keyword(op, *ACROSS) >= 0 or any(_listed(code, a) for a in program.positional(op))
        if receiver < 0 or meaning is None or across or not gives_rows(code, meaning):
            return None
        return ("call", program.ops[program.args[op][0]].name, *(_spelled(code, a) for a in program.args[op][1:]))
    if program.ops[op].kind != "subscript" or len(program.args[op]) < 2 or columns(code, program.args[op][1]):
        return None
    index = program.args[op][1]
    if program.ops[index].kind == "container" and program.ops[index].value == "tuple" and program.args[index]:
        index = program.args[index][0]
    facts = program.ops[index]
    if facts.kind == "const" or (facts.kind == "slice" and set(program.args[index]) <= {-1}):
        return None
    if facts.kind == "slice":
        return ("slice", *(_spelled(code, a) for a in program.args[index]))
    return ("index", _spelled(code, index))


def _listed(code: Code, op: int) -> bool:
    """Whether an argument is a list of columns."""
    return op >= 0 and code.program.ops[op].kind == "container" and columns(code, op)


def _behind(code: Code, op: int) -> int:
    """What a value has its rows from, -1 when that is not one thing."""
    program, facts, args = code.program, code.program.ops[op], code.program.args[op]
    if facts.kind == "unpack":
        element = written(code, op)
        return element if element != op else -1
    if facts.kind in ("load", "assign"):
        return args[0] if len(args) == 1 else -1
    if facts.kind in ("attribute", "subscript"):
        return args[0] if args else -1
    meaning = code.meanings.of(op) if facts.kind == "call" else None
    if meaning is None or meaning.entry is None or not set(meaning.roles) <= THROUGH:
        return -1
    return meaning.arguments.get("@data", program.receiver(op))


def _source(code: Code, op: int) -> object | None:
    """The variable that is selected from, its columns and `.loc` left out."""
    for _ in range(DEPTH):
        if op < 0 or code.program.ops[op].kind in ("assign", "unpack"):
            return None
        if code.program.ops[op].kind == "load":
            return definition(code, op)
        op = _behind(code, op)
    return None


def _spelled(code: Code, op: int, depth: int = 0) -> Key:
    """An expression, the same for the same words about the same values."""
    if op < 0:
        return (None,)
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "load":
        return ("load", facts.name, args)
    if depth > DEPTH:
        return ("op", op)
    return (facts.kind, facts.name, repr(facts.value), *(_spelled(code, a, depth + 1) for a in args))


def _moves(code: Code, piece: int) -> bool:
    """Whether which rows are selected changes in a loop: the rows of a fold, or of a window."""
    program, waiting = code.program, list(code.program.args[piece][1:])
    while waiting:
        op = waiting.pop()
        if op >= 0 and program.ops[op].kind == "load":
            if any(code.flow.loop(held) >= 0 for held in program.args[op]):
                return True
        elif op >= 0:
            waiting.extend(program.args[op])
    return False
