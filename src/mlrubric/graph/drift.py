"""Which comparisons of two samples are measures of drift: those of data of two origins, a reference and what came later.

The same statistics serve other ends: a test of normality has one sample; a comparison by label (the KS of credit scoring) splits one
sample by its target; a divergence between predictions is the loss of a network. None of these is drift.
"""

from __future__ import annotations

import re

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.definitions import origin
from mlrubric.graph.distances import Distances
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.samples import Origins
from mlrubric.graph.statistics import bare, uncorrected

NAMED = re.compile(
    r"_*((calc|calculate|compute|get|measure)_)?"
    r"(psi|population_stability(_index)?|kl_div(ergence)?|js_div(ergence)?|jensen_shannon(_distance|_divergence)?"
    r"|ks_(test|drift)|drift_score|detect_(data_|feature_)?drift|csi|characteristic_stability(_index)?)(_\w+)?",
    re.IGNORECASE,
)
LEARNS = frozenset({"model.loss", "model.fit"})
DISTANCE = "data.distance"


def mark_drift(graph: Graph, code: Code) -> None:
    """`data.drift` on comparisons of two origins: statistics of libraries, algebra by hand, functions that are called so;
    `bins` on those that an empty bin makes infinite, `each` on tests that are repeated without a correction for their number."""
    distances = Distances(code)
    origins = Origins(graph, code, distances)
    seen: set[int] = set()
    for node in graph.with_role(DISTANCE):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or _learns(code, op):
            continue
        sides = _sides(code, meaning.arguments)
        if sides is not None and (origins.two(*sides) or origin(code, sides[0]) == origin(code, sides[1])):
            graph.give(node, "data.drift")
            _operands(graph, origins, node, *sides)
            if uncorrected(code, op):
                graph.nodes[node].attributes["each"] = "alone"
            seen.add(code.program.scope_id(op))
    for distance in distances.all:
        if not _learns(code, distance.op) and origins.two(distance.first, distance.second):
            node = code.node_for(graph, distance.op, distance.form, ("data.drift",), "", by_hand=distance.form)
            graph.give(node, "data.drift")
            _operands(graph, origins, node, distance.first, distance.second)
            if bare(code, distance):
                graph.nodes[node].attributes["bins"] = "bare"
            seen.add(code.program.scope_id(distance.op))
    for scope, facts in enumerate(code.program.scopes):
        if facts.kind == "function" and NAMED.fullmatch(facts.name) and scope not in seen:
            _named(graph, code, origins, scope)


def _named(graph: Graph, code: Code, origins: Origins, scope: int) -> None:
    """A function that is called like a measure of drift, compares two parameters and gives back what it found."""
    params = [p for p in code.program.params(scope) if code.program.ops[p].name not in ("self", "cls")][:2]
    if len(params) < 2 or is_test_code(code.program.modules[code.program.scope_unit[scope]].path):
        return
    runs = graph.sweep([code.scope_node[scope]], RUNS)
    if any("data.drift" in graph.nodes[n].roles for n in runs) or not origins.two(params[0], params[1]):
        return
    for returned in code.program.returns(scope):
        if not _learns(code, returned):
            node = code.node_for(graph, returned, code.program.scopes[scope].name, ("data.drift",), "", by_hand="named")
            _operands(graph, origins, node, params[0], params[1])


def _operands(graph: Graph, origins: Origins, node: int, first: int, second: int) -> None:
    said = origins.said(first, second)
    if said != "two":
        graph.nodes[node].attributes["operands"] = said


def _sides(code: Code, arguments: dict[str, int]) -> tuple[int, int] | None:
    """The two operands of a statistic: two arguments, or a table that is put together from two rows."""
    first, second = arguments.get("@reference", -1), arguments.get("@current", -1)
    if first >= 0 and second >= 0:
        return first, second
    table = arguments.get("@data", -1)
    if table < 0:
        return None
    for _ in range(4):
        made = origin(code, table)
        facts, args = code.program.ops[made], code.program.args[made]
        if facts.kind == "container" and len(args) == 2 and min(args) >= 0:
            return args[0], args[1]
        given = code.program.positional(made) if facts.kind == "call" else ()
        if not given:
            return None
        table = given[0]
    return None


def _learns(code: Code, op: int) -> bool:
    """Whether a divergence is a loss: what a network is trained with."""
    return any(LEARNS & code.meanings.roles(o) for o in code.flow.reach([op]) if o != op)
