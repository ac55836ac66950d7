"""Checks in code: operations that stop the run, or fail a test, when a condition does not hold, and the conditions that guard others."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.meaning import Meanings
from mlrubric.graph.program import Program

LEAVING = ("return", "raise", "exit", "continue", "break")
BROAD = frozenset({"builtins.Exception", "builtins.BaseException", "builtins.AssertionError"})


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
            conditions = self.around(op)
            return Check(op, conditions, "raise") if conditions else None
        if facts.kind == "call":
            meaning = self.meanings.of(op)
            if meaning is None:
                return None
            if "process.exit" in meaning.roles:
                conditions = self.around(op)
                code = meaning.arguments.get("@status", -1)
                zero = code < 0 or self.meanings.spelling(code) in ("0", "none", "false")
                return Check(op, conditions, "exit") if conditions and not zero else None
            if "test.assert" in meaning.roles or "check.assert" in meaning.roles:
                return Check(op, tuple(a for a in args[1:] if a >= 0), "assert")
            if meaning.raises:
                return Check(op, (op,), "call")
        return None

    def around(self, op: int) -> tuple[int, ...]:
        """The conditions of the `if` blocks around an operation, innermost first, inside its scope."""
        unit, block = self.program.unit(op), self.program.block_id(op)
        found: list[int] = []
        while block >= 0:
            facts = self.program.blocks[block]
            if facts.kind == "scope" or facts.kind == "except":
                break
            if facts.kind in ("if", "else", "case", "while") and facts.test >= 0 and facts.constant != "main":
                found.append(facts.test + unit.base)
            block = self.program.parent_block(block, unit)
        return tuple(dict.fromkeys(found))

    def guards(self, op: int) -> tuple[int, ...]:
        """Conditions that decide whether an operation is reached: those around it, and earlier ones whose other side leaves."""
        unit, block = self.program.unit(op), self.program.block_id(op)
        found = list(self.around(op))
        line = self.program.ops[op].line
        while block >= 0:
            for leaving in self._leaving.get(block, ()):
                facts = self.program.blocks[leaving]
                if facts.test >= 0 and facts.end_line and facts.end_line < line:
                    found.append(facts.test + unit.base)
            if self.program.blocks[block].kind == "scope":
                break
            block = self.program.parent_block(block, unit)
        return tuple(dict.fromkeys(found))

    def dead(self, op: int) -> bool:
        """Whether an operation stands under a constantly false condition."""
        unit, block = self.program.unit(op), self.program.block_id(op)
        while block >= 0:
            if self.program.blocks[block].constant is False:
                return True
            block = self.program.parent_block(block, unit)
        return False

    def in_main(self, op: int) -> bool:
        """Whether an operation stands under `if __name__ == "__main__"`."""
        unit, block = self.program.unit(op), self.program.block_id(op)
        while block >= 0:
            if self.program.blocks[block].constant == "main":
                return True
            block = self.program.parent_block(block, unit)
        return False

    def swallowed(self, op: int) -> int:
        """The line of the handler that swallows what the operation raises, or 0."""
        unit, block = self.program.unit(op), self.program.block_id(op)
        while block >= 0 and self.program.blocks[block].kind != "scope":
            facts = self.program.blocks[block]
            if facts.kind == "try":
                for number, other in enumerate(unit.facts.blocks):
                    if (
                        other.kind == "except"
                        and other.parent == facts.parent
                        and other.line > facts.line
                        and self._tolerant(number, unit.index)
                    ):
                        following = [
                            b.line for b in unit.facts.blocks if b.kind == "try" and b.parent == facts.parent and b.line > facts.line
                        ]
                        if not following or other.line < min(following):
                            return other.line
            block = self.program.parent_block(block, unit)
        return 0

    def _tolerant(self, number: int, unit_index: int) -> bool:
        """A handler that catches everything and goes on."""
        unit = self.program.modules[unit_index]
        block = unit.facts.blocks[number]
        if block.leaves in ("raise", "exit"):
            return False
        if block.test >= 0:
            names = {str(v[1]) for v in self.meanings.resolver.of(block.test + unit.base)}
            if not names & BROAD:
                return False
        inside = {number}
        for index, other in enumerate(unit.facts.blocks):
            if other.parent in inside:
                inside.add(index)
        for op_number, op in enumerate(unit.facts.ops):
            if op.block in inside:
                if op.kind == "raise":
                    return False
                meaning = self.meanings.of(op_number + unit.base)
                if meaning is not None and ("process.exit" in meaning.roles or meaning.raises):
                    return False
        return True
