"""Roles that follow from the flow of data alone: what a check is about, what was timed."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.questions import asks_type
from mlrubric.graph.twice import expression, twice
from mlrubric.graph.values import number

ORDERING = frozenset({"<", ">", "<=", ">="})
STRUCTURE = frozenset(["empty", "shape", "columns", "dtypes", "dtype", "size", "ndim", "index", "keys"])
ANSWERS = frozenset({"status_code", "ok", "returncode", "reason", "is_success"})
SIZES = frozenset({"empty", "size"})
ASKS_STRUCTURE = frozenset({"builtins.len", "builtins.isinstance", "builtins.type", "builtins.hasattr", "builtins.issubclass"})
COUNT = "builtins.len"
MEASURED = frozenset({"measure.time", "measure.memory"})


def derived_roles(code: Code, conditions: tuple[int, ...], about: set[str]) -> list[str]:
    """The roles of a check, from what flows into its condition, never from its name."""
    ordered = any(compares(code, c) for c in conditions)
    if about & MEASURED:  # a moment that is merely kept in what is compared is no budget
        return ["check.cost"] if ordered else []
    found: list[str] = []
    if "model.fairness" in about:
        found.append("check.fairness")
    if {"model.slice", "rows.selected"} <= about:  # a measure may be that of slices for some of its callers only
        found.append("check.slice")
    if "data.drift" in about:
        found.append("check.drift")
    if "feature.importance" in about:
        found.append("check.importance")
    if "check.finite" in about and about & {"model.fit", "model.predict", "model.build", "model.loss"}:
        found.append("check.numeric")
    if twice(code, conditions):  # two scores that must be the same say nothing of how good they are
        found.append("check.repeat")
    elif "model.evaluate" in about or (ordered and about & {"model.predict", "run.read"}):
        found.append("model.compare")
    elif "model.predict" in about:
        found.append("check.prediction")
    elif about & {"model.fit", "model.build", "model.load"}:
        found.append("check.model")
    elif about & {"data.read", "artifact.download"} and not any(
        _apart(code, c) or _answered(code, c) or asks_type(code, c) for c in conditions
    ):
        found.append("data.validate")
    return found


def _answered(code: Code, condition: int) -> bool:
    """Whether a condition asks if a request or a program went well: that says nothing of what came."""
    return any(code.program.ops[op].kind == "attribute" and code.program.ops[op].name in ANSWERS for op in expression(code, condition))


def _apart(code: Code, condition: int) -> bool:
    """Whether a condition measures how far two reads are apart: `abs(new.mean() - old.mean()) / old.mean()` is no expectation of either."""
    for op in expression(code, condition):
        facts, args = code.program.ops[op], code.program.args[op]
        if facts.kind == "binary" and facts.name == "-" and len(args) == 2 and min(args) >= 0:
            sides = [{o for o in code.flow.reach([a], back=True) if "data.read" in code.meanings.roles(o)} for a in args]
            if sides[0] and sides[1] and not sides[0] & sides[1]:
                return True
    return False


def compares(code: Code, condition: int) -> bool:
    """Whether a condition compares by size, or nearly, somewhere in its own expression; how many there are of something is no size."""
    for op in expression(code, condition):
        facts = code.program.ops[op]
        if facts.kind == "compare" and isinstance(facts.value, tuple) and ORDERING & set(facts.value) and not _counts(code, op):
            return True
    return False


def _counts(code: Code, compare: int) -> bool:
    """Whether a comparison holds a count against a number: `len(versions) < 2`."""
    program = code.program
    sides = [a for a in program.args[compare] if a >= 0 and program.ops[a].kind != "const"]
    return bool(sides) and all(program.ops[a].kind == "call" and ("external", COUNT) in code.resolver.of(program.args[a][0]) for a in sides)


class Timing:
    """What the measurements of time and memory measure. One sweep from all of them finds, for any operation, the nearest one."""

    def __init__(self, graph: Graph, code: Code) -> None:
        self.graph, self.code = graph, code
        points = [op for op, meaning in sorted(code.meanings.all().items()) if MEASURED & set(meaning.roles)]
        self._by_scope: dict[int, list[int]] = {}
        for point in points:
            self._by_scope.setdefault(code.program.scope_id(point), []).append(point)
        self._nearest = code.flow.reach(points)
        self._sources: dict[int, int] = {}
        for op, before in self._nearest.items():  # in the order of the sweep: what comes before has its source already
            self._sources[op] = op if before < 0 else self._sources[before]
        self._calls: dict[int, frozenset[str]] = {}

    def roles(self, conditions: tuple[int, ...]) -> set[str]:
        """What ran between the first and the last measurement behind a check: roles of operations and of all that the calls reach;
        `code` when it was the project's or a library's code without a role."""
        found: set[str] = set()
        program = self.code.program
        for condition in conditions:
            chosen = self._points(condition)
            if not chosen:
                continue
            first, last = chosen[0], chosen[-1]
            if first == last:
                found |= self._reached(first) - MEASURED - {"code"} or self._sized(first)  # it calls what it measures: `memory_usage(f)`
            where = program.scope_id(first)
            for op in range(first + 1, last):
                if program.ops[op].kind == "call" and program.scope_id(op) == where:
                    found |= self._reached(op)
        return found - MEASURED

    def _sized(self, point: int) -> set[str]:
        """Of what the size of a value is taken: what made it."""
        given = self.code.program.positional(point)
        return set(self.code.about(given[0])) if given and "measure.memory" in self.code.meanings.roles(point) else set()

    def _points(self, condition: int) -> list[int]:
        """The measurements of the condition's own scope that it comes from; else those beside the nearest one."""
        scope = self.code.program.scope_id(condition)
        own = self._by_scope.get(scope, [])
        if own:
            back = self.code.flow.reach([condition], back=True, stop=lambda op: self.code.program.scope_id(op) != scope)
            here = [p for p in own if p in back]
            if len(here) == 1 and not self._reached(here[0]) - MEASURED - {"code"}:
                begun = [p for p in own if p < here[0] and not self.code.resolver.uses[p]]  # switched on: `tracemalloc.start()`
                return [*begun[-1:], here[0]]
            if here:
                return here
        source = self._sources.get(condition)
        return self._by_scope[self.code.program.scope_id(source)] if source is not None else []

    def _reached(self, call: int) -> frozenset[str]:
        """What a call runs; `code` when nothing of it has a role."""
        known = self._calls.get(call)
        if known is None:
            known = self._calls[call] = frozenset(run_by(self.graph, self.code, call) or {"code"})
        return known


