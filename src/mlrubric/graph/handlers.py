"""What becomes of an exception: whether a handler around an operation takes it and goes on."""

from __future__ import annotations

from mlrubric.graph.meaning import Meanings
from mlrubric.graph.program import ModuleUnit, Program
from mlrubric.graph.values import number
from mlrubric.model.python import Op

BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
ASSERTION = "builtins.AssertionError"
OWN = ".*"  # behind the name of a package: any error of its own


class Handlers:
    """Handlers and suppressing contexts of the program."""

    def __init__(self, program: Program, meanings: Meanings) -> None:
        self.program, self.meanings = program, meanings

    def swallowed(self, op: int, raised: frozenset[str] = frozenset()) -> int:
        """The line of the handler that swallows what the operation raises, or 0. `raised` are further kinds of errors that may come."""
        raised |= self.raised_by(op)
        unit = self.program.unit(op)
        for block in self.program.blocks_around(op):
            facts = self.program.blocks[block]
            if facts.kind == "scope":
                break
            if facts.kind == "try":
                line = self._handled(unit, block - unit.block_base, raised)
                if line:
                    return line
            elif facts.kind == "with" and facts.test >= 0 and self._suppresses(facts.test + unit.base, raised):
                return facts.line
        return 0

    def only_told(self, line: int, unit: ModuleUnit) -> bool:
        """Whether the handler at a line does nothing but print, log or pass."""
        number = next((i for i, b in enumerate(unit.facts.blocks) if b.kind == "except" and b.line == line), -1)
        if number < 0 or unit.facts.blocks[number].leaves:
            return False
        for index, op in enumerate(unit.facts.ops):
            if op.block != number or op.kind not in ("call", "assign", "store_attribute", "store_subscript"):
                continue
            meaning = self.meanings.of(index + unit.base)
            told = op.kind == "call" and meaning is not None and ("log.write" in meaning.roles or not meaning.roles)
            if not told and not (op.kind == "assign" and self._is_error(unit, op)):
                return False
        return not any(b.parent == number for b in unit.facts.blocks)

    def _is_error(self, unit: ModuleUnit, op: Op) -> bool:
        """The name that `except E as name` binds."""
        return bool(op.args) and op.args[0] >= 0 and unit.facts.ops[op.args[0]].kind == "unknown"

    def raised_by(self, op: int) -> frozenset[str]:
        """The kinds of errors that an operation raises, with their bases, as far as they are known."""
        kind, args = self.program.ops[op].kind, self.program.args[op]
        if kind == "assert":
            return frozenset({ASSERTION})
        meaning = self.meanings.of(op) if kind == "call" else None
        if meaning is not None and meaning.raises:  # one of its library's own errors
            return frozenset({ASSERTION, meaning.api.partition(".")[0] + OWN})
        return self._kinds(args[0]) if kind == "raise" and args else frozenset()

    def _handled(self, unit: ModuleUnit, number: int, raised: frozenset[str]) -> int:
        """The line of the first `except` of a `try` that takes one of these errors and goes on."""
        facts = unit.facts.blocks[number]
        following = [b.line for b in unit.facts.blocks if b.kind == "try" and b.parent == facts.parent and b.line > facts.line]
        for index, other in enumerate(unit.facts.blocks):
            if other.kind != "except" or other.parent != facts.parent or other.line <= facts.line:
                continue
            if following and other.line >= min(following):
                continue
            names = self._kinds(other.test + unit.base) if other.test >= 0 else BROAD
            taken = names & (BROAD | {ASSERTION}) if not raised else names & (BROAD | raised)
            if taken or any(name.partition(".")[0] + OWN in raised for name in names):
                return other.line if self._goes_on(index, unit) else 0
        return 0

    def narrow(self, block: int) -> bool:
        """Whether a handler names the errors that it takes, and not all there are."""
        facts = self.program.blocks[block]
        unit = next(u for u in self.program.modules if u.block_base <= block < u.block_base + len(u.facts.blocks))
        return facts.test >= 0 and not BROAD & self._kinds(facts.test + unit.base)

    def _suppresses(self, context: int, raised: frozenset[str]) -> bool:
        meaning = self.meanings.of(context)
        if meaning is None or "error.suppress" not in meaning.roles:
            return False
        names = frozenset(name for a in self.program.args[context][1:] if a >= 0 for name in self._kinds(a))
        return bool(names & (BROAD | raised)) or any(name.partition(".")[0] + OWN in raised for name in names)

    def _kinds(self, op: int) -> frozenset[str]:
        """Names of the error types that a value may be, with those of their bases; a tuple stands for all in it."""
        if self.program.ops[op].kind == "container":
            return frozenset(name for a in self.program.args[op] if a >= 0 for name in self._kinds(a))
        found: set[str] = set()
        made = self.meanings.resolver.targets.get(op, ()) if self.program.ops[op].kind == "call" else ()
        for value in (*self.meanings.resolver.of(op), *made):
            if value[0] in ("class", "instance"):
                scope = number(value)
                own, bases = self.meanings.resolver.mro(scope)
                found |= {self.program.qualified(s) for s in (scope, *own)} | set(bases)
            elif value[0] in ("external", "object", "foreign"):
                found.add(str(value[1]))
        return frozenset(found)

    def _goes_on(self, number: int, unit: ModuleUnit) -> bool:
        """Whether a handler neither raises nor ends the program."""
        if unit.facts.blocks[number].leaves in ("raise", "exit"):
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
