"""Calls into packages that nobody here can read, which give a fitted object beside the rows: they have learned from
what they were given."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.parts.learners import Learner
from mlrubric.graph.parts.pieces import Split, holders
from mlrubric.graph.values import OWN

FOREIGN = frozenset({"external", "foreign"})


def unknown_fits(code: Code, found: list[Split], files: list[tuple[int, int]]) -> Iterator[Learner]:
    """Calls whose result is taken apart into rows that are split later, in other files too, and something that is no rows and is kept in a
    file of its own."""
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
    for op in code.program.of_kind("call") if divided and saved else ():
        if code.tested(op) or not _foreign(code, op):
            continue
        taken = [use for holder, _ in holders(code, op) for use in code.flow.after(holder) if code.program.ops[use].kind == "unpack"]
        if len(taken) < 2:
            continue
        if read is None:
            read = _with_files(code, [o for o, m in code.meanings.all().items() if "data.read" in m.roles], files)
        rows = next((a for a in code.program.args[op][1:] if a in read), -1)
        reached = [_with_files(code, [one], files) for one in taken] if rows >= 0 else []
        parts = [bool(divided & one) for one in reached]
        kept = [bool(saved & one) and not (divided | trained) & one for one in reached]
        if any(parts) and any(kept):
            yield Learner(op, "inside", rows)


def _foreign(code: Code, op: int) -> bool:
    """Whether a call enters a package that the catalogue does not have."""
    meaning, callee = code.meanings.of(op), code.program.args[op][0]
    own = any(target[0] in OWN for target in code.resolver.targets.get(op, ()))
    if callee < 0 or own or (meaning is not None and meaning.entry is not None):
        return False
    return any(value[0] in FOREIGN and not str(value[1]).startswith("builtins.") for value in code.resolver.of(callee))


def _with_files(code: Code, starts: list[int], files: list[tuple[int, int]]) -> set[int]:
    """All that follows, through files too."""
    reached = set(code.flow.reach(starts))
    while fresh := [reader for writer, reader in files if writer in reached and reader not in reached]:
        reached.update(code.flow.reach(fresh))
    return reached