def run_by(graph: Graph, code: Code, call: int) -> set[str]:
    """The roles of a call and of all that it runs."""
    roles = set(code.meanings.roles(call))
    if call in code.op_node:
        roles |= set(graph.nodes[code.op_node[call]].roles)
    starts = [code.scope_node[number(t)] for t in code.resolver.targets.get(call, ()) if t[0] in ("function", "callback")]
    for node in graph.sweep(starts, RUNS) if starts else ():
        roles |= set(graph.nodes[node].roles)
    return roles


def clause(code: Code, conditions: tuple[int, ...]) -> str:
    """`value` when a check looks at the values, `structure` when it only asks for shape, columns or types, `size` when for no more than
    whether there are rows, or how many."""
    for condition in conditions:
        if not _structural(code, condition):
            return "value"
    return "size" if all(_sizes(code, condition) for condition in conditions) else "structure"


def _sizes(code: Code, condition: int) -> bool:
    """Whether a structural condition asks for nothing but a number of rows: `len(rows) > 0`, `not frame.empty`, `assert rows`."""
    for op in expression(code, condition, 30):
        facts = code.program.ops[op]
        if facts.kind == "comprehension" or (facts.kind == "attribute" and facts.name in STRUCTURE - SIZES):
            return False
        meaning = code.meanings.of(op) if facts.kind == "call" else None
        if meaning is not None and meaning.api in ASKS_STRUCTURE - {"builtins.len"}:
            return False
        if facts.kind == "compare" and isinstance(facts.value, tuple) and {"in", "not in"} & set(facts.value):
            return False
    return True


def _structural(code: Code, op: int, depth: int = 0) -> bool:
    """Whether all that a condition takes from data is structure: every way to its leaves passes a question of structure."""
    facts, args = code.program.ops[op], [a for a in code.program.args[op] if a >= 0]
    if facts.kind == "const" or depth > 12:
        return True
    if facts.kind == "attribute" and facts.name in STRUCTURE:
        return True
    if facts.kind == "call":
        meaning = code.meanings.of(op)
        if meaning is not None and meaning.api in ASKS_STRUCTURE:
            return True
        if meaning is not None and {"data.validate", "data.read"} & set(meaning.roles):
            return False
    if facts.kind == "comprehension" and isinstance(facts.extra, tuple) and facts.extra:  # which of the expected columns are missing
        base = code.program.unit(op).base
        return all(_structural(code, int(test) + base, depth + 1) for test in facts.extra)
    if facts.kind in ("load", "assign", "compare", "boolean", "unary", "call", "attribute", "container", "binary", "subscript", "fstring"):
        if facts.kind == "load" and not args:
            return not {"data.read"} & code.about(op)
        return all(_structural(code, a, depth + 1) for a in args)
    return not {"data.read"} & code.about(op)
