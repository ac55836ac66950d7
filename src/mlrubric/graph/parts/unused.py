"""Columns that are made and reach no training: every training picks its columns by name, and nothing else asks for this one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mlrubric.graph.parts.layout import READ
from mlrubric.graph.parts.seen import Seen

HOLDS = frozenset({"load", "assign", "phi", "unpack", "return", "param"})
ALIASES = frozenset({"load", "assign", "phi"})
PICKS_ROWS = frozenset({"compare", "unary", "binary", "slice"})
MOST = 400


def mark_unused_columns(seen: Seen, trained: Mapping[int, Collection[str]]) -> None:
    """`reaches` = nothing on what stores a column that no training picks, `column` its name. Silent as soon as one training picks its
    columns in a way that is not known, the name stands anywhere else, or the whole frame goes where it cannot be followed."""
    code, program = seen.code, seen.code.program
    fits = [op for op, _, _ in seen.fits if not code.tested(op)]
    if not fits or not trained.keys() >= set(fits):
        return
    picked = {column for columns in trained.values() for column in columns}
    texts = [str(facts.value) for facts in program.ops if facts.kind == "const" and isinstance(facts.value, str)]
    names = {facts.name for facts in program.ops}
    followed = _Followed(seen)
    stores: dict[str, list[int]] = {}
    for op in program.of_kind("store_subscript"):
        args = program.args[op]
        if len(args) > 2 and program.ops[args[0]].kind == "load" and not code.tested(op):
            key = program.ops[args[1]]
            if key.kind == "const" and isinstance(key.value, str) and len(key.value) > 1:
                stores.setdefault(key.value, []).append(op)
    for column, made in stores.items():
        if column in picked or column in names or sum(column in text for text in texts) != len(made):
            continue
        if all(followed.stays(definition) for op in made for definition in program.args[program.args[op][0]]):
            for op in made:
                seen.world.graph.nodes[seen.node(op)].attributes.update(reaches="nothing", column=column)


class _Followed:
    """Frames, wherever they go."""

    def __init__(self, seen: Seen) -> None:
        self.seen, self.code, self.program = seen, seen.code, seen.code.program
        self.names = seen.world.column_names

    def stays(self, definition: int) -> bool:
        """Whether a frame is only ever asked for columns by their names, and some of them are rows for a model."""
        waiting, met, fed = [definition], {definition}, False
        while waiting:
            op = waiting.pop()
            following = {*self.code.flow.after(op), *self.code.resolver.uses[op]}
            if self.program.ops[op].kind in ALIASES:  # the same frame by its other name
                following.update(a for a in self.program.args[op] if a >= 0 and self.program.ops[a].kind in HOLDS)
            if self.program.ops[op].kind == "param":
                following.update(self.code.resolver.sources.get(op, ()))
            for use in sorted(following):
                step = self._step(op, use)
                if step is None or len(met) > MOST:
                    return False
                fed = fed or bool(not step and self.seen.bits[use] & READ)
                if step and use not in met:
                    met.add(use)
                    waiting.append(use)
        return fed

    def _step(self, op: int, use: int) -> bool | None:
        """Whether the use holds the frame again; None when it may be anything."""
        facts, args = self.program.ops[use], self.program.args[use]
        if facts.kind in HOLDS:
            return True
        if facts.kind == "store_subscript":
            return False if args[0] == op else None
        if facts.kind == "subscript" and args[0] == op:
            if self.names.of(args[1]) is not None:
                return False
            return True if self.program.ops[args[1]].kind in PICKS_ROWS else None
        if facts.kind != "call":
            return None
        meaning = self.code.meanings.of(use)
        if self.program.ops[op].kind == "return" or self.code.resolver.targets.get(use):
            return True
        return True if meaning is not None and set(meaning.roles) == {"data.split"} else None
