"""Calls into packages that nobody here can read, which are seen to learn from rows: they give a fitted object beside them, they are
called elsewhere for their effect alone, or their object is kept."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.parts.by_call import with_files
from mlrubric.graph.parts.learners import Learner
from mlrubric.graph.parts.pieces import Split, holders
from mlrubric.graph.values import OWN

FIT = "fit"
FOREIGN = frozenset({"external", "foreign"})


def unknown_fits(code: Code, found: list[Split], files: list[tuple[int, int]]) -> Iterator[Learner]:
    """Calls whose result is split later, in other files too, and which give something besides that is no rows and is kept in a file of its
    own, or which change the object whose method they are."""
    divided = {op for split in found if not split.given and not code.tested(split.op) for op in split.inputs}
    trained = {
        meaning.arguments[role]
        for meaning in code.meanings.all().values()
        if {"model.fit", "transform.fit", "transform.fit_apply"} & set(meaning.roles)
        for role in ("@data", "@target")
        if role in meaning.arguments
    }
    saved = {m.arguments["@model"] for m in code.meanings.all().values() if "model.save" in m.roles and "@model" in m.arguments}
    read: set[int] | None = None
    changing = _changing(code, saved) if divided else frozenset()
    for op in code.program.of_kind("call") if divided else ():
        if code.tested(op) or not _foreign(code, op):
            continue
        changes = bool(_names(code, op) & changing)
        taken = [use for holder, _ in holders(code, op) for use in code.flow.after(holder) if code.program.ops[use].kind == "unpack"]
        if not changes and (len(taken) < 2 or not saved):
            continue
        if read is None:
            read = with_files(code, [o for o, m in code.meanings.all().items() if "data.read" in m.roles], files)
        rows = next((a for a in code.program.args[op][1:] if a in read), -1)
        if rows >= 0 and changes and divided & with_files(code, [op], files):
            yield Learner(op, "inside", rows)
            continue
        reached = [with_files(code, [one], files) for one in taken] if rows >= 0 else []
        parts = [bool(divided & one) for one in reached]
        kept = [bool(saved & one) and not (divided | trained) & one for one in reached]
        if any(parts) and any(kept):
            yield Learner(op, "inside", rows)


def _names(code: Code, op: int) -> frozenset[str]:
    """The methods of unreadable classes that a call may enter."""
    callee = code.program.args[op][0]
    return frozenset(str(value[1]) for value in code.resolver.of(callee) if value[0] == "foreign") if callee >= 0 else frozenset()


def _changing(code: Code, saved: set[int]) -> frozenset[str]:
    """The methods that change their object: somebody calls them for nothing that they give, or the object is kept and no method of it
    that is used says that it fits."""
    called: dict[str, set[str]] = {}
    idle: set[str] = set()
    for op in code.program.of_kind("call"):
        for name in _names(code, op):
            called.setdefault(name.rpartition(".")[0], set()).add(name)
            idle.update([name] if _for_effect(code, op) else [])
    kept = {str(value[1]) for op in saved for value in code.resolver.of(op) if value[0] == "foreign"}
    fitting = {owner for owner, names in called.items() if any(FIT in name.rpartition(".")[2] for name in names)}
    return frozenset(idle | {name for owner in kept - fitting for name in called.get(owner, ())})


def _for_effect(code: Code, op: int) -> bool:
    """Whether nothing is made of what a call with arguments gives, and its object is used afterwards: it has been changed."""
    program, receiver = code.program, code.program.receiver(op)
    if code.resolver.uses[op] or len(program.args[op]) < 2 or receiver < 0 or program.ops[receiver].kind != "load":
        return False
    if any(program.blocks[block].kind in ("with", "try") for block in program.blocks_around(op)):
        return False  # `with raises(...)`: it may well fail
    scope = program.scope_id(op)
    return any(later > op and program.scope_id(later) == scope for held in program.args[receiver] for later in code.resolver.uses[held])


def _foreign(code: Code, op: int) -> bool:
    """Whether a call enters a package that the catalogue does not have."""
    meaning, callee = code.meanings.of(op), code.program.args[op][0]
    own = any(target[0] in OWN for target in code.resolver.targets.get(op, ()))
    if callee < 0 or own or (meaning is not None and meaning.entry is not None):
        return False
    return any(value[0] in FOREIGN and not str(value[1]).startswith("builtins.") for value in code.resolver.of(callee))
