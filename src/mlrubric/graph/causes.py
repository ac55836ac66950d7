"""Unguarded releases told apart by their cause: which of them speaks for others, what kind of release it is, whether a comparison before
it looks like a gate and is none, and whether a person may stand before it."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.automation import Schedule
from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.derive import compares
from mlrubric.graph.earlier import earlier_runs
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.values import number
from mlrubric.graph.world import World

RELEASES = ("model.register", "model.promote", "model.deploy")
ONLY_TELLS = frozenset({"log.write", "run.log_metric", "run.log_param"})
CHANGES = ("assign", "store_attribute", "store_subscript", "raise", "return", "yield", "delete", "assert")
PASSES_ON = ("load", "assign", "phi", "boolean", "unary", "fstring", "compare")
QUALITY = frozenset({"model.evaluate", "model.compare"})
CALLERS = 3
MOST = 200
READ = frozenset({"file.open", "data.read", "config.read", "run.read", "artifact.download"})


def about_quality(code: Code, condition: int) -> bool:
    """A condition on an evaluation, or one that compares what an earlier evaluation left in a registry."""
    about = code.about(condition)
    return bool(QUALITY & about) or ("run.read" in about and compares(code, condition))


def mark_causes(world: World) -> None:
    """`release` (alias, deploy, register), `first` on the unguarded release that speaks for its function, job or script, `toothless` when a
    comparison that cannot stop it stands before it, `approval` when a person may have to agree."""
    graph = world.graph
    judged = [n for n in graph.with_role(*RELEASES, "artifact.upload") if "guarded" in graph.nodes[n].attributes]
    for node in judged:
        graph.nodes[node].attributes["release"] = _family(graph, node)
    _mark_first(world, judged)
    idle = Toothless(world)
    for node in judged:
        attributes = graph.nodes[node].attributes
        if attributes["first"] == "true":
            op = world.code.node_op.get(node)
            if op is not None and _perhaps(world.code, op):
                attributes["perhaps"] = "guarded"
            if any("environment" in graph.nodes[n].attributes for n in graph.sweep([node], RUNS, back=True)):
                attributes["approval"] = "possible"
            idle.mark(node)
    released = {world.code.program.scope_id(op) for n in judged if (op := world.code.node_op.get(n)) is not None}
    for node in graph.with_role("model.save"):
        op = world.code.node_op.get(node)
        if op is not None and not is_test_code(graph.nodes[node].place.path) and world.code.program.scope_id(op) not in released:
            idle.mark(node, fixed=True)


def _perhaps(code: Code, op: int) -> bool:
    """Whether a condition that decides about an operation compares what was read from somewhere: a quality, for all we know."""
    frontier, seen = [op], set[int]()
    for _ in range(CALLERS):
        for here in frontier:
            for condition in code.checks.guards(here):
                if any(READ & code.about(c) and compares(code, c) for c in _decided_by(code, condition)):
                    return True
        seen.update(frontier)
        scopes = {code.program.scope_id(here) for here in frontier}
        frontier = sorted({c for s in scopes for c in code.resolver.callers.get(s, ())} - seen)
    return False


def _decided_by(code: Code, condition: int) -> list[int]:
    """A condition and, when it is a flag, the tests under which the parts of the flag were set."""
    found = [condition]
    for op in code.flow.reach([condition], back=True):
        if code.program.ops[op].kind == "compare":
            found.append(op)
        elif code.program.ops[op].kind in ("assign", "call", "return"):
            found.extend(code.checks.deciders.around(op))
        if len(found) > MOST:
            break
    return found


def mark_started(world: World, schedule: Schedule) -> None:
    """`started` on unguarded releases: by a live trigger, or by a person."""
    graph = world.graph
    for node in graph.with_role(*RELEASES, "artifact.upload"):
        if graph.nodes[node].attributes.get("first") == "true":
            live = schedule.of(node).level in ("kept", "lost")
            graph.nodes[node].attributes["started"] = "live" if live else "by hand"


def _family(graph: Graph, node: int) -> str:
    roles = graph.nodes[node].roles
    return "alias" if "model.promote" in roles else "deploy" if "model.deploy" in roles else "register"


def _mark_first(world: World, judged: list[int]) -> None:
    """What follows in the same function, job or script has the same cause; an alias that is moved is a cause of its own."""
    graph, led = world.graph, set[tuple[str, int, bool]]()
    for node in sorted(judged, key=lambda n: graph.nodes[n].place):
        attributes = graph.nodes[node].attributes
        op, alias = world.code.node_op.get(node), attributes["release"] == "alias"
        if op is not None:
            group = ("code", world.code.program.scope_id(op) if graph.nodes[node].place.cell is None else -node, alias)
        else:
            above = [n for n in graph.sweep([node], RUNS, back=True) if graph.nodes[n].kind in ("job", "module", "stage")]
            group = ("run", above[0] if above else node, alias)
        attributes["first"] = "true" if attributes["guarded"] == "false" and group not in led else "false"
        if attributes["guarded"] == "false":
            led.add(group)
    own = {world.code.program.scope_id(op): n for n in _leading(graph) if (op := world.code.node_op.get(n)) is not None}
    for scope, node in own.items():
        callers = {world.code.program.scope_id(c) for c in world.code.resolver.callers.get(scope, ())} - {scope}
        if callers and all(c in own and graph.nodes[own[c]].attributes["first"] == "true" for c in callers):
            graph.nodes[node].attributes["first"] = "false"  # a helper of a function that releases itself
    _mark_siblings(world, own)


def _mark_siblings(world: World, own: dict[int, int]) -> None:
    """Of helpers that one and the same function calls one after the other, the first speaks for all; aliases for themselves."""
    graph, callers = world.graph, world.code.resolver.callers
    led: dict[tuple[int, bool], tuple[int, int]] = {}  # the calling function -> its first call, the release inside
    for scope, node in own.items():
        attributes = graph.nodes[node].attributes
        calls = [c for c in callers.get(scope, ()) if not world.code.tested(c)]
        above = {world.code.program.scope_id(c) for c in calls}
        if attributes["first"] != "true" or len(above) != 1 or scope in above:
            continue
        key, call = (above.pop(), attributes["release"] == "alias"), min(calls)
        known = led.get(key)
        if known is None or call < known[0]:
            led[key], later = (call, node), known[1] if known is not None else -1
        else:
            later = node
        if later >= 0:
            graph.nodes[later].attributes["first"] = "false"


def _leading(graph: Graph) -> list[int]:
    """The unguarded releases that speak for others."""
    return [n for n in graph.with_role(*RELEASES) if graph.nodes[n].attributes.get("first") == "true"]


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
        at = self.code.op_node.get(found)
        if at is None:
            at = self.graph.add("op", "comparison", self.code.place(found))
            self.code.op_node[found], self.code.node_op[at] = at, found
            self.graph.connect(self.code.holder(found), at, "call", self.code.place(found))
        self.graph.nodes[node].attributes["toothless"] = str(at)

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
