"""The worth of features: what a fitted model says of it, selectors inside pipelines, and evaluations repeated with other columns left in.

A sweep is found by flow: what a fit learns from is picked by columns that differ from pass to pass (of a loop, a comprehension, a
parametrized test), its target is the same each time, and an evaluation follows. Folds and rows picked by a mask pick the target as well;
a loop over settings picks no columns.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.graph.code import Code
from mlrubric.graph.column_lists import parametrized
from mlrubric.graph.derive import run_by
from mlrubric.graph.graph import Graph
from mlrubric.graph.values import number

SAYS = frozenset({"feature_importances_", "feature_importance_"})
WORTH = "feature.importance"
COMPARES = frozenset({"compare", "boolean", "unary"})
NEAR = COMPARES | {
    "load",
    "assign",
    "container",
    "binary",
    "call",
    "comprehension",
    "subscript",
    "attribute",
    "conditional",
    "dict",
    "fstring",
}


def mark_worth(graph: Graph, code: Code) -> None:
    """`feature.importance` on attributes that hold importances, and on evaluations of a sweep over columns; `sweep` on the latter, and
    `pruned` on trainings of a pipeline that has a selector in it."""
    for op in code.program.of_kind("attribute"):
        if code.program.ops[op].name in SAYS and _stands_alone(code, op):
            code.node_for(graph, op, code.program.ops[op].name, (WORTH,))
    for op in _sweeps(graph, code):
        node = code.node_for(graph, op, "evaluation without some of the columns", (WORTH,))
        graph.give(node, WORTH)
        graph.nodes[node].attributes["sweep"] = "true"
    for node in graph.with_role("model.fit"):
        fit = code.node_op.get(node)
        receiver = code.program.receiver(fit) if fit is not None else -1
        if fit is not None and receiver >= 0 and _selects(code, receiver):
            graph.give(node, WORTH)
            graph.nodes[node].attributes["pruned"] = "true"


def _stands_alone(code: Code, op: int) -> bool:
    """Read, not set by a class of the project that offers it, and not on `self`."""
    receiver = code.program.args[op][0]
    return code.program.ops[receiver].name != "self"


def _selects(code: Code, model: int) -> bool:
    """Whether a pipeline that is fitted has a selector among its steps."""
    waiting, seen = [model], {model}
    while waiting and len(seen) < 60:
        op = waiting.pop(0)
        meaning = code.meanings.of(op)
        if meaning is not None and meaning.entry is not None and WORTH in meaning.entry.measures:
            return True
        if op != model and meaning is not None and "model.build" not in meaning.roles and "transform.build" not in meaning.roles:
            continue
        for before in (*code.program.args[op], *code.resolver.reads.get(op, ()), *code.resolver.results.get(op, ())):
            if before >= 0 and before not in seen and code.program.ops[before].kind not in ("function", "class", "import"):
                seen.add(before)
                waiting.append(before)
    return False


# ---- sweeps over columns -----------------------------------------------------------------------------------------------


def _sweeps(graph: Graph, code: Code) -> list[int]:
    found: set[int] = set()
    inner = _Passes(code)
    for node in graph.with_role("model.fit"):
        fit = code.node_op.get(node)
        meaning = code.meanings.of(fit) if fit is not None else None
        if fit is None or meaning is None or not {"@data", "@target"} <= meaning.arguments.keys():
            continue
        behind = code.flow.reach([meaning.arguments["@data"]], back=True)
        varied = [op for op in behind if _picks(code, op)]
        passes = [op for op in behind if code.program.ops[op].kind in ("element", "param")] if varied else []
        if not passes:
            continue
        target = _behind_target(code, meaning.arguments["@target"])
        passes = [op for op in passes if op not in target and _runs_again(code, op)]
        by = next((p for pick in varied if (p := inner.varied_by(pick, passes)) >= 0), -1)
        if by >= 0:
            after = code.flow.reach([fit])
            for op in _inside(code, by, own_only=True):
                called = code.program.ops[op].kind == "call" and (op in after or op == fit)
                if called and "model.evaluate" in run_by(graph, code, op):
                    found.add(op)
    return sorted(found)


def _behind_target(code: Code, target: int) -> set[int]:
    """What a target comes from: through a split, by its own part of what was split."""
    roles = code.meanings.roles
    found: set[int] = set()
    waiting = [target]
    while waiting:
        start = waiting.pop()
        reached = code.flow.reach([start], back=True, stop=lambda o: "data.split" in roles(o))
        for op in reached:
            facts, args = code.program.ops[op], code.program.args[op]
            if facts.kind != "unpack" or "data.split" not in roles(args[0]) or not isinstance(facts.value, int):
                continue
            given = code.program.positional(args[0])
            part = facts.value // 2
            if 0 <= part < len(given) and given[part] not in found:
                waiting.append(given[part])
        found |= reached.keys()
    return found


def _picks(code: Code, op: int) -> bool:
    return bool(_index(code, op))


def _index(code: Code, op: int) -> list[int]:
    """The operations that say which columns are picked or dropped, where they are not written out."""
    program = code.program
    facts, args = program.ops[op], program.args[op]
    chosen: Iterable[int] = ()
    if facts.kind == "subscript" and len(args) == 2:
        chosen = (args[1],)
        if args[1] >= 0 and program.ops[args[1]].kind == "container" and program.ops[args[1]].value == "tuple":
            chosen = program.args[args[1]][1:]
    elif facts.kind == "call" and args[0] >= 0 and program.ops[args[0]].name in ("drop", "select", "filter"):
        chosen = (*program.positional(op)[:1], program.keyword(op, "columns", "labels", "items"))
    elif facts.kind == "call" and args[0] >= 0 and program.ops[args[0]].name in ("delete", "take") and _by_columns(code, op):
        chosen = program.positional(op)[1:2]
    return [i for i in chosen if i >= 0 and program.ops[i].kind not in ("const", "slice", *COMPARES)]


def _by_columns(code: Code, op: int) -> bool:
    """`axis=1`, by name or as the third argument."""
    axis = code.program.keyword(op, "axis")
    given = code.program.positional(op)
    axis = given[2] if axis < 0 and len(given) > 2 else axis
    return axis >= 0 and code.program.ops[axis].value == 1


class _Passes:
    """What varies in loops, asked once for each pick and each variable: trainings share them."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._run: dict[int, set[int]] = {}  # variable -> what runs once for each of its values
        self._behind: dict[int, dict[int, int]] = {}  # pick -> what its columns come from

    def varied_by(self, pick: int, passes: list[int]) -> int:
        """What changes from pass to pass and says which columns a pick made in that pass takes, or -1."""
        return next((op for op in passes if pick in self._inside(op) and op in self._columns(pick)), -1)

    def _inside(self, varying: int) -> set[int]:
        if varying not in self._run:
            self._run[varying] = _inside(self._code, varying)
        return self._run[varying]

    def _columns(self, pick: int) -> dict[int, int]:
        if pick not in self._behind:
            self._behind[pick] = self._code.flow.reach(_index(self._code, pick), back=True)
        return self._behind[pick]


