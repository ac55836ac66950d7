"""What flows into each operation, as roles; what a check is about; flow edges between the operations that mean something."""

from __future__ import annotations

from collections.abc import Collection

from mlrubric.graph.addressed import mark_addressed
from mlrubric.graph.agreements import agrees
from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.contract import connect_flow
from mlrubric.graph.derive import MEASURED, Timing, clause, derived_roles
from mlrubric.graph.drift import mark_drift
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.measured import measured_reads
from mlrubric.graph.opened import mark_opened
from mlrubric.graph.rivals import mark_rivals, naive_guesses
from mlrubric.graph.slice_columns import mark_slice_columns
from mlrubric.graph.slicing import MASKED, of_some_rows, slices
from mlrubric.graph.suites import mark_measures
from mlrubric.graph.verdicts import mark_verdicts
from mlrubric.graph.worth import mark_worth
from mlrubric.graph.written import MADE, mark_written

COMING_IN = frozenset({"data.read", "artifact.download", "feature.serve"})
NOT_SOURCES = frozenset({"test.case", "test.assert", "check", "random.use", "random.seed", "data.derive", "process.exit"})


def label(graph: Graph, code: Code) -> None:
    """Give checks their derived roles and what they are about, and connect the meaningful operations by flow."""
    mark_addressed(graph, code)
    mark_opened(graph, code)
    mark_drift(graph, code)
    mark_measures(graph, code)
    mark_worth(graph, code)
    mark_written(graph, code)
    roles = sorted({r for n in code.node_op for r in graph.nodes[n].roles} - NOT_SOURCES)
    code.roles = roles
    index = {role: 1 << i for i, role in enumerate(roles)}
    labels: dict[int, int] = {}
    for node, op in code.node_op.items():
        bits = sum(index[r] for r in graph.nodes[node].roles if r in index)
        if bits:
            labels[op] = bits
    selections = slices(graph, code)
    for selected, extra in selections.items():
        labels[selected] = labels.get(selected, 0) | (index.setdefault(extra, 1 << len(index)))
    for node in graph.with_role("model.slice"):  # a library's slices are rows that were selected
        if node in code.node_op:
            labels[code.node_op[node]] = labels.get(code.node_op[node], 0) | index.setdefault(MASKED, 1 << len(index))
    if len(index) > len(roles):
        roles.extend(r for r in index if r not in roles)
    stops = {op: index.get(MASKED, 0) for op in _learning(graph, code)}
    code.bits = code.flow.carry(labels, stops)
    for node in graph.with_role("model.evaluate"):
        measured = code.node_op.get(node)
        windows = "data.report" in graph.nodes[node].roles  # reports over windows of time are no slices
        if measured is not None and not windows and of_some_rows(code, measured):
            graph.give(node, "model.slice")
    for node in naive_guesses(graph, code):
        graph.give(node, "model.baseline")
    _relabel(graph, code, labels, index, stops)
    reading = graph.sweep(graph.with_role(*COMING_IN), RUNS, back=True)
    timing, made = Timing(graph, code), _inventions(graph, code)
    for node, check in code.check_of.items():
        about: set[str] = set()
        for condition in check.conditions:
            about |= code.about(condition)
        if is_test_code(graph.nodes[node].place.path) and not _reads(graph, code, node, reading):
            about -= COMING_IN
        if MADE in about and not about & COMING_IN and _made_up(code, check.conditions, made):
            graph.nodes[node].attributes["rows"] = "made up"
        if about & MEASURED:
            graph.nodes[node].attributes["timed"] = " ".join(sorted(timing.roles(check.conditions)))
        graph.nodes[node].about = frozenset(about)
        graph.nodes[node].attributes["reads"] = "true" if about & COMING_IN else "false"
        for role in derived_roles(code, check.conditions, about):
            graph.give(node, role)
        if "data.validate" in graph.nodes[node].roles and check.form != "call":
            graph.nodes[node].attributes["clause"] = clause(code, check.conditions)
            if agrees(code, check.conditions):
                graph.nodes[node].attributes["agrees"] = "true"
    for node in list(code.node_op):
        if node not in code.check_of:
            graph.nodes[node].about = code.about(code.node_op[node])
    mark_verdicts(graph, code)
    mark_slice_columns(graph, code, selections)
    connect_flow(graph, code)
    mark_rivals(graph, code)


def _reads(graph: Graph, code: Code, check: int, reading: Collection[int]) -> bool:
    """Whether a test that runs the check reads data itself: what other callers hand to the same functions is not what it looks at."""
    holder = code.holder(code.node_op[check])
    return holder in reading or any(e.source in reading for e in graph.predecessors(holder, RUNS))


def _made_up(code: Code, conditions: tuple[int, ...], made: frozenset[int]) -> bool:
    """Whether rows that the project itself makes up, not its tests, flow into a condition."""
    return not made.isdisjoint(code.flow.reach(conditions, back=True))


def _inventions(graph: Graph, code: Code) -> frozenset[int]:
    """The operations outside of tests that make up rows."""
    ops = (code.node_op[node] for node in graph.with_role(MADE) if node in code.node_op)
    return frozenset(op for op in ops if not code.tested(op))


def _learning(graph: Graph, code: Code) -> list[int]:
    """Operations beyond which a selection of rows says nothing about an evaluation any more."""
    return [
        code.node_op[n]
        for n in graph.with_role("model.fit", "model.build", "transform.fit", "data.split", "data.write", "model.save")
        if n in code.node_op
    ]


def _relabel(graph: Graph, code: Code, labels: dict[int, int], index: dict[str, int], stops: dict[int, int]) -> None:
    """Carry on the roles that were found by what flows in: a metric by slice, the quality of a guess, a quality read from a file."""
    found = False
    for role in ("model.slice", "model.baseline"):
        bit = index.setdefault(role, 1 << len(index))
        if role not in code.roles:
            code.roles.append(role)
        for node in graph.with_role(role):
            op = code.node_op.get(node)
            if op is not None and not labels.get(op, 0) & bit:
                labels[op] = labels.get(op, 0) | bit
                found = True
    if found:
        code.bits, found = code.flow.carry(labels, stops), False
    for role in ("model.evaluate", "model.slice", "model.baseline"):
        bit = index.get(role, 0) | (index.get(MASKED, 0) if role == "model.slice" else 0)
        for op in measured_reads(graph, code, role) if bit else ():
            labels[op] = labels.get(op, 0) | bit
            found = True
    if found:
        code.bits = code.flow.carry(labels, stops)
