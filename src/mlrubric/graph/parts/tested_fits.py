"""Tests that fit a transformer on the very rows which they then ask a trained model about: it was trained on
what another fit gave."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.parts.learners import scales
from mlrubric.graph.parts.seen import Seen

FITS = frozenset({"transform.fit", "transform.fit_apply"})
SAID = frozenset({"load", "param"})


def mark_tested_fits(seen: Seen) -> None:
    """`fits_on` = asked on such fits in test code; what somebody wrote down or made up is fitted on, no data that is read."""
    code, graph = seen.code, seen.world.graph
    everything = code.meanings.all()
    fits = [op for op, meaning in sorted(everything.items()) if FITS & set(meaning.roles) and code.tested(op) and scales(code, meaning)]
    asks = [op for op, meaning in everything.items() if "model.predict" in meaning.roles and code.tested(op)]
    if not fits or not asks:
        return
    loads = [op for op, meaning in everything.items() if "model.load" in meaning.roles]
    loaded = code.flow.reach(loads, stop=frozenset(asks).__contains__)
    trained = code.flow.reach([op for op, meaning in everything.items() if "model.fit" in meaning.roles and code.tested(op)])
    for fit in fits:
        rows = everything[fit].arguments.get("@data", -1)
        if rows < 0 or _read(code, rows):
            continue
        given = code.flow.reach(_given(code, fit, rows))
        by = [
            op
            for op in sorted(asks)
            if everything[op].arguments.get("@data", -1) in given
            and (callee := code.program.args[op][0]) in loaded
            and callee not in trained
            and callee not in rows_of(code, fit)
        ]
        if by:
            attributes = graph.nodes[seen.node(fit)].attributes
            attributes.update(fits_on="asked", learns="scale", toward=str(seen.node(by[0])))


def rows_of(code: Code, fit: int) -> frozenset[int]:
    """The fitted object itself, which is asked about nothing."""
    receiver = code.program.receiver(fit)
    return frozenset({receiver} if receiver >= 0 else ())


def _read(code: Code, rows: int) -> bool:
    """Whether rows come from data that is read."""
    behind = code.flow.reach([rows], back=True)
    return any({"data.read", "file.open", "data.split"} & code.meanings.roles(op) for op in behind)


def _given(code: Code, fit: int, rows: int) -> list[int]:
    """What the transformer gives for the rows that it was fitted on."""
    everything, program = code.meanings.all(), code.program
    found = [fit] if "transform.fit_apply" in everything[fit].roles else []
    said, scope = _leaves(code, rows), program.scope_id(fit)
    for op, meaning in everything.items():
        data = meaning.arguments.get("@data", -1)
        applied = "transform.apply" in meaning.roles and data >= 0 and program.scope_id(op) == scope and op > fit
        if applied and _leaves(code, data) & said and _same(code, op, fit):
            found.append(op)
    return found


def _same(code: Code, one: int, other: int) -> bool:
    """Whether two methods are called on one variable."""
    program = code.program
    first, second = program.receiver(one), program.receiver(other)
    return first >= 0 and second >= 0 and bool(set(program.args[first]) & set(program.args[second]))


def _leaves(code: Code, op: int) -> frozenset[object]:
    """The variables that a value is written with, or the texts when there are none."""
    program = code.program
    behind = code.flow.reach([op], back=True, stop=lambda o: program.ops[o].kind in SAID)
    names: set[object] = {arg for o in behind if program.ops[o].kind == "load" for arg in program.args[o]}
    return frozenset(names or {program.ops[o].value for o in behind if program.ops[o].kind == "const"})
