"""What must have happened before an operation, inside its function and on every way that leads to it.

Operations of a function stand in evaluation order; an operation dominates a later one when its block is an ancestor of the other's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mlrubric.graph.code import Code
from mlrubric.graph.values import number

PASSING = ("with", "try", "finally", "scope", "cell")


class Order:
    """Questions of precedence for one set of operations (the `marked` ones)."""

    def __init__(
        self,
        code: Code,
        marked: Collection[int],
        *,
        only: frozenset[int] | None = None,
        stops: Mapping[int, int] | None = None,
        tasks: bool = False,
        loops: bool = False,
        toward: Collection[int] = (),
        entered: Collection[int] = (),
        made: bool = False,
    ) -> None:
        """With `only`, ways through callers in other scopes do not count, as long as one of these scopes calls; with `toward`, callers that
        are none of these operations do not, as long as one is. `stops` are the operations that raise for marked ones; blocks of `entered`
        count as always entered. With `tasks`, what earlier tasks of a pipeline passed counts, whatever process ran them. With `loops`, what
        a loop does for each row counts as done for all; with `made`, what making an object always passes counts for its methods."""
        self.passing = (*PASSING, "for") if loops else PASSING
        self.toward, self.entered, self.made = toward, entered, made
        self.code, self.marked, self.only, self.stops, self.tasks = code, frozenset(marked), only, stops or {}, tasks
        self._by_scope: dict[int, list[int]] = {}
        self._always: dict[int, int | None] = {}
        self._calls: dict[int, list[int]] = {}
        for op in sorted(code.resolver.targets):
            self._calls.setdefault(code.program.scope_id(op), []).append(op)
        for op in sorted(self.marked):
            self._by_scope.setdefault(code.program.scope_id(op), []).append(op)

    def always(self, scope: int, guard: frozenset[int] = frozenset()) -> int | None:
        """A marked operation that a call of the function always passes, or None."""
        if scope in self._always:
            return self._always[scope]
        if scope in guard:
            return None
        found: int | None = None
        for op in self._by_scope.get(scope, ()):
            if self._unconditional(op):
                found = op
                break
        if found is None:
            for op in self._calls.get(scope, ()):
                if self._unconditional(op):
                    found = self._inside(op, guard | {scope})
                    if found is not None:
                        break
        if not guard or found is not None:
            self._always[scope] = found
        return found

    def _inside(self, call: int, guard: frozenset[int]) -> int | None:
        """A marked operation that a call always passes, when every function it may enter has one."""
        found: int | None = None
        for target in sorted(self.code.resolver.targets.get(call, ()), key=repr):
            if target[0] != "function":
                continue
            inner = self.always(number(target), guard)
            if inner is None or self.code.checks.swallowed(call, by=self.stops.get(inner, -1)):
                return None
            found = inner
        return found

    def _unconditional(self, op: int) -> bool:
        program = self.code.program
        for block in program.blocks_around(op):
            facts = program.blocks[block]
            if facts.kind == "scope":
                return True
            if block not in self.entered and facts.kind not in self.passing and facts.constant != "main" and facts.constant is not True:
                return False
        return True

    def _dominates(self, earlier: int, later: int) -> bool:
        """Whether the block of the earlier operation is around the later one, conditions aside that always hold."""
        program = self.code.program
        around = set(program.blocks_around(later))
        anyway = {self._tried(block) for block in around if program.blocks[block].kind == "finally"}
        for block in program.blocks_around(earlier):
            if block in anyway:
                return False  # what stands in `finally` happens whatever was raised before
            if block in around:
                return True
            facts = program.blocks[block]
            if block not in self.entered and facts.kind not in self.passing and facts.constant not in ("main", True):
                return False
        return False

    def _tried(self, block: int) -> int:
        """The `try` that a `finally` belongs to."""
        blocks = self.code.program.blocks
        beside = (b for b in range(block - 1, -1, -1) if blocks[b].kind == "try" and blocks[b].parent == blocks[block].parent)
        return next(beside, -1)

    def before(self, op: int, guard: frozenset[int] = frozenset(), inner: int = -1) -> int | None:
        """A marked operation that precedes `op` on every way that leads to it, or None when a way avoids all of them. `inner` is the
        function that `op` calls on the way that is asked about."""
        program = self.code.program
        scope = program.scope_id(op)
        local = self._local(op, scope, guard)
        if local is not None:
            return local
        waited = self._waited(op, scope) if self.tasks else None
        if waited is not None or program.scopes[scope].kind == "module" or scope in guard:
            return waited
        unit = program.unit(op)
        module = program.module_scope(unit)
        for marked in self._by_scope.get(module, ()):
            if self._unconditional(marked) and not self.code.checks.in_main(marked):
                return marked
        made = self._made(scope) if self.made else None
        if made is not None:
            return made
        callers = sorted(c for c in self.code.resolver.callers.get(scope, ()) if c != op)
        if self.only is not None:
            callers = [c for c in callers if program.scope_id(c) in self.only] or callers
        if self.toward:
            callers = [c for c in callers if c in self.toward] or callers
        callers = self._of_wrapper(callers, inner)
        found: int | None = None
        for call in callers:
            found = self.before(call, guard | {scope}, scope)
            if found is None:
                return None
        return found

    def _of_wrapper(self, callers: list[int], inner: int) -> list[int]:
        """The callers of what a decorator puts around several functions: those that ask for the function `inner`, if there are any, and
        not where a decorator hands on what it decorates, which runs nothing yet."""
        program, resolver = self.code.program, self.code.resolver
        asking = [c for c in callers if any(t[0] in ("function", "callback") and number(t) == inner for t in resolver.targets.get(c, ()))]
        running = []
        for call in asking or callers:
            above = resolver.callers.get(program.scope_id(call), ())
            entered = any(t[0] == "function" for t in resolver.targets.get(call, ()))
            if entered or not above or any(program.ops[c].kind not in ("function", "class") for c in above):
                running.append(call)
        return running or callers

    def _made(self, scope: int) -> int | None:
        """A marked operation that making the object of a method has passed."""
        owner = self.code.resolver.class_of.get(scope)
        if owner is None or scope in self.code.resolver.statics:
            return None
        for definition in self.code.program.exports[owner].get("__init__", ()):
            maker = self.code.program.defined(definition)
            if maker >= 0 and maker != scope:
                return self.always(maker)
        return None

    def _waited(self, op: int, scope: int) -> int | None:
        """A marked operation that a task has passed which the operation's own task waits for."""
        tasks = self.code.tasks
        for before in sorted(tasks.before(op) | tasks.before_scope(scope)):
            found = self.always(before)
            if found is not None:
                return found
        return None

    def _local(self, op: int, scope: int, guard: frozenset[int]) -> int | None:
        for marked in self._by_scope.get(scope, ()):
            if marked < op and self._dominates(marked, op):
                return marked
        for call in self._calls.get(scope, ()):
            if call < op and self._dominates(call, op) and not self.code.tasks.unordered(call, op):
                inner = self._inside(call, guard | {scope})
                if inner is not None:
                    return inner
        return None

    def passed(self, op: int) -> set[int]:
        """The marked operations that precede `op` inside its own function on every way to it."""
        scope = self.code.program.scope_id(op)
        found = {marked for marked in self._by_scope.get(scope, ()) if marked < op and self._dominates(marked, op)}
        for call in self._calls.get(scope, ()):
            if call < op and self._dominates(call, op) and (inner := self._inside(call, frozenset({scope}))) is not None:
                found.add(inner)
        return found

    def later(self, op: int) -> int | None:
        """A marked operation in the same function that comes only after `op`."""
        scope = self.code.program.scope_id(op)
        return next((m for m in self._by_scope.get(scope, ()) if m > op), None)


def passes(code: Code, earlier: int, later: int) -> bool:
    """Whether every way to an operation passes the block of an earlier one of its scope."""
    around = set(code.program.blocks_around(later))
    return next(iter(code.program.blocks_around(earlier)), -1) in around
