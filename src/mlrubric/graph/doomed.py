"""What cannot be reached, because an operation before it always fails: a name that the installed version does not have.

An import that fails takes its whole module with it, and every module that imports it at its top; a call that fails, all that comes after it
in its function, and, where it is always reached, what comes after the calls of that function.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from mlrubric.graph.automation import CANNOT
from mlrubric.graph.code import Code
from mlrubric.graph.moved import Lacking, why
from mlrubric.graph.world import World

ALWAYS = frozenset({"scope", "with", "cell"})
LEADS = frozenset({"call", "import"})
STANDS = LEADS | {"function"}
STARTS = frozenset({"run", "trigger"})


def mark_doomed(world: World, failing: Sequence[Lacking], commands: Sequence[Lacking]) -> None:
    """The hops to what cannot be reached any more are blocked, with the reason."""
    if failing:
        sweep = _Doom(world)
        for one in failing:
            place = world.code.place(one.at)
            sweep.fails(one.at, f"{CANNOT}{place.path}:{place.span.line}: {why(one.moved, one.state, one.pins)}")
        sweep.run()
    for command in commands:
        reason = f"{CANNOT}{why(command.moved, command.state, command.pins)}"
        _block(world, world.graph.incoming[command.at], reason)
        _block(world, world.graph.outgoing[command.at], reason)


def _block(world: World, edges: Sequence[int], reason: str) -> None:
    for number in edges:
        edge = world.graph.edges[number]
        if edge.kind == "run" and not edge.blocked:
            world.graph.edges[number] = replace(edge, blocked=reason)


class _Doom:
    """From operations that fail to what never happens."""

    def __init__(self, world: World) -> None:
        self.world, self.code = world, world.code
        self.waiting: deque[tuple[int, str, bool]] = deque()
        self.seen: set[int] = set()
        self.importers: dict[int, list[int]] | None = None
        self._spans: dict[int, dict[tuple[int, int], int]] = {}

    def fails(self, op: int, reason: str, itself: bool = True) -> None:
        """An operation that raises; `itself` says that its own node is not done either (a call that enters a function is begun)."""
        if op not in self.seen:
            self.seen.add(op)
            self.waiting.append((op, reason, itself))

    def run(self) -> None:
        while self.waiting:
            op, reason, itself = self.waiting.popleft()
            program = self.code.program
            scope = self._scope(op)
            around = self._around(op)
            if around is None:
                continue  # something takes the error: what follows happens
            self._cut(op, scope, around, reason, itself)
            if not all(program.blocks[b].kind in ALWAYS or program.blocks[b].constant == "main" for b in around):
                continue
            if program.scopes[scope].kind == "module":
                if not self.code.checks.in_main(op):
                    self._module(op, reason)
            else:
                self._callers(scope, reason)

    def _scope(self, op: int) -> int:
        """The scope whose run an operation belongs to: the body of a class runs with what is around it."""
        scope = self.code.program.scope_id(op)
        while self.code.program.scopes[scope].kind == "class":
            scope = self.code.program.parent_scope(scope)
        return scope

    def _around(self, op: int) -> tuple[int, ...] | None:
        """The blocks around an operation inside its scope; None when one of them takes the error."""
        program, found = self.code.program, list[int]()
        if self.code.checks.swallowed(op):
            return None
        outermost = program.scopes[self._scope(op)].block + program.unit(op).block_base
        for block in program.blocks_around(op):
            found.append(block)
            if program.blocks[block].kind == "try":
                return None
            if block == outermost:
                break
        return tuple(found)

    def _cut(self, op: int, scope: int, around: tuple[int, ...], reason: str, itself: bool) -> None:
        """Hops from the holder to what stands after the operation, in its block or deeper."""
        graph, program = self.world.graph, self.code.program
        inner = around[0]
        for number in graph.outgoing[self.code.holder(op)]:
            edge = graph.edges[number]
            if edge.kind not in LEADS or edge.blocked or edge.place is None:
                continue
            other = self.code.node_op.get(edge.target)
            if other is None or self._scope(other) != scope:
                other = self._op_at(op, edge.place.span.line, edge.place.span.column)
            if other is None or other < op or (other == op and not itself) or inner not in tuple(program.blocks_around(other)):
                continue
            graph.edges[number] = replace(edge, blocked=reason)
        for trigger in self._triggers(program.unit(op).path):
            place = graph.nodes[trigger].place
            other = self._op_at(op, place.span.line, place.span.column)
            if other is not None and other >= op and self._scope(other) == scope and inner in tuple(program.blocks_around(other)):
                self._unset(trigger, reason)

    def _triggers(self, path: str) -> list[int]:
        """The triggers that the code of a file sets up when it runs."""
        return [n for n in self.world.graph.of_kind("trigger") if self.world.graph.nodes[n].place.path == path]

    def _unset(self, trigger: int, reason: str) -> None:
        graph = self.world.graph
        for number in graph.outgoing[trigger]:
            if not graph.edges[number].blocked:
                graph.edges[number] = replace(graph.edges[number], blocked=reason)

    def _op_at(self, near: int, line: int, column: int) -> int | None:
        """The call, import or decorated function that stands at a place of the same module."""
        unit = self.code.program.unit(near)
        spans = self._spans.get(unit.index)
        if spans is None:
            spans = self._spans[unit.index] = {}
            for index, facts in enumerate(unit.facts.ops):
                if facts.kind in STANDS:
                    spans.setdefault((facts.line, facts.column), index + unit.base)
        return spans.get((line, column))

    def _module(self, op: int, reason: str) -> None:
        """A module that fails when it is imported or run: what else would start in it does not, and neither does what imports it."""
        unit, graph = self.code.program.unit(op), self.world.graph
        top = self.code.module_node[unit.index]  # it is begun, and does what stands before the operation
        for number, edge in enumerate(graph.edges):
            started = edge.kind in STARTS and edge.target != top and graph.nodes[edge.target].place.path == unit.path
            if started and not edge.blocked:
                graph.edges[number] = replace(edge, blocked=reason)
        for trigger in self._triggers(unit.path):
            self._unset(trigger, reason)
        if self.importers is None:
            self.importers = _importers(self.code)
        for importing in self.importers.get(unit.index, ()):
            self.fails(importing, reason)

    def _callers(self, scope: int, reason: str) -> None:
        """Calls of a function that always fails, where calling it runs it at once and nothing else can be meant."""
        program, resolver = self.code.program, self.code.resolver
        facts = program.scopes[scope]
        definition = program.definition(scope)
        if facts.is_async or facts.is_generator or (definition >= 0 and program.ops[definition].extra and facts.kind == "function"):
            return
        for call in sorted(resolver.callers.get(scope, ())):
            if program.ops[call].kind == "call" and set(resolver.targets.get(call, ())) == {("function", scope)}:
                self.fails(call, reason, itself=False)


def _importers(code: Code) -> dict[int, list[int]]:
    """Module -> the imports of it."""
    found: dict[int, list[int]] = {}
    for op in code.program.of_kind("import"):
        if isinstance(code.program.ops[op].value, tuple):
            for index in code.program.imported_modules(code.program.unit(op), code.program.ops[op]):
                found.setdefault(index, []).append(op)
    return found
