"""What a condition always says: literals, names that are given one constant, and what is put together from them (`False and weak`)."""

from __future__ import annotations

from functools import cached_property

from mlrubric.graph.meaning import Meanings
from mlrubric.graph.program import Program

MOST = 8
REWRITE = ("exec", "globals")


class Truths:
    """The truth of conditions that nothing at run time changes."""

    def __init__(self, program: Program, meanings: Meanings) -> None:
        self.program, self.meanings = program, meanings

    def of(self, op: int, depth: int = MOST) -> bool | None:
        """True or False where a condition is always that, None where it depends."""
        facts, args = self.program.ops[op], self.program.args[op]
        if depth == 0:
            return None
        if facts.kind == "const":
            return bool(facts.value)
        if facts.kind == "unary" and facts.name == "not":
            inner = self.of(args[0], depth - 1)
            return None if inner is None else not inner
        if facts.kind == "boolean":
            said = [self.of(a, depth - 1) for a in args if a >= 0]
            decides = facts.name == "or"
            return decides if decides in said else None if None in said else not decides
        if facts.kind != "load" or self.program.unit(op).is_notebook:
            return None
        said = self.flag(op)
        return said if said is not None else self._computed(op, depth)

    def _computed(self, op: int, depth: int) -> bool | None:
        """The truth of a name whose one assignment puts it together: `passed = good or True`."""
        sources = [a for a in self.program.args[op] if a >= 0]
        if len(sources) != 1 or self.program.ops[sources[0]].kind != "assign" or len(self.program.args[sources[0]]) != 1:
            return None
        given = self.program.args[sources[0]][0]
        return self.of(given, depth - 1) if self.program.ops[given].kind in ("boolean", "unary") else None

    def flag(self, op: int) -> bool | None:
        """The truth of a name that is assigned once in the program, to a constant."""
        program = self.program
        if program.ops[op].kind == "unary" and program.ops[op].name == "not":
            inner = self.flag(program.args[op][0])
            return None if inner is None else not inner
        if program.ops[op].kind != "load":
            return None
        sources = [a for a in program.args[op] if a >= 0] or list(self.meanings.resolver.reads.get(op, ()))
        if len(sources) != 1 or program.ops[sources[0]].kind != "assign" or len(program.args[sources[0]]) != 1:
            return None
        scope, name = program.scope_id(sources[0]), program.ops[sources[0]].name
        given = program.ops[program.args[sources[0]][0]]
        if (
            program.unit(sources[0]).index in self._rewritten
            or (scope, name) in program.rebound
            or len(program.exports[scope].get(name, ())) > 1
            or given.kind != "const"
        ):
            return None
        return bool(given.value)

    @cached_property
    def _rewritten(self) -> frozenset[int]:
        """The modules whose names may be given anew by a text that is run, or by the dictionary of their names."""
        loads = (op for op in self.program.of_kind("load") if self.program.ops[op].name in REWRITE)
        return frozenset(self.program.unit(op).index for op in loads)

    def never(self, op: int) -> bool:
        """Whether a condition around an operation, inside its function, keeps it from ever happening."""
        base = self.program.unit(op).base
        for block in self.program.blocks_around(op):
            facts = self.program.blocks[block]
            if facts.kind == "scope":
                return False
            asks = facts.kind in ("if", "else", "while") and facts.test >= 0 and facts.constant != "main"
            if asks and self.of(facts.test + base) is (facts.kind == "else"):
                return True
        return False
