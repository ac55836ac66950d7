"""What becomes of the value of an expression: kept, shown at the end of a cell, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code

VALUES = frozenset({"call", "compare", "binary", "attribute", "subscript"})


class Uses:
    """Answers about operations of one program."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._deciding: set[int] | None = None

    def result(self, op: int) -> Iterator[tuple[str, str]]:
        if self._code.program.ops[op].kind in VALUES:
            yield "result", self._result(op)

    def _result(self, op: int) -> str:
        """Whether something is done with a value."""
        program = self._code.program
        uses = [use for use in self._code.resolver.uses[op] if program.ops[use].kind != "slot"]
        if any(program.ops[use].kind != "await" or self._result(use) == "kept" for use in uses) or op in self._tests():
            return "kept"
        unit = program.unit(op)
        if unit.is_notebook and self._ends_cell(op):
            return "shown"
        return "unused"

    def _ends_cell(self, op: int) -> bool:
        """Whether no other operation of a cell comes after this one."""
        program, unit = self._code.program, self._code.program.unit(op)
        cell = self._code.place(op).cell
        last = unit.base + len(unit.facts.ops) - 1
        while op < last and program.ops[op + 1].scope != program.ops[op].scope:
            op += 1
        return op == last or self._code.place(op + 1).cell != cell

    def _tests(self) -> set[int]:
        """The operations whose value decides where the run goes on, which no other operation shows."""
        if self._deciding is None:
            program = self._code.program
            self._deciding = {b.test + unit.base for unit in program.modules for b in unit.facts.blocks if b.test >= 0}
            for op in program.of_kind("comprehension"):
                extra = program.ops[op].extra
                if isinstance(extra, tuple):
                    self._deciding.update(int(c) + program.unit(op).base for c in extra)
        return self._deciding
