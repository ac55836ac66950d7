"""What becomes of a verdict on data or quality that stops nothing by itself: whether a check asks it, people are told, or nobody looks.

Great Expectations, Evidently, Deequ and their like never raise; they hand over a result. The way of that result is followed: to a check
of ours (then that check is the check of data), to a condition under which somebody is told or something is started, to a print or a file,
or to nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.graph.clauses import Clauses, mark_clauses
from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.definitions import origin
from mlrubric.graph.derive import run_by
from mlrubric.graph.graph import Graph
from mlrubric.graph.operands import COMING_IN, mark_operands

MEANS = {
    "data.validate": "data.validate",
    "data.profile": "data.validate",
    "model.evaluate": "model.compare",
    "model.monitor": "check.monitor",
    "data.drift": "check.drift",
    "data.skew": "check.skew",
    "model.fairness": "check.fairness",
    "model.slice": "check.slice",
    "feature.importance": "check.importance",
}
"""What a check is that asks for the verdict of an operation with such a role."""
ACTING = frozenset({"notify.send", "flow.run", "serve.rollback", "process.exit", "alert.rule", "model.fit"})
LEAVING = frozenset({"process.exit"})
TELLING = frozenset({"log.write", "run.log_artifact", "run.log_metric", "run.log_param", "file.write", "metric.emit", "data.write"})
BEYOND = frozenset({"model.fit", "model.predict", "transform.fit", "data.split", "model.save"})
SOURCES = frozenset({"data.read", "data.split", "model.predict"})
KINDS = ("return", "yield")
CALLERS = 4  # functions that are looked through, one calling the other
HOLDING = ("store_attribute", "store_subscript")


class Verdicts:
    """The conditions of the program, and what stands on their sides."""

    def __init__(self, graph: Graph, code: Code) -> None:
        self.graph, self.code = graph, code
        self.checks: dict[int, list[int]] = {}
        for node, check in sorted(code.check_of.items()):
            for condition in check.conditions:
                self.checks.setdefault(condition, []).append(node)
        self.sides: dict[int, list[int]] = {}  # condition -> its blocks
        for unit in code.program.modules:
            for index, block in enumerate(unit.facts.blocks):
                if block.kind in ("if", "else", "case", "while") and block.test >= 0 and block.constant is None:
                    self.sides.setdefault(block.test + unit.base, []).append(index + unit.block_base)
        self._inside: dict[int, list[int]] = {}  # block -> the calls directly in it
        for op, facts in enumerate(code.program.ops):
            if facts.kind == "call":
                self._inside.setdefault(code.program.block_id(op), []).append(op)
        self._children: dict[int, list[int]] = {}
        for unit in code.program.modules:
            for index, block in enumerate(unit.facts.blocks):
                if block.parent >= 0 and block.kind != "scope":
                    self._children.setdefault(block.parent + unit.block_base, []).append(index + unit.block_base)
        self._acts: dict[int, bool] = {}
        self.guarding = self._guards()
        self.outer: dict[int, list[int]] = {}
        self.outer = self._outer()

    def _outer(self) -> dict[int, list[int]]:
        """What decides a value that another function returns, with the conditions on it under which somebody is told: `if drifted(x):`."""
        found: dict[int, list[int]] = {}
        for condition in sorted(self.sides):
            if not self.acts(condition):
                continue
            for inner in self.code.checks.deciders.of_status(condition):
                if inner != condition and inner not in self.checks:
                    found.setdefault(inner, []).append(condition)
        return found

    def _guards(self) -> frozenset[int]:
        """The conditions on whose passing side alone a training, or a call that leads to one, stands."""
        code = self.code
        frontier = {code.node_op[n] for n in self.graph.with_role("model.fit") if n in code.node_op}
        found, seen = set[int](), set[int]()
        for _ in range(CALLERS):
            frontier = {op for op in frontier if not code.tested(op)} - seen
            for op in sorted(frontier):
                found.update(code.checks.guards(op))
            seen |= frontier
            scopes = {code.program.scope_id(op) for op in frontier}
            frontier = {call for scope in scopes for call in code.resolver.callers.get(scope, ())}
        return frozenset(found)

    def is_condition(self, op: int) -> bool:
        return op in self.sides or op in self.outer

    def acts(self, condition: int) -> bool:
        """Whether somebody is told, or something started, on one side of a condition only."""
        if condition in self.outer:
            return True
        known = self._acts.get(condition)
        if known is None and self.code.checks.truths.of(condition) is not None:
            known = self._acts[condition] = False
        if known is None:
            sides = [self._does(block, ACTING) for block in self.sides.get(condition, ())]
            known = self._acts[condition] = bool(sides) and any(sides) and not (len(sides) > 1 and all(sides))
        return known

    def does(self, condition: int, roles: frozenset[str]) -> bool:
        """Whether one side of a condition runs something with such a role."""
        return any(self._does(block, roles) for block in self.sides.get(condition, ()))

    def _does(self, block: int, roles: frozenset[str]) -> bool:
        waiting = [block]
        while waiting:
            here = waiting.pop()
            waiting.extend(self._children.get(here, ()))
            for call in self._inside.get(here, ()):
                done = roles & run_by(self.graph, self.code, call)
                if done and not (done == LEAVING and self._leaves_well(call)):
                    return True
        return False

    def _leaves_well(self, call: int) -> bool:
        """Whether a call ends the program with success: nobody hears of it."""
        meaning = self.code.meanings.of(call)
        if meaning is None or "process.exit" not in meaning.roles:
            return False
        status = meaning.arguments.get("@status", -1)
        return status < 0 or self.code.meanings.spelling(status) in ("0", "none", "false")


def mark_verdicts(graph: Graph, code: Code) -> None:
    """`verdict` on every operation that hands over a verdict: stops, tells, kept (returned or stored for others), told (printed or saved),
    unread. What asks for it becomes a check of that kind, with the same `clause`."""
    clauses = Clauses(code)
    mark_clauses(graph, code, clauses)
    verdicts = Verdicts(graph, code)
    mark_operands(graph, code)
    for node, op in sorted(code.node_op.items()):
        meaning = code.meanings.of(op)
        if meaning is None or not meaning.judges:
            continue
        graph.nodes[node].attributes["verdict"] = _follow(graph, code, verdicts, node, op)
        graph.nodes[node].attributes["in_notebook"] = "true" if code.program.unit(op).is_notebook else "false"
    _about_drift(graph, code, verdicts)
    for node in graph.with_role("data.drift"):
        if "verdict" not in graph.nodes[node].attributes and node in code.node_op:
            op = code.node_op[node]
            notebook = "true" if code.program.unit(op).is_notebook else "false"
            graph.nodes[node].attributes.update(verdict=_heard(graph, code, verdicts, op), in_notebook=notebook)
    _mark_pictures(graph, code)
    _carry_operands(graph, code, verdicts)
    _mark_met(graph, code)


def _mark_pictures(graph: Graph, code: Code) -> None:
    """A report of drift beside a suite that compares the same two data sets, and is heard, is its picture: `verdict` is beside."""
    heard: set[tuple[int, ...]] = set()
    silent: list[tuple[int, tuple[int, ...]]] = []
    for node, op in code.node_op.items():
        verdict, meaning = graph.nodes[node].attributes.get("verdict"), code.meanings.of(op)
        if verdict is None or meaning is None or not {"@reference", "@current"} <= meaning.arguments.keys():
            continue
        key = (code.program.scope_id(op), *(origin(code, meaning.arguments[side]) for side in ("@reference", "@current")))
        if verdict in ("stops", "tells"):
            heard.add(key)
        elif "data.drift" in graph.nodes[node].roles:
            silent.append((node, key))
    for node, key in silent:
        if key in heard:
            graph.nodes[node].attributes["verdict"] = "beside"


def _follow(graph: Graph, code: Code, verdicts: Verdicts, node: int, op: int) -> str:
    roles = [MEANS[r] for r in graph.nodes[node].roles if r in MEANS]
    found = "unread"
    if _tells_itself(code, op):
        graph.nodes[node].attributes["acts"] = "tell"
        found = "tells"
    for reached in code.flow.reach([op], stop=lambda o: bool(BEYOND & code.meanings.roles(o))):
        for check in verdicts.checks.get(reached, ()):
            if code.node_op[check] == op:
                continue
            _name(graph, check, node, roles, "stop")
            found = "stops"
        if reached in verdicts.guarding and reached not in verdicts.checks:
            guard = code.node_for(graph, reached, "if", ("check",), "", form="branch")
            graph.nodes[guard].gate = True
            _name(graph, guard, node, roles, "stop")
            found = "stops"
        elif found != "stops" and verdicts.is_condition(reached) and verdicts.acts(reached):
            _name(graph, code.node_for(graph, reached, "if", ("check",), "", form="branch"), node, roles, "tell")
            found = "tells"
        elif found == "unread" and verdicts.is_condition(reached):
            found = "told"  # both sides only print or log
        if found not in ("stops", "tells") and _decides_tasks(graph, code, reached):
            _name(graph, code.node_for(graph, reached, "return", ("check",), "", form="branch"), node, roles, "stop")
            found = "stops"
        if found in ("stops", "tells") or reached == op:
            continue
        meant = set(code.meanings.roles(reached)).union(*(code.meanings.roles(use) for use in code.resolver.uses[reached]))
        if "notify.send" in meant or "flow.branch" in meant:
            found = "tells"
        elif found == "unread" and TELLING & meant:
            found = "told"
        elif found in ("unread", "told") and _kept(code, reached):
            found = "kept"
    return "kept" if found == "unread" and _emits(graph, code, op) else found


def _emits(graph: Graph, code: Code, op: int) -> bool:
    """Whether the function goes on with giving numbers to what monitors: by what was run, not by its result."""
    scope = code.program.scope_id(op)
    nodes = graph.with_role("metric.emit") if code.program.scopes[scope].kind == "function" else []
    return any(code.node_op.get(n, -1) > op and code.program.scope_id(code.node_op[n]) == scope for n in nodes)


def _heard(graph: Graph, code: Code, verdicts: Verdicts, op: int) -> str:
    """What becomes of a measure of drift that gives a number: as of a verdict, without naming what asks for it."""
    found = "unread"
    for reached in code.flow.reach([op], stop=lambda o: bool(BEYOND & code.meanings.roles(o))):
        node = code.op_node.get(reached)
        asked = node is not None and "check.drift" in graph.nodes[node].roles
        if (
            asked
            or reached in verdicts.guarding
            or any(not code.checks.swallowed(code.node_op[c]) for c in verdicts.checks.get(reached, ()))
        ):
            return "stops"
        if _decides_tasks(graph, code, reached) or (verdicts.is_condition(reached) and verdicts.acts(reached)):
            return "tells"
        meant = set(code.meanings.roles(reached)).union(*(code.meanings.roles(use) for use in code.resolver.uses[reached]))
        if meant & {"notify.send", "flow.branch", "metric.emit", "run.log_metric"}:
            found = "tells"
        elif found == "unread" and (TELLING & meant or verdicts.is_condition(reached)):
            found = "told"
        elif found in ("unread", "told") and _kept(code, reached):
            found = "kept"
    return found


def _decides_tasks(graph: Graph, code: Code, op: int) -> bool:
    """Whether an operation is the answer of a task that decides which tasks follow."""
    if code.program.ops[op].kind != "return":
        return False
    node = code.scope_node.get(code.program.scope_id(op))
    return node is not None and "flow.branch" in graph.nodes[node].roles


def _tells_itself(code: Code, op: int) -> bool:
    """Whether what is run was given a notification to send when it fails."""
    receiver, roles = code.program.receiver(op), code.meanings.roles
    if receiver < 0:
        return False
    back = code.flow.reach([receiver], back=True, stop=lambda o: bool(SOURCES & roles(o)))
    return any("notify.send" in roles(o) for o in back)


def _kept(code: Code, op: int) -> bool:
    """Whether a verdict is given to somebody who is not seen: returned to no caller of ours, or stored."""
    facts = code.program.ops[op]
    if facts.kind in HOLDING:
        return True
    return facts.kind in KINDS and not code.resolver.callers.get(code.program.scope_id(op))


def _name(graph: Graph, check: int, node: int, roles: Iterable[str], acts: str) -> None:
    for role in roles:
        graph.give(check, role)
    attributes = graph.nodes[check].attributes
    attributes["acts"] = acts
    said = graph.nodes[node].attributes
    if "clause" in said and (attributes.get("asks") is None or attributes.get("clause") != "value"):
        attributes["clause"] = said["clause"]
    attributes["asks"] = "verdict"
    if "skew" in said:
        attributes["skew"] = said["skew"]


def _about_drift(graph: Graph, code: Code, verdicts: Verdicts) -> None:
    """A condition on a measure of drift under which somebody is told or a training is started; and how the other checks act."""
    for condition in sorted(verdicts.sides | verdicts.outer):
        if condition in verdicts.checks or not verdicts.acts(condition) or is_test_code(code.program.unit(condition).path):
            continue
        if "data.drift" in code.about(condition):
            node = code.node_for(graph, condition, "if", ("check", "check.drift"), "", form="branch")
            graph.nodes[node].about = code.about(condition)
            graph.nodes[node].attributes["acts"] = "tell"
    deciding = {scope for scope, holder in code.scope_node.items() if "flow.branch" in graph.nodes[holder].roles}
    deciding.update(scope for task in code.tasks.branching for scope in code.tasks.runs.get(task, ()))
    for scope in sorted(deciding):
        for returned in code.program.returns(scope):
            if "data.drift" in code.about(returned):
                node = code.node_for(graph, returned, "return", ("check", "check.drift"), "", form="branch")
                graph.nodes[node].about = code.about(returned)
                graph.nodes[node].attributes["acts"] = "tell"
    for node in graph.with_role("check.drift"):
        if graph.nodes[node].gate:
            graph.nodes[node].attributes["acts"] = "stop"
        limits = sorted({limit for condition in _conditions(code, node) for limit in _limits(code, condition)})
        if limits:
            graph.nodes[node].attributes["threshold"] = " ".join(f"{limit:g}" for limit in limits)


def _conditions(code: Code, node: int) -> tuple[int, ...]:
    check, op = code.check_of.get(node), code.node_op.get(node)
    return check.conditions if check is not None else (op,) if op is not None else ()


def _limits(code: Code, condition: int) -> Iterable[float]:
    """The numbers that the comparisons behind a condition name: 0.2 of a PSI, 0.05 of a p-value."""
    program = code.program
    for op in code.flow.reach([condition], back=True, stop=lambda o: "data.drift" in code.meanings.roles(o)):
        if program.ops[op].kind != "compare":
            continue
        for operand in program.args[op]:
            for value in code.resolver.of(operand) if operand >= 0 else ():
                if value[0] == "const" and isinstance(value[1], float):
                    yield value[1]


def _carry_operands(graph: Graph, code: Code, verdicts: Verdicts) -> None:
    """A check of nothing but measures that compare data with itself, or made up rows, is as idle as they are."""
    said: dict[int, set[str]] = {}
    for node in graph.with_role("data.drift"):
        op = code.node_op.get(node)
        if op is None:
            continue
        operands = graph.nodes[node].attributes.get("operands", "two")
        for reached in code.flow.reach([op]):
            for check in (*verdicts.checks.get(reached, ()), *((code.op_node[reached],) if reached in code.op_node else ())):
                if "check.drift" in graph.nodes[check].roles:
                    said.setdefault(check, set()).add(operands)
    for check, kinds in said.items():
        tested = code.tested(code.node_op[check]) and not COMING_IN & graph.nodes[check].about
        graph.nodes[check].attributes["operands"] = "made up" if tested else "two" if "two" in kinds else min(kinds)


def _mark_met(graph: Graph, code: Code) -> None:
    """`met` on declared schemas: whether they come to a check or to somebody else (returned, stored, exported), or nowhere."""
    for node in graph.with_role("data.schema"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or meaning.entry is None or meaning.entry.kind != "constructor":
            continue
        reached = code.flow.reach([op])
        used = any(
            code.program.ops[o].kind in ("call", "return", "yield", "store_attribute", "store_subscript") for o in reached if o != op
        )
        used = used or bool(code.program.of_kind("magic") and code.program.unit(op).is_notebook)
        graph.nodes[node].attributes["met"] = "true" if used or _asked(code, reached) else "false"


def _asked(code: Code, reached: Iterable[int]) -> bool:
    """Whether a method of the schema is called, or it is handed to a call that keeps it."""
    return any(code.program.ops[use].kind in ("attribute", "call") for op in reached for use in code.resolver.uses[op])
