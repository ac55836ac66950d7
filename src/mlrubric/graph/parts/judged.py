"""Evaluations: on which rows a model is judged, and whether it has seen them."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.inline import apart
from mlrubric.graph.parts.layout import READ
from mlrubric.graph.parts.pieces import TEST, TRAIN, VALIDATION
from mlrubric.graph.parts.seen import Seen, Training, joined

ROWS = ("@data", "@target", "@predictions")
WRITES = ("data.write", "file.write", "artifact.upload", "run.log_data")


@dataclass(frozen=True, slots=True)
class Judgement:
    """An evaluation, or a prediction (`asks` only), as its caller sees it: where it is asked for, the models it is of, the bits of its
    rows, where these were given their name (-1 when that is not one place), what is handed over as rows (likewise), and the evaluation
    itself."""

    op: int
    models: frozenset[int]
    rows: int
    part: str
    asks: bool
    source: int
    data: int
    at: int


def judgements(seen: Seen) -> list[Judgement]:
    """Every evaluation and prediction outside of tests that a model of the project is behind."""
    code, found = seen.code, list[Judgement]()
    fits = {one.op for one in seen.trainings}
    for op, meaning in sorted(code.meanings.all().items()):
        roles = meaning.roles
        if not {"model.evaluate", "model.predict"} & set(roles) or seen.code.tested(op) or "model.fit" in roles:
            continue
        if "model.evaluate" not in roles and not _measured(seen, op):
            continue
        rows = tuple(meaning.arguments[role] for role in ROWS if role in meaning.arguments)
        state = seen.all_bits((code.program.args[op][0], meaning.arguments.get("@model", -1)))
        for site, handed in seen.sites(op, rows) if rows else ():
            bits = seen.all_bits(handed)
            models = frozenset(seen.layout.of(bits | (state if site == op else 0), "fitted")) & fits
            if not models and site != op:
                models = frozenset(seen.layout.of(state, "fitted")) & fits or _both(seen, site, state | seen.all_bits(rows))
            models = models or _only(seen, bits | state)
            data = _asked(seen, op, meaning) if site == op else -1
            source = _named(seen, data)
            found.append(Judgement(site, models, bits, seen.layout.part(bits), "model.evaluate" not in roles, source, data, op))
    return found


def _both(seen: Seen, site: int, bits: int) -> frozenset[int]:
    """The training that the same call asks for: its function fits and judges."""
    inner = set(seen.layout.of(bits, "fitted"))
    return frozenset(one.op for one in seen.trainings if one.op == site and one.fit in inner)


def _only(seen: Seen, bits: int) -> frozenset[int]:
    """The trainings that are the only one of their function."""
    inner = set(seen.layout.of(bits, "fitted"))
    found = [one for one in seen.trainings if one.fit in inner]
    return frozenset(one.op for one in found if sum(other.fit == one.fit for other in found) == 1)


def _measured(seen: Seen, prediction: int) -> bool:
    """Whether something unknown may come of a prediction: arithmetic, a comparison, a result, a call that nobody knows. What only goes to
    known calls that measure nothing (a signature, a file) is no evaluation by hand."""
    code, waiting, known = seen.code, [prediction], {prediction}
    while waiting:
        for use in code.flow.after(waiting.pop()):
            kind, meaning = code.program.ops[use].kind, code.meanings.of(use)
            if kind in ("assign", "load", "attribute", "subscript", "unpack"):
                if use not in known:
                    known.add(use)
                    waiting.append(use)
            elif kind != "call" or meaning is None or meaning.entry is None or "model.evaluate" in meaning.roles:
                return True
    return False


def _asked(seen: Seen, op: int, meaning: Meaning) -> int:
    """The rows of an evaluation: its own data, or the data of the one prediction that it measures; those of several when they have one
    name."""
    if "@data" in meaning.arguments:
        return meaning.arguments["@data"]
    code, found = seen.code, set[int]()
    start = meaning.arguments.get("@predictions", -1)
    if start >= 0:
        scope = code.program.scope_id(op)
        for back in code.flow.reach([start], back=True, stop=lambda o: code.program.ops[o].kind in ("call", "param")):
            made = code.meanings.of(back)
            if made is not None and "model.predict" in made.roles and code.program.scope_id(back) == scope:
                found.add(made.arguments.get("@data", -1))
    return min(found) if len({_named(seen, data) for data in found}) == 1 else -1


def _named(seen: Seen, op: int) -> int:
    """The assignment behind a name, -1 when several may be."""
    program = seen.code.program
    while op >= 0 and program.ops[op].kind in ("attribute", "subscript") and program.args[op]:
        op = program.args[op][0]
    return program.args[op][0] if op >= 0 and program.ops[op].kind == "load" and len(program.args[op]) == 1 else -1


def mark_judged(seen: Seen, everything: list[Judgement]) -> None:
    """`judges` on evaluations of rows that the model was fitted on: train, whole, or again (all rows were, and these are some of them)."""
    fits = {one.op: one for one in seen.trainings}
    modules = {seen.code.program.unit_of[op] for op, _ in seen.folded}
    apart = _kept_back(seen, everything, fits)
    told: set[int] = set()
    for one in everything:
        if one.asks or not one.models or any(m in told or "@target" not in fits[m].meaning.arguments for m in one.models):
            continue
        hows = {_how(seen, one, fits[model]) for model in one.models}
        how = hows.pop() if len(hows) == 1 else ""
        module = seen.code.program.unit_of[one.op]
        if (
            not how
            or (how != "again" and (_elsewhere(everything, one, seen.layout.all("root")) or module in modules))
            or (how == "whole" and module in apart)
        ):
            continue
        told |= one.models
        both = one.op in one.models and one.op != one.at  # a call that fits and judges: point into its function
        node = seen.node(one.at if both else one.op)
        seen.world.graph.nodes[node].attributes["judges"] = how
        toward = [fits[m].fit if both else m for m in sorted(one.models)]
        seen.world.graph.nodes[node].attributes["toward"] = " ".join(str(seen.node(m)) for m in toward)


def _how(seen: Seen, one: Judgement, fit: Training) -> str:
    """In which way a model has seen the rows it is judged by, "" when it has not."""
    layout, learned = seen.layout, seen.all_bits(fit.rows)
    if len(fit.rows) == 1 and apart(seen.code, fit.rows[0], one.data):
        return ""
    part, roots = layout.part(learned), layout.all("root")
    if one.part == TRAIN and part == TRAIN and layout.of(one.rows, TRAIN) == layout.of(learned, TRAIN):
        near = seen.code.program.unit_of[one.op] == seen.code.program.unit_of[fit.op]
        return "" if near and _written(seen, layout.of(one.rows, TRAIN)) else "train"
    shared = bool(one.rows & learned & roots)
    if one.part == "whole" == part and one.op == fit.op != fit.fit and one.rows & READ:  # one function does both with what it is handed
        meaning = seen.code.meanings.of(one.at)
        data = _named(seen, _asked(seen, one.at, meaning)) if meaning is not None else -1
        return "whole" if data >= 0 and data == _named(seen, fit.meaning.arguments.get("@data", -1)) else ""
    if one.part == "whole" and part == "whole" and one.rows & READ and one.source >= 0 and one.source == _rows_of(seen, fit):
        return "whole" if seen.code.program.ops[one.source].kind != "param" else ""
    if one.part == TEST and part == "mixed" and joined(seen, fit.rows[0]) and fit.op < one.op and seen.alike(fit.op, one.op):
        return "again" if set(layout.of(one.rows, TEST)) & set(layout.of(learned, TEST)) else ""
    if one.part in (TEST, VALIDATION) and part == "whole" and shared and fit.op < one.op and seen.alike(fit.op, one.op):
        return "again"
    return ""


def _written(seen: Seen, split: list[int]) -> bool:
    """Whether the test part of a split is written away, or came in a file of its own: another program judges by it."""
    if any(one.given and one.op in split for one in seen.splits):
        return True
    mask = 0
    for one in split:
        mask |= seen.layout.bit(TEST, one) | seen.layout.bit(VALIDATION, one)
    graph, code = seen.world.graph, seen.code
    written = (code.node_op[n] for n in graph.with_role(*WRITES) if n in code.node_op)
    return any(seen.bits[op] & mask for op in written)


def _rows_of(seen: Seen, fit: Training) -> int:
    """Where the rows of a training were given their name."""
    return _named(seen, fit.rows[0]) if len(fit.rows) == 1 else -1


def _elsewhere(everything: list[Judgement], one: Judgement, roots: int) -> bool:
    """Whether one of the models is asked about other rows as well: then the score on these is only a companion."""
    others = [other for other in everything if other.models & one.models]
    return any(
        other.part != one.part or (one.part == "whole" and (other.source != one.source or (other.rows ^ one.rows) & roots))
        for other in others
    )


def _kept_back(seen: Seen, everything: list[Judgement], fits: dict[int, Training]) -> set[int]:
    """The modules in which some model is scored on other rows than those it was fitted on: they know of rows that are kept back."""
    found: set[int] = set()
    for one in everything:
        if not one.asks and any(one.source != _rows_of(seen, fits[m]) for m in one.models):
            found.add(seen.code.program.unit_of[one.op])
    return found
