"""Which rows are selected for a measure of quality: by a condition, in a loop or side by side, by groups, by the cases of a test."""

from __future__ import annotations

from collections.abc import Mapping

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin
from mlrubric.graph.derive import run_by
from mlrubric.graph.graph import Graph
from mlrubric.graph.twice import OWN, expression

MASKED = "rows.selected"
PART = "rows.part"
ASKS = frozenset(
    ["apply", "map", "isin", "between", "contains", "startswith", "endswith", "match", "fullmatch", "eq", "ne", "lt", "gt", "le", "ge"]
)
"""Methods of columns that say of each row whether it is meant."""


def slices(graph: Graph, code: Code) -> dict[int, str]:
    """Selections of rows by a condition on the rows, made several times over the same frame: in a loop, or side by side. Those side by
    side that a fit learns from are the parts of a split."""
    program = code.program
    by_frame: dict[tuple[int, object], list[int]] = {}
    found: dict[int, str] = {}
    learnt: Mapping[int, int] | None = None
    for op, facts in enumerate(program.ops):
        if facts.kind != "subscript" or len(program.args[op]) < 2:
            continue
        frame, index = _frame(code, op), program.args[op][1]
        if index < 0 or not (_is_mask(code, frame, index) or _is_held_mask(code, index)):
            continue
        if _repeated(code, op):
            found[op] = MASKED
            continue
        where = -1 - program.unit(op).index if code.tested(op) else program.scope_id(op)  # the tests of a file are one beside the other
        by_frame.setdefault((where, program.ops[frame].name), []).append(op)
    for members in by_frame.values():
        if len(members) > 1 or len(code.resolver.callers.get(program.scope_id(members[0]), ())) > 1:
            if learnt is None:
                learnt = code.flow.reach(_fits(graph, code), back=True)
            if not any(op in learnt for op in members):
                found.update(dict.fromkeys(members, MASKED))
        elif code.tested(members[0]):
            found[members[0]] = PART  # a slice only if it is held against the whole
    for op, meaning in code.meanings.all().items():
        grouped = meaning.api.endswith(".groupby") and _measured_by_group(graph, code, op)
        if grouped or (meaning.api.endswith(".query") and _repeated(code, op)):
            found[op] = MASKED
    return found


def _fits(graph: Graph, code: Code) -> list[int]:
    """What trainings learn from."""
    found: list[int] = []
    for node in graph.with_role("model.fit"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if meaning is not None and op is not None:
            found.append(meaning.arguments.get("@data", op))
    return found


def of_some_rows(code: Code, measured: int) -> bool:
    """Whether an evaluation looks at predictions for selected rows, and at the target of the same. What a model of our own does with rows
    while it predicts is no slice, nor are the rows of one class."""
    about = code.about(measured)
    if MASKED not in about or "model.predict" not in about:
        return False
    meaning = code.meanings.of(measured)
    target = meaning.arguments.get("@target", -1) if meaning is not None else -1
    return target < 0 or (MASKED in code.about(target) and not _by_class(code, target))


def _by_class(code: Code, target: int) -> bool:
    """Whether the rows of a target are selected by the target itself."""
    program = code.program
    made = origin(code, target)
    column: object = None
    if program.ops[made].kind == "subscript" and len(program.args[made]) > 1 and program.ops[program.args[made][1]].kind == "const":
        column = program.ops[program.args[made][1]].value  # of a frame of selected rows
        made = origin(code, program.args[made][0])
    if program.ops[made].kind != "subscript" or len(program.args[made]) < 2:
        return False
    name = program.ops[_frame(code, made)].name
    for op in _compared(code, program.args[made][1]):
        facts = program.ops[op]
        if column is None and facts.kind == "load" and facts.name == name:
            return True
        if column is not None and facts.kind == "const" and facts.value == column:
            return True
    return False


def _compared(code: Code, index: int) -> list[int]:
    """The operations of the comparisons that a selection is made by, through a name that they are bound to."""
    return expression(code, origin(code, index), 20)


def _frame(code: Code, selection: int) -> int:
    """What rows are selected from: `frame[...]` and `frame.loc[...]` alike."""
    target = code.program.args[selection][0]
    facts = code.program.ops[target]
    return (
        code.program.args[target][0]
        if facts.kind == "attribute" and facts.name in ("loc", "iloc") and code.program.args[target]
        else target
    )


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
    compares = any(
        code.program.ops[o].kind == "compare" or (code.program.ops[o].kind == "attribute" and code.program.ops[o].name in ASKS)
        for o in inside
    )
    return compares and any(code.program.ops[o].kind == "load" and code.program.ops[o].name == name for o in inside)


def _is_held_mask(code: Code, index: int) -> bool:
    """Whether an index is a comparison, or a name for one, or for the numbers of the rows that meet a condition."""
    made = origin(code, index)
    facts = code.program.ops[made]
    if facts.kind == "comprehension":
        return facts.extra is not None
    if facts.kind == "unary" or (facts.kind == "binary" and facts.name in ("&", "|")):
        return any(_is_held_mask(code, a) for a in code.program.args[made] if a >= 0)
    return facts.kind == "compare"


def _repeated(code: Code, op: int) -> bool:
    """Whether an operation runs in a loop, for several parameters of a test, or in a function that is called so."""
    scope = code.program.scope_id(op)
    if code.flow.loop(op) >= 0 or _parametrized(code, scope):
        return True
    callers = code.resolver.callers.get(scope, set())
    return any(code.flow.loop(c) >= 0 or _parametrized(code, code.program.scope_id(c)) for c in callers)


def _parametrized(code: Code, scope: int) -> bool:
    """Whether a test is run once for each of several parameters."""
    program = code.program
    if program.scopes[scope].kind != "function":
        return False
    return any("test.parametrize" in code.meanings.roles(d) for d in program.decorators(program.definition(scope)))
