"""Checks in code: operations that stop the run, or fail a test, when a condition does not hold, and the conditions that guard others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mlrubric.graph.deciders import Deciders
from mlrubric.graph.handlers import Handlers
from mlrubric.graph.meaning import Meanings
from mlrubric.graph.program import Program
from mlrubric.graph.truths import Truths

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
        self.deciders, self.handlers, self.truths = Deciders(program, meanings), Handlers(program, meanings), Truths(program, meanings)
        self._leaving: dict[int, list[int]] = {}  # parent block -> conditional blocks that leave
        for unit in program.modules:
            for number, block in enumerate(unit.facts.blocks):
                if block.kind in ("if", "else") and block.leaves in LEAVING and block.parent >= 0:
                    self._leaving.setdefault(block.parent + unit.block_base, []).append(number + unit.block_base)
        self._ends: dict[int, int] = {}  # block of a function -> the last line of the first statement in it that always leaves
        for op in program.of_kind("return", "raise"):
            if program.scopes[program.scope_id(op)].kind == "function":
                self._ends.setdefault(program.block_id(op), program.ops[op].end_line)
        self.all: tuple[Check, ...] = tuple(c for op in range(len(program.ops)) if (c := self._check(op)) is not None)

    @cached_property
    def conditions(self) -> frozenset[int]:
        """The operations whose values decide in some check."""
        return frozenset(condition for check in self.all for condition in check.conditions)

    def _check(self, op: int) -> Check | None:
        facts, args = self.program.ops[op], self.program.args[op]
        if facts.kind == "assert" and args:
            return None if self.truths.of(args[0]) is not None else Check(op, args[:1], "assert")
        if facts.kind == "raise":
            leaves = self.meanings.of(args[0]) if args else None
            if leaves is not None and "process.exit" in leaves.roles and "@status" in leaves.arguments:
                return self._exit(op, leaves.arguments["@status"])
            conditions = () if self._all_is_well(args) else self._around(op)
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

    def _all_is_well(self, args: tuple[int, ...]) -> bool:
        """`raise SystemExit`, and without an argument: the run ends with success."""
        raised = args[0] if args else -1
        if raised >= 0 and self.program.ops[raised].kind == "call" and len(self.program.args[raised]) == 1:
            raised = self.program.args[raised][0]
        return raised >= 0 and any(v == ("external", "builtins.SystemExit") for v in self.meanings.resolver.of(raised))

    def _exit(self, op: int, status: int) -> Check | None:
        """An exit with a failure: under a condition, or with a status that a condition decides."""
        if status < 0 or self.meanings.spelling(status) in ("0", "none", "false"):
            return None
        conditions = tuple(dict.fromkeys((*self._around(op), *self.deciders.of_status(status))))
        return Check(op, conditions, "exit") if conditions else None

    def _around(self, op: int) -> tuple[int, ...]:
        """The conditions around an operation that decide about it, and then those behind their variables."""
        if self.truths.never(op):
            return ()
        around = tuple(test for test in self.deciders.around(op) if self.truths.of(test) is None)
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
        found = [test for test in found if self.truths.of(test) is None]
        return tuple(dict.fromkeys((*found, *self.deciders.behind(tuple(found)))))

    def leaving(self, block: int) -> list[int]:
        """The conditional blocks directly in a block that leave it."""
        return self._leaving.get(block, [])

    def dead(self, op: int) -> str:
        """Why an operation is never reached: a condition that is always false, a `return` or `raise` before it; "" if it may be."""
        line, inside = self.program.ops[op].line, True
        for block in self.program.blocks_around(op):
            facts = self.program.blocks[block]
            if facts.constant is False or (inside and self._switched_off(block, op)):
                return "under a condition that is always false"
            if inside and self._ends.get(block, line) < line:
                return f"line {self._ends[block]} always leaves before it"
            inside = inside and facts.kind != "scope"
        return ""

    def _switched_off(self, block: int, op: int) -> bool:
        """Whether the condition of a block is a name that is given one constant, the wrong one for this block."""
        facts, unit = self.program.blocks[block], self.program.unit(op)
        if facts.kind not in ("if", "else") or facts.test < 0 or facts.constant is not None or unit.is_notebook:
            return False
        said = self.truths.of(facts.test + unit.base)
        return said is not None and said == (facts.kind == "else")

    def in_main(self, op: int) -> bool:
        """Whether an operation stands under `if __name__ == "__main__"`."""
        return any(self.program.blocks[block].constant == "main" for block in self.program.blocks_around(op))
