"""What stands around an expression: where its receiver comes from, what is done with it, what its loop, function and file hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.habits.shape import key_form
from mlrubric.graph.habits.traits import Traits

QUIET = frozenset({"load", "assign", "unpack", "element", "phi", "conditional", "await", "enter", "import"})
MOST = 400  # operations, or functions, that are looked at for one answer


class Nearby:
    """Answers about surroundings, kept by function, loop and file."""

    def __init__(self, code: Code, traits: Traits) -> None:
        self._code, self._traits = code, traits
        self._own: dict[int, frozenset[str]] | None = None  # scope -> traits and roles of its operations
        self._scopes: dict[int, frozenset[str]] = {}
        self._loops: dict[int, frozenset[str]] = {}
        self._files: dict[int, frozenset[str]] = {}
        self._program: frozenset[str] | None = None
        self._marked: dict[int, list[int]] = {}  # scope -> operations with traits or roles, and calls into the project

    def before(self, op: int) -> frozenset[str]:
        """The traits of what a value comes from, through names and the items of what is iterated."""
        return self._gather([op], back=True)

    def after(self, op: int) -> frozenset[str]:
        """The traits of what is done with a value next."""
        return self._gather([op], back=False)

    def around(self, op: int, loop: int) -> Iterator[tuple[str, frozenset[str]]]:
        """Traits and roles by the place that holds them."""
        self._mark()
        program = self._code.program
        scope, unit = program.scope_id(op), program.unit_of[op]
        if loop >= 0:
            yield "loop", self._in_loop(scope, loop)
        yield "scope", self._in_scope(scope)
        if unit not in self._files:
            own = range(program.modules[unit].scope_base, program.modules[unit].scope_base + len(program.modules[unit].facts.scopes))
            self._files[unit] = self._reached(own)
        yield "file", self._files[unit]
        if self._program is None:
            self._program = frozenset(t for found in (self._own or {}).values() for t in found)
        yield "program", self._program

    # ---- inside ----

    def _gather(self, starts: Iterable[int], back: bool) -> frozenset[str]:
        program, resolver = self._code.program, self._code.resolver
        found: set[str] = set()
        waiting, seen = list(starts), set[int]()
        while waiting and len(seen) < MOST:
            op = waiting.pop()
            if op < 0 or op in seen:
                continue
            first = not seen
            seen.add(op)
            kind = program.ops[op].kind
            if (back or not first) and kind in ("call", "attribute"):
                found |= self._traits.of(op)
            elif kind == "subscript" and (back or not first):
                found.add(f"key.{key_form(self._code, program.args[op][1])}")
            if not back and not first and kind not in QUIET:
                found.add(f"form.{kind}")
            if back:
                if kind in QUIET or kind == "param":
                    waiting.extend(program.args[op])
                    waiting.extend(resolver.reads.get(op, ()))
                    waiting.extend(resolver.sources.get(op, ()))
            elif first or kind in QUIET:
                waiting.extend(resolver.uses[op])
            elif kind == "attribute":
                waiting.extend(use for use in resolver.uses[op] if program.ops[use].kind == "call" and program.args[use][0] == op)
        return frozenset(found)

    def _mark(self) -> None:
        """What every function holds by itself."""
        if self._own is not None:
            return
        program, own = self._code.program, dict[int, set[str]]()
        called = {program.args[op][0] for op in program.of_kind("call")}
        for op in program.of_kind("call", "attribute"):
            if op in called:
                continue
            found = self._traits.of(op) | self._code.meanings.roles(op)
            scope = program.scope_id(op)
            if found:
                own.setdefault(scope, set()).update(found)
            if found or op in self._code.resolver.targets:
                self._marked.setdefault(scope, []).append(op)
        self._own = {scope: frozenset(found) for scope, found in own.items()}

    def _in_scope(self, scope: int) -> frozenset[str]:
        if scope not in self._scopes:
            self._scopes[scope] = self._reached([scope])
        return self._scopes[scope]

    def _in_loop(self, scope: int, loop: int) -> frozenset[str]:
        if loop not in self._loops:
            program = self._code.program
            inside = [op for op in self._marked.get(scope, ()) if loop in program.blocks_around(op)]
            found = {t for op in inside for t in self._traits.of(op) | self._code.meanings.roles(op)}
            self._loops[loop] = frozenset(found) | self._reached([s for op in inside for s in self._code.resolver.callees(op)])
        return self._loops[loop]

    def _reached(self, scopes: Iterable[int]) -> frozenset[str]:
        """What functions hold, and those that they call."""
        found: set[str] = set()
        waiting, seen = list(scopes), set[int]()
        while waiting and len(seen) < MOST:
            scope = waiting.pop()
            if scope in seen:
                continue
            seen.add(scope)
            found |= (self._own or {}).get(scope, frozenset())
            for op in self._marked.get(scope, ()):
                waiting.extend(self._code.resolver.callees(op))
        return frozenset(found)