def _runs_again(code: Code, op: int) -> bool:
    if code.program.ops[op].kind == "param":
        return bool(parametrized(code, op))
    return True


def _inside(code: Code, varying: int, own_only: bool = False) -> set[int]:
    """The operations that run once for every value of a loop's variable, a comprehension's, or a test's parameter."""
    program = code.program
    unit = program.unit(varying)
    scope = program.scope_id(varying)
    own: set[int] = set()
    if program.ops[varying].kind == "param":
        own = {op for op in range(unit.base, unit.base + len(unit.facts.ops)) if program.scope_id(op) == scope}
    else:
        iterable = program.args[varying][0]
        loops = {n + unit.block_base for n, b in enumerate(unit.facts.blocks) if b.kind == "for" and b.test + unit.base == iterable}
        if loops:
            own = {op for op in range(varying, unit.base + len(unit.facts.ops)) if loops & set(program.blocks_around(op))}
        else:
            own = _of_comprehension(code, varying)
    if own_only:
        return own
    waiting = [op for op in own if program.ops[op].kind == "call"]
    scopes: set[int] = set()
    by_scope: dict[int, list[int]] = {}
    while waiting:
        call = waiting.pop()
        for target in code.resolver.targets.get(call, ()):
            if target[0] in ("function", "callback") and number(target) not in scopes and len(scopes) < 12:
                inner = number(target)
                scopes.add(inner)
                by_scope[inner] = _ops_of(code, inner)
                waiting.extend(op for op in by_scope[inner] if program.ops[op].kind == "call")
    return own.union(*by_scope.values()) if by_scope else own


def _ops_of(code: Code, scope: int) -> list[int]:
    unit = code.program.modules[code.program.scope_unit[scope]]
    return [op for op in range(unit.base, unit.base + len(unit.facts.ops)) if code.program.scope_id(op) == scope]


def _of_comprehension(code: Code, element: int) -> set[int]:
    """The expression of the comprehension that an element belongs to: the widest that uses it."""
    program, widest = code.program, set[int]()
    targets = [op for op in code.flow.forward[element] if program.ops[op].kind in ("assign", "unpack")]
    targets += [o for t in targets for o in code.flow.forward[t] if program.ops[o].kind == "assign"]
    for op in range(element, min(element + 400, len(program.ops))):
        if program.ops[op].kind != "comprehension" or program.scope_id(op) != program.scope_id(element):
            continue
        extra = program.ops[op].extra
        tests = [int(t) + program.unit(op).base for t in extra] if isinstance(extra, tuple) else []
        inside, waiting = set[int](), [*program.args[op], *tests]
        while waiting:
            here = waiting.pop()
            if here >= 0 and here not in inside and here > element:
                inside.add(here)
                if program.ops[here].kind in NEAR:
                    waiting.extend(program.args[here])
        if len(inside) > len(widest) and any(program.ops[o].kind == "load" and set(program.args[o]) & set(targets) for o in inside):
            widest = inside
    return widest
