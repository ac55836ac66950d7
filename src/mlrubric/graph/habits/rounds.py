"""How an expression stands to the loop around it, and whether the name of its receiver is used again."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.habits.traits import Traits

NAMES = frozenset({"load", "assign", "unpack", "phi", "conditional", "await", "enter"})
MOST = 200


class Rounds:
    """Answers about operations of one program."""

    def __init__(self, code: Code, traits: Traits) -> None:
        self._code, self._traits = code, traits

    def of(self, op: int, subject: int, loop: int) -> Iterator[tuple[str, str]]:
        """`in_loop`, `later`, and `over.*` of the loop."""
        yield "in_loop", "true" if loop >= 0 else "false"
        if subject >= 0:
            yield "later", "used" if self._later(subject, op, loop) else "unused"
        if loop < 0:
            return
        program = self._code.program
        block = program.blocks[loop]
        over = block.test + program.unit(op).base if block.kind == "for" and block.test >= 0 else -1
        if over < 0:
            return
        yield from ((f"over.{t}", "true") for t in sorted(self._traits.of(over)))
        if subject >= 0:
            whole = program.receiver(over) if program.ops[over].kind == "call" else over
            if self._item_of(subject, over):
                yield "over.subject", "item"
            elif self._same(subject, whole):
                yield "over.subject", "whole"
        if program.ops[op].kind in ("subscript", "store_subscript") and self._item_of(program.args[op][1], over):
            yield "over.key", "item"

    # ---- inside ----

    def _later(self, value: int, op: int, loop: int) -> bool:
        """Whether what a name holds is used again: later in its function, in another one, or in the next round of the loop."""
        program, scope = self._code.program, self._code.program.scope_id(op)
        for definition in self._definitions(value):
            again = loop >= 0 and loop not in program.blocks_around(definition)
            for use in self._code.resolver.uses[definition]:
                if use != value and (use > op or program.scope_id(use) != scope or (again and loop in program.blocks_around(use))):
                    return True
        return False

    def _item_of(self, value: int, over: int) -> bool:
        """Whether a value is, or belongs to, what a loop over `over` takes out of it in a round."""
        program = self._code.program
        waiting, seen = [value], set[int]()
        while waiting and len(seen) < MOST:
            one = waiting.pop()
            if one < 0 or one in seen:
                continue
            seen.add(one)
            if program.ops[one].kind == "element" and over in program.args[one]:
                return True
            if program.ops[one].kind in NAMES:
                waiting.extend(program.args[one])
        return False

    def _same(self, value: int, other: int) -> bool:
        """Whether two values are of one name."""
        return value >= 0 and other >= 0 and not set(self._definitions(value)).isdisjoint(self._definitions(other))

    def _definitions(self, value: int) -> tuple[int, ...]:
        """What a loaded name may be bound by, the heads of loops looked through."""
        program = self._code.program
        waiting, seen = [value], set[int]()
        while waiting:
            one = waiting.pop()
            if one >= 0 and one not in seen:
                seen.add(one)
                if program.ops[one].kind in ("load", "phi"):
                    waiting.extend(program.args[one])
        return tuple(sorted(one for one in seen if program.ops[one].kind in ("assign", "param", "phi")))
