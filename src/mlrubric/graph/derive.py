"""Roles that follow from the flow of data alone: what a check is about, what was timed, which rows were selected."""

from __future__ import annotations

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.twice import OWN, expression, twice
from mlrubric.graph.values import number

ORDERING = frozenset({"<", ">", "<=", ">="})
STRUCTURE = frozenset(["empty", "shape", "columns", "dtypes", "dtype", "size", "ndim", "index", "keys"])
ANSWERS = frozenset({"status_code", "ok", "returncode", "reason", "is_success"})
SIZES = frozenset({"empty", "size"})
ASKS_STRUCTURE = frozenset({"builtins.len", "builtins.isinstance", "builtins.type", "builtins.hasattr", "builtins.issubclass"})
MEASURED = frozenset({"measure.time", "measure.memory"})
MASKED = "rows.selected"


def derived_roles(code: Code, conditions: tuple[int, ...], about: set[str]) -> list[str]:
    """The roles of a check, from what flows into its condition, never from its name."""
    ordered = any(compares(code, c) for c in conditions)
    if about & MEASURED:  # a moment that is merely kept in what is compared is no budget
        return ["check.cost"] if ordered else []
    found: list[str] = []
    if "model.fairness" in about:
        found.append("check.fairness")
    if "model.slice" in about:
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
    elif about & {"data.read", "artifact.download"} and not any(_apart(code, c) or _answered(code, c) for c in conditions):
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
    """Whether a condition compares by size, or nearly, somewhere in its own expression."""
    for op in expression(code, condition):
        facts = code.program.ops[op]
        if facts.kind == "compare" and isinstance(facts.value, tuple) and ORDERING & set(facts.value):
            return True
    return False


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
    if call in code.op_node:
        roles |= set(graph.nodes[code.op_node[call]].roles)
    starts = [code.scope_node[number(t)] for t in code.resolver.targets.get(call, ()) if t[0] in ("function", "callback")]
    for node in graph.sweep(starts, RUNS) if starts else ():
        roles |= set(graph.nodes[node].roles)
    return roles


def slices(graph: Graph, code: Code) -> dict[int, str]:
    """Selections of rows by a condition on the rows, made several times over the same frame: in a loop, or side by side."""
    program = code.program
    by_frame: dict[tuple[int, object], list[int]] = {}
    found: dict[int, str] = {}
    for op, facts in enumerate(program.ops):
        if facts.kind != "subscript" or len(program.args[op]) < 2:
            continue
        target, index = program.args[op][:2]
        if index < 0 or not _is_mask(code, target, index):
            continue
        if _repeated(code, op):
            found[op] = MASKED
        where = -1 - program.unit(op).index if code.tested(op) else program.scope_id(op)  # the tests of a file are one beside the other
        key = (where, program.ops[target].name)
        by_frame.setdefault(key, []).append(op)
    for members in by_frame.values():
        if len(members) > 1:
            found.update(dict.fromkeys(members, MASKED))
    for members in by_frame.values():
        if len(members) == 2 and _at_a_border(code, members) and _learnt_from(code, members):
            for op in members:
                found.pop(op, None)
    for op, meaning in code.meanings.all().items():
        grouped = meaning.api.endswith(".groupby") and _measured_by_group(graph, code, op)
        asked = meaning.api.endswith(".query") and "data.read" not in meaning.roles  # rows of a frame, no question to a store
        if grouped or (asked and _repeated(code, op)):
            found[op] = MASKED
    return found


def _measured_by_group(graph: Graph, code: Code, groups: int) -> bool:
    """Whether quality is measured in each group: predictions are grouped, or the groups are walked or applied to with an evaluation
    inside."""
    program = code.program
    for op in code.flow.reach([groups], back=True):
        if "model.predict" in code.meanings.roles(op):
            return True
    near, frontier = {groups}, [groups]
    for _ in range(4):  # the groups themselves: held by a name, iterated over, or the receiver of a call
        frontier = [f for op in frontier for f in code.flow.after(op) if f not in near and program.ops[f].kind in OWN | {"element", "phi"}]
        near.update(frontier)
    loops = {code.flow.loop(f) for op in near if program.ops[op].kind == "element" for f in code.flow.after(op)} - {-1}
    calls = [op for op in near if program.ops[op].kind == "call" and op != groups]
    if loops:
        calls += [op for op in range(len(program.ops)) if program.ops[op].kind == "call" and code.flow.loop(op) in loops]
    return any("model.evaluate" in run_by(graph, code, call) for call in calls)


def _at_a_border(code: Code, selections: list[int]) -> bool:
    """Whether two selections are the two sides of a border that is no constant: before and after a day, below and above a quantile."""
    sides: list[str] = []
    for selection in selections:
        for op in expression(code, code.program.args[selection][1], 20):
            facts = code.program.ops[op]
            if facts.kind == "compare" and isinstance(facts.value, tuple) and len(facts.value) == 1:
                if code.program.ops[code.program.args[op][-1]].kind == "const":
                    return False
                sides.append(str(facts.value[0])[:1])
                break
    return sorted(sides) == ["<", ">"]


def _learnt_from(code: Code, selections: list[int]) -> bool:
    """Whether a fit learns from one of the selections of a frame: then they are the parts of a split, no slices."""
    return any("model.fit" in code.meanings.roles(op) for op in code.flow.reach(selections))


def _is_mask(code: Code, target: int, index: int) -> bool:
    """Whether an index is a comparison over the same variable that is indexed."""
    name = code.program.ops[target].name
    inside = expression(code, index, 20)
    if code.program.ops[index].kind == "load" and not any(code.program.ops[o].kind == "compare" for o in inside):
        scope = code.program.scope_id(index)  # one of several conditions that a container holds
        held = code.flow.reach(
            [index], back=True, stop=lambda o: code.program.ops[o].kind == "compare" or code.program.scope_id(o) != scope
        )
        inside = [o for one in sorted(held) if code.program.ops[one].kind == "compare" for o in expression(code, one, 20)]
    compares = any(code.program.ops[o].kind == "compare" for o in inside)
    return compares and any(code.program.ops[o].kind == "load" and code.program.ops[o].name == name for o in inside)


def _repeated(code: Code, op: int) -> bool:
    """Whether an operation runs in a loop, or in a function that is called in one or from several places."""
    if code.flow.loop(op) >= 0 or _parametrized(code, code.program.scope_id(op)):
        return True
    callers = code.resolver.callers.get(code.program.scope_id(op), set())
    return len(callers) > 1 or any(code.flow.loop(c) >= 0 for c in callers)


def _parametrized(code: Code, scope: int) -> bool:
    """Whether a test is run once for each of several parameters."""
    program = code.program
    if program.scopes[scope].kind != "function" or not is_test_code(program.modules[program.scope_unit[scope]].path):
        return False
    return any(
        program.ops[d].kind == "call" and program.ops[program.args[d][0]].name == "parametrize"
        for d in program.decorators(program.definition(scope))
    )


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
        if facts.kind == "attribute" and facts.name in STRUCTURE - SIZES:
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
    if facts.kind in ("load", "assign", "compare", "boolean", "unary", "call", "attribute", "container", "binary", "subscript"):
        if facts.kind == "load" and not args:
            return not {"data.read"} & code.about(op)
        return all(_structural(code, a, depth + 1) for a in args)
    return not {"data.read"} & code.about(op)
