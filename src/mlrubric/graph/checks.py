"""Checks in code: operations that stop the run, or fail a test, when a condition does not hold, and the conditions that guard others."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.deciders import Deciders
from mlrubric.graph.handlers import Handlers
from mlrubric.graph.meaning import Meanings
from mlrubric.graph.program import Program

LEAVING = ("return", "raise", "exit", "continue", "break")


@dataclass(frozen=True, slots=True)
class Check:
    """`op` is where it stands, `conditions` are the operations whose values decide, `form` how it stops: assert, raise, exit, call."""

    op: int
    conditions: tuple[int, ...]
    form: str


class Checks:
    """All checks of the program, and the conditions around any operation."""

    def __init__(self, program: Program, meanings: Meanings) -> None:
        self.program, self.meanings = program, meanings
        self.deciders, self.handlers = Deciders(program, meanings), Handlers(program, meanings)
        self._leaving: dict[int, list[int]] = {}  # parent block -> conditional blocks that leave
        for unit in program.modules:
            for number, block in enumerate(unit.facts.blocks):
                if block.kind in ("if", "else") and block.leaves in LEAVING and block.parent >= 0:
                    self._leaving.setdefault(block.parent + unit.block_base, []).append(number + unit.block_base)
        self.all: tuple[Check, ...] = tuple(c for op in range(len(program.ops)) if (c := self._check(op)) is not None)

    def _check(self, op: int) -> Check | None:
        facts, args = self.program.ops[op], self.program.args[op]
        if facts.kind == "assert" and args:
            constant = self.program.ops[args[0]]
            return None if constant.kind == "const" else Check(op, args[:1], "assert")
        if facts.kind == "raise":
            leaves = self.meanings.of(args[0]) if args else None
            if leaves is not None and "process.exit" in leaves.roles and "@status" in leaves.arguments:
                return self._exit(op, leaves.arguments["@status"])
            conditions = self._around(op)
            return Check(op, conditions, "raise") if conditions else None
        if facts.kind == "call":
            meaning = self.meanings.of(op)
            if meaning is None:
                return None
            if "process.exit" in meaning.roles:
                return self._exit(op, meaning.arguments.get("@status", -1))
            if "test.assert" in meaning.roles or "check.assert" in meaning.roles:
                return Check(op, tuple(a for a in args[1:] if a >= 0), "assert")
            if meaning.raises:
                return Check(op, (op,), "call")
        return None

    def _exit(self, op: int, status: int) -> Check | None:
        """An exit with a failure: under a condition, or with a status that a condition decides."""
        if status < 0 or self.meanings.spelling(status) in ("0", "none", "false"):
            return None
        conditions = tuple(dict.fromkeys((*self._around(op), *self.deciders.of_status(status))))
        return Check(op, conditions, "exit") if conditions else None

    def _around(self, op: int) -> tuple[int, ...]:
        """The conditions around an operation, and then those behind their variables."""
        around = self.deciders.around(op)
        return (*around, *self.deciders.behind(around))

    def swallowed(self, op: int, by: int = -1) -> int:
        """The line of the handler that swallows what the operation raises, or what the check `by` raises inside it; 0 for none."""
        return self.handlers.swallowed(op, self.handlers.raised_by(by) if by >= 0 else frozenset())

    def guards(self, op: int) -> tuple[int, ...]:
        """Conditions that decide whether an operation is reached: those around it, and earlier ones whose other side leaves."""
        unit, line = self.program.unit(op), self.program.ops[op].line
        found = list(self.deciders.around(op, handlers=True))
        for block in self.program.blocks_around(op):
            for leaving in self._leaving.get(block, ()):
                facts = self.program.blocks[leaving]
                if facts.test >= 0 and facts.end_line and facts.end_line < line:
                    found.append(facts.test + unit.base)
            if self.program.blocks[block].kind == "scope":
                break
        return tuple(dict.fromkeys((*found, *self.deciders.behind(tuple(found)))))

    def dead(self, op: int) -> bool:
        """Whether an operation stands under a constantly false condition."""
        return any(self.program.blocks[block].constant is False for block in self.program.blocks_around(op))

    def in_main(self, op: int) -> bool:
        """Whether an operation stands under `if __name__ == "__main__"`."""
        return any(self.program.blocks[block].constant == "main" for block in self.program.blocks_around(op))
