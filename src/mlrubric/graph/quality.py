"""Comparisons of quality: what is one, and which of them only look like gates: neither side stops, returns or changes anything."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.derive import compares
from mlrubric.graph.earlier import earlier_runs
from mlrubric.graph.graph import RUNS
from mlrubric.graph.values import number
from mlrubric.graph.world import World

ONLY_TELLS = frozenset({"log.write", "run.log_metric", "run.log_param"})
CHANGES = ("assign", "store_attribute", "store_subscript", "raise", "return", "yield", "delete", "assert")
PASSES_ON = ("load", "assign", "phi", "boolean", "unary", "fstring", "compare")
QUALITY = frozenset({"model.evaluate", "model.compare"})
CALLERS = 3  # functions that are looked through, one calling the other


def about_quality(code: Code, condition: int) -> bool:
    """A condition on an evaluation, or one that compares what an earlier evaluation left in a registry."""
    about = code.about(condition)
    return bool(QUALITY & about) or ("run.read" in about and compares(code, condition))


class Toothless:
    """Comparisons of quality of which neither side stops, returns or changes anything: both only print or log; and calls whose verdict
    nobody looks at."""

    def __init__(self, world: World) -> None:
        self.world, self.graph, self.code = world, world.graph, world.code
        self.by_scope: dict[int, list[int]] = {}
        for condition in self._conditions():
            self.by_scope.setdefault(self.code.program.scope_id(condition), []).append(condition)
        self.by_holder: dict[int, int] = {}
        for conditions in self.by_scope.values():
            self.by_holder.setdefault(self.code.holder(conditions[0]), conditions[0])

    def mark(self, node: int, *, fixed: bool = False) -> None:
        """`toothless` on a release that follows one of them; with `fixed`, only when the threshold is a constant."""
        op = self.code.node_op.get(node)
        found = self._before(op) if op is not None else None if fixed else self._in_earlier_steps(node)
        if found is None or (fixed and not self._constant(found)):
            return
        self.graph.nodes[node].attributes["toothless"] = str(self.code.node_for(self.graph, found, "comparison"))

    def _before(self, op: int) -> int | None:
        """The nearest one that stands before an operation in its function, or before the calls that lead to it."""
        frontier, seen = [op], set[int]()
        for _ in range(CALLERS):
            for here in frontier:
                found = self._in_scope(here)
                if found is not None:
                    return found
            seen.update(frontier)
            scopes = {self.code.program.scope_id(here) for here in frontier}
            frontier = sorted({c for s in scopes for c in self.code.resolver.callers.get(s, ())} - seen)
            frontier = [c for c in frontier if not self.code.tested(c)]
        return None

    def _in_scope(self, op: int) -> int | None:
        program, resolver = self.code.program, self.code.resolver
        scope, around = program.scope_id(op), set(program.blocks_around(op))
        before = [c for c in self.by_scope.get(scope, ()) if c < op and program.block_id(c) in around]
        if before:
            return before[-1]
        unit = program.unit(op)
        for call in range(op - 1, unit.base - 1, -1):
            if program.ops[call].kind != "call" or program.scope_id(call) != scope or program.block_id(call) not in around:
                continue
            for target in sorted(resolver.targets.get(call, ()), key=repr):
                if target[0] == "function" and target[1] != scope:
                    inner = number(target)
                    if inner in self.by_scope:
                        return self.by_scope[inner][-1]
                    if self._gives_verdict(inner) and self._ignored(call):
                        return call
        return None

    def _in_earlier_steps(self, node: int) -> int | None:
        for start in earlier_runs(self.world, node):
            for reached in self.graph.sweep([start], RUNS):
                if reached in self.by_holder:
                    return self.by_holder[reached]
        return None

    def _conditions(self) -> Iterator[int]:
        code = self.code
        for unit in code.program.modules:
            if is_test_code(unit.path):
                continue
            sides: dict[int, list[int]] = {}
            for index, block in enumerate(unit.facts.blocks):
                if block.kind in ("if", "else") and block.test >= 0 and block.constant is None:
                    sides.setdefault(block.test, []).append(index)
            for test, blocks in sides.items():
                condition = test + unit.base
                if not compares(code, condition) or not about_quality(code, condition) or code.flow.loop(condition) >= 0:
                    continue
                if not any(unit.facts.blocks[b].leaves for b in blocks) and self._only_tells(unit.index, set(blocks)):
                    yield condition

    def _only_tells(self, unit_index: int, inside: set[int]) -> bool:
        unit = self.code.program.modules[unit_index]
        for index, block in enumerate(unit.facts.blocks):
            if block.parent in inside:
                inside.add(index)
        told = False
        for index, op in enumerate(unit.facts.ops):
            if op.block not in inside:
                continue
            if op.kind in CHANGES:
                return False
            if op.kind == "call":
                roles = self.code.meanings.roles(index + unit.base)
                if roles & ONLY_TELLS:
                    told = True
                elif roles or any(t[0] in ("function", "class") for t in self.code.resolver.targets.get(index + unit.base, ())):
                    return False
        return told

    def _gives_verdict(self, scope: int) -> bool:
        """Whether a function only returns the outcome of a comparison of quality, and never stops by itself."""
        program = self.code.program
        values = [program.args[r][0] for r in program.returns(scope) if program.args[r]]
        judged = [v for v in values if compares(self.code, v) and about_quality(self.code, v)]
        stops = any(program.scope_id(check.op) == scope for check in self.code.checks.all)
        return bool(judged) and len(judged) == len(values) and not stops

    def _ignored(self, call: int) -> bool:
        """Whether nothing but a print or a log ever sees the result of a call."""
        program, waiting, seen = self.code.program, [call], {call}
        while waiting:
            for use in self.code.resolver.uses[waiting.pop()]:
                if self.code.meanings.roles(use) & ONLY_TELLS:
                    continue
                if program.ops[use].kind not in PASSES_ON:
                    return False
                if use not in seen:
                    seen.add(use)
                    waiting.append(use)
        tests = {b.test + u.base for u in (program.unit(call),) for b in u.facts.blocks if b.test >= 0}
        return not tests & seen

    def _constant(self, condition: int) -> bool:
        """Whether a quality is compared with a number that is written down."""
        program, waiting, seen = self.code.program, [condition], set[int]()
        while waiting:
            op = waiting.pop()
            if op in seen or op < 0:
                continue
            seen.add(op)
            if program.ops[op].kind == "compare":
                for operand in program.args[op]:
                    values = self.code.resolver.of(operand)
                    if values and all(v[0] == "const" and isinstance(v[1], float) for v in values):
                        return True
            elif program.ops[op].kind in PASSES_ON:
                waiting.extend(program.args[op])
        return False
