"""Frames that hold what a model said beside what is true: whoever takes another column does not take the guesses."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from mlrubric.graph.code import Code
from mlrubric.graph.values import HOLE, texts


def untouched(code: Code) -> Iterator[int]:
    """The selections of one column in which nobody has put what a model says, from what may be a frame."""
    program, roles = code.program, code.meanings.all().items()
    guesses = [op for op, meaning in roles if "model.predict" in meaning.roles]
    stored = _stored(code, guesses) if guesses else None
    if stored is None:
        return
    asking = frozenset(guesses)
    models = code.flow.reach([op for op, meaning in roles if {"model.load", "model.fit"} & set(meaning.roles)], stop=asking.__contains__)
    for op in program.of_kind("subscript", "attribute"):
        args = program.args[op]
        if not args or args[0] < 0 or (args[0] in models and args[0] not in asking):
            continue
        column = _column(code, op)
        if column and not any(fnmatchcase(column, one) for one in stored):
            yield op


def _column(code: Code, op: int) -> str:
    """The one column that a selection takes: `frame["price"]`, or `frame.price` of what is known to be an object without such a name."""
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "subscript":
        names = texts(code.resolver.of(args[1])) if len(args) > 1 else ()
        return names[0] if len(names) == 1 else ""
    whose, found = code.resolver.of(args[0]), code.resolver.of(op)
    if not whose or any(value[0] != "object" for value in whose):
        return ""
    method = any(value[0] == "method" for value in found) or not found
    named = any(code.meanings.catalogue.method(str(value[1]), facts.name) is not None for value in whose)
    return facts.name if method and not named and not facts.name.startswith("_") else ""


def _stored(code: Code, guesses: list[int]) -> frozenset[str] | None:
    """The columns that hold guesses, as patterns; None when one of them has no name that is known."""
    program, found = code.program, set[str]()
    said = code.flow.reach(guesses)
    for op in program.of_kind("store_subscript", "dict", "call"):
        facts, args = program.ops[op], program.args[op]
        if facts.kind == "store_subscript":
            names = _columns(code, args[1]) if len(args) > 2 and args[2] in said else ()
            if names is None and all(value[0] == "made" for value in code.resolver.of(args[0]) or [("any",)]):
                continue  # a dict or a list, no frame
            if names is None:
                return None
            found.update(name.replace(HOLE, "*") for name in names)
        elif facts.kind == "dict":
            found.update(
                str(program.ops[key].value) for key, value in zip(args[::2], args[1::2], strict=True) if key >= 0 and value in said
            )
        elif isinstance(facts.value, tuple):
            found.update(str(name) for name in facts.value if program.keyword(op, str(name)) in said)
    return frozenset(found)


def _columns(code: Code, index: int) -> tuple[str, ...] | None:
    """The columns that something is stored under, nothing for a place in a list; None when they are not known."""
    program, found = code.program, list[str]()
    for op in (index, *program.args[index]) if program.ops[index].kind == "container" else (index,):
        if op >= 0 and program.ops[op].kind in ("const", "slice", "compare"):
            found.extend([str(program.ops[op].value)] if isinstance(program.ops[op].value, str) else [])
            continue
        names = texts(code.resolver.of(op)) if op >= 0 else ()
        if not names:
            return None
        found.extend(names)
    return tuple(found)
