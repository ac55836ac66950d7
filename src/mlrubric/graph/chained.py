"""Tables and collections that a chain of calls names before it reads or writes: options of a reader (`.option("dbtable", "loans").load()`),
and what stands in front of a call on a collection (`base["loans"].find()`)."""

from __future__ import annotations

import re

from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.paths import known_texts
from mlrubric.graph.values import HOLE

OPTION = re.compile(r"(?:[\w.]*\.)?(?:collection|dbtable|table|query)", re.IGNORECASE)
GIVES = ("option", "options")
DATABASE = "database"
NAMES = frozenset({"get_collection", "collection"})
CHAIN = 10


def chained(code: Code, op: int, meaning: Meaning) -> list[str] | None:
    """What a call without an argument for it reads or writes in a database; None when nothing says that it lies in one."""
    if meaning.entry is not None and meaning.entry.stored == DATABASE:
        return _in_front(code, op)
    if "@source" in meaning.arguments or "@sink" in meaning.arguments or "@table" in meaning.arguments:
        return None
    if not {"data.read", "data.write"} & set(meaning.roles):
        return None
    return _optional(code, op)


def _optional(code: Code, op: int) -> list[str] | None:
    """The table that an option further up in the chain names."""
    program, found = code.program, None
    for _ in range(CHAIN):
        op = program.receiver(op)
        if op < 0 or program.ops[op].kind != "call":
            break
        given = program.positional(op)
        if program.called(op) not in GIVES:
            continue
        pairs = [(key, given[1]) for key in known_texts(code, given[0])] if len(given) > 1 else []
        names = program.ops[op].value
        pairs += [(str(name), program.keyword(op, str(name))) for name in (names if isinstance(names, tuple) else ())]
        for key, value in pairs:
            if OPTION.fullmatch(key):
                found = [*(found or []), *(text for text in known_texts(code, value) if HOLE not in text)]
    return found


def _in_front(code: Code, op: int) -> list[str]:
    """The collection that a call is made on, as the nearest subscript, attribute or getter names it."""
    program = code.program
    receiver = program.receiver(op)
    for one in code.flow.reach([receiver], back=True, stop=lambda o: bool(_named(code, o))) if receiver >= 0 else ():
        if found := _named(code, one):
            return found
    return []


def _named(code: Code, op: int) -> list[str]:
    facts, args = code.program.ops[op], code.program.args[op]
    if facts.kind == "subscript" and len(args) == 2 and args[1] >= 0:
        return known_texts(code, args[1])
    if facts.kind == "call" and code.program.called(op) in NAMES and code.program.positional(op):
        return known_texts(code, code.program.positional(op)[0])
    if facts.kind == "attribute" and any(value[0] == "object" for value in code.resolver.of(args[0])):
        return [facts.name] if any(value[0] == "object" for value in code.resolver.of(op)) else []
    return []
