"""Roles that follow from the flow of data alone: what a check is about, what was timed."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.values import number

ORDERING = frozenset({"<", ">", "<=", ">="})
SAME = frozenset(
    {
        "isclose",
        "allclose",
        "assert_allclose",
        "assert_almost_equal",
        "array_equal",
        "assert_array_equal",
        "assertequal",
        "assertalmostequal",
        "equals",
        "assert_frame_equal",
        "assert_close",
    }
)
STRUCTURE = frozenset(["empty", "shape", "columns", "dtypes", "dtype", "size", "ndim", "index", "keys"])
ASKS_STRUCTURE = frozenset({"builtins.len", "builtins.isinstance", "builtins.type", "builtins.hasattr", "builtins.issubclass"})
MEASURED = frozenset({"measure.time", "measure.memory"})
OWN = frozenset({"boolean", "unary", "load", "assign", "call", "attribute", "binary", "compare", "subscript", "conditional"})


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
    if _twice(code, conditions):
        found.append("check.repeat")
    if "model.evaluate" in about or (ordered and about & {"model.predict", "run.read"}):
        found.append("model.compare")
    elif "model.predict" in about:
        found.append("check.prediction")
    elif about & {"model.fit", "model.build", "model.load"}:
        found.append("check.model")
    elif about & {"data.read", "artifact.download"}:
        found.append("data.validate")
    return found


def expression_of(code: Code, condition: int, most: int = 60) -> list[int]:
    """The operations of a condition's own expression, calls and loads followed inside the scope."""
    waiting, found = [condition], list[int]()
    while waiting and len(found) < most:
        op = waiting.pop()
        found.append(op)
        if code.program.ops[op].kind in OWN:
            waiting.extend(a for a in code.program.args[op] if a >= 0)
    return found


def compares(code: Code, condition: int) -> bool:
    """Whether a condition compares by size, or nearly, somewhere in its own expression."""
    for op in expression_of(code, condition):
        facts = code.program.ops[op]
        if facts.kind == "compare" and isinstance(facts.value, tuple) and ORDERING & set(facts.value):
            return True
    return False


def _twice(code: Code, conditions: tuple[int, ...]) -> bool:
    """Whether a condition, or an assertion over two values, compares the outcomes of two trainings."""
    if len(conditions) > 1:
        first, second = _fits(code, conditions[0]), _fits(code, conditions[1])
        if first and second and not first & second:
            return True
    for condition in conditions:
        for op in expression_of(code, condition):
            operands = [a for a in code.program.args[op] if a >= 0]
            if not _equates(code, op, operands):
                continue
            fits = [_fits(code, a) for a in operands[-2:]]
            if len(fits) == 2 and fits[0] and fits[1] and fits[0] != fits[1] and not fits[0] & fits[1]:
                return True
    return False


def _equates(code: Code, op: int, operands: list[int]) -> bool:
    """Whether an operation asks if two values are the same, exactly or nearly."""
    facts = code.program.ops[op]
    if facts.kind == "compare":
        return facts.value == ("==",)
    return facts.kind == "call" and bool(operands) and code.program.ops[operands[0]].name.lower() in SAME


def _fits(code: Code, op: int) -> frozenset[int]:
    """The trainings that an operand comes from, inside its scope; calls into the project that train count by their call."""
    scope = code.program.scope_id(op)
    found: set[int] = set()
    for back in code.flow.reach([op], back=True, stop=lambda o: code.program.scope_id(o) != scope):
        if code.program.scope_id(back) != scope:
            continue
        if "model.fit" in code.meanings.roles(back) or (
            code.program.ops[back].kind == "call"
            and any(t[0] == "function" for t in code.resolver.targets.get(back, ()))
            and "model.fit" in code.about(back)
        ):
            found.add(back)
    return frozenset(found)


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
                found |= self._reached(first) - {"code"}  # it calls what it measures: `memory_usage(f)`
            where = program.scope_id(first)
            for op in range(first + 1, last):
                if program.ops[op].kind == "call" and program.scope_id(op) == where:
                    found |= self._reached(op)
        return found - MEASURED

    def _points(self, condition: int) -> list[int]:
        """The measurements of the condition's own scope that it comes from; else those beside the nearest one."""
        scope = self.code.program.scope_id(condition)
        own = self._by_scope.get(scope, [])
        if own:
            back = self.code.flow.reach([condition], back=True, stop=lambda op: self.code.program.scope_id(op) != scope)
            here = [p for p in own if p in back]
            if len(here) == 1 and not self._reached(here[0]) - MEASURED - {"code"}:
                return [p for p in own if p <= here[0]]  # it was switched on before: `tracemalloc.start()`
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
    starts = [code.scope_node[number(t)] for t in code.resolver.targets.get(call, ()) if t[0] in ("function", "callback")]
    for node in graph.sweep(starts, RUNS) if starts else ():
        roles |= set(graph.nodes[node].roles)
    return roles


def clause(code: Code, conditions: tuple[int, ...]) -> str:
    """`structure` when a check only asks for shape, columns, types or emptiness, `value` when it looks at the values."""
    for condition in conditions:
        if not _structural(code, condition):
            return "value"
    return "structure"


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
    if facts.kind in ("load", "assign", "compare", "boolean", "unary", "call", "attribute", "container", "binary", "subscript"):
        if facts.kind == "load" and not args:
            return not {"data.read"} & code.about(op)
        return all(_structural(code, a, depth + 1) for a in args)
    return not {"data.read"} & code.about(op)
