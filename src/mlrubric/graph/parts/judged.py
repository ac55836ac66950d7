"""Evaluations: on which rows a model is judged, and whether it has seen them; trainings that stop, and choices that are made, by the rows
that judge in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.layout import READ
from mlrubric.graph.parts.pieces import TEST, TRAIN, VALIDATION
from mlrubric.graph.parts.seen import Seen, Training

ROWS = ("@data", "@target", "@predictions")
WRITES = ("data.write", "file.write", "artifact.upload", "run.log_data")
EXPRESSION = frozenset({"load", "assign", "container", "element", "phi", "binary"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """An evaluation, or a prediction (`asks` only), as its caller sees it: where it is asked for, the models it is of, the bits of its
    rows, where these were given their name (-1 when that is not one place), and the evaluation itself."""

    op: int
    models: frozenset[int]
    rows: int
    part: str
    asks: bool
    source: int
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
                models = frozenset(seen.layout.of(state, "fitted")) & fits
            source = _asked(seen, op, meaning) if site == op else -1
            found.append(Judgement(site, models, bits, seen.layout.part(bits), "model.evaluate" not in roles, source, op))
    return found


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
    """Where the rows of an evaluation were given their name: its own data, or the data of the one prediction that it measures."""
    if "@data" in meaning.arguments:
        return _named(seen, meaning.arguments["@data"])
    code, found = seen.code, set[int]()
    start = meaning.arguments.get("@predictions", -1)
    if start >= 0:
        scope = code.program.scope_id(op)
        for back in code.flow.reach([start], back=True, stop=lambda o: code.program.ops[o].kind in ("call", "param")):
            made = code.meanings.of(back)
            if made is not None and "model.predict" in made.roles and code.program.scope_id(back) == scope:
                found.add(_named(seen, made.arguments.get("@data", -1)))
    return found.pop() if len(found) == 1 else -1


def _named(seen: Seen, op: int) -> int:
    """The assignment behind a name, -1 when several may be."""
    program = seen.code.program
    while op >= 0 and program.ops[op].kind in ("attribute", "subscript") and program.args[op]:
        op = program.args[op][0]
    return program.args[op][0] if op >= 0 and program.ops[op].kind == "load" and len(program.args[op]) == 1 else -1


def mark_judged(seen: Seen) -> None:
    """`judges` on evaluations of rows that the model was fitted on: train, whole, or again (all rows were, and these are some of them)."""
    everything = judgements(seen)
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
        if not how or (how != "again" and (_elsewhere(everything, one) or module in modules)) or (how == "whole" and module in apart):
            continue
        told |= one.models
        node = seen.node(one.op)
        seen.world.graph.nodes[node].attributes["judges"] = how
        seen.world.graph.nodes[node].attributes["toward"] = " ".join(str(seen.node(m)) for m in sorted(one.models))
    _mark_stops(seen, everything)


def _how(seen: Seen, one: Judgement, fit: Training) -> str:
    """In which way a model has seen the rows it is judged by, "" when it has not."""
    layout, learned = seen.layout, seen.all_bits(fit.rows)
    part, roots = layout.part(learned), layout.all("root")
    if one.part == TRAIN and part == TRAIN and layout.of(one.rows, TRAIN) == layout.of(learned, TRAIN):
        return "" if _written(seen, layout.of(one.rows, TRAIN)) else "train"
    shared = bool(one.rows & learned & roots)
    if one.part == "whole" and part == "whole" and one.rows & READ and one.source >= 0 and one.source == _rows_of(seen, fit):
        return "whole" if seen.code.program.ops[one.source].kind != "param" else ""
    if one.part in (TEST, VALIDATION) and part == "whole" and shared and fit.op < one.op and seen.alike(fit.op, one.op):
        return "again"
    return ""


def _written(seen: Seen, split: list[int]) -> bool:
    """Whether the test part of a split is written away: another program judges by it."""
    mask = 0
    for one in split:
        mask |= seen.layout.bit(TEST, one) | seen.layout.bit(VALIDATION, one)
    graph, code = seen.world.graph, seen.code
    written = (code.node_op[n] for n in graph.with_role(*WRITES) if n in code.node_op)
    return any(seen.bits[op] & mask for op in written)


def _rows_of(seen: Seen, fit: Training) -> int:
    """Where the rows of a training were given their name."""
    return _named(seen, fit.rows[0]) if len(fit.rows) == 1 else -1


def _elsewhere(everything: list[Judgement], one: Judgement) -> bool:
    """Whether one of the models is asked about other rows as well: then the score on these is only a companion."""
    others = [other for other in everything if other.models & one.models]
    return any(other.part != one.part or (one.part == "whole" and other.source != one.source) for other in others)


def _kept_back(seen: Seen, everything: list[Judgement], fits: dict[int, Training]) -> set[int]:
    """The modules in which some model is scored on other rows than those it was fitted on: they know of rows that are kept back."""
    found: set[int] = set()
    for one in everything:
        if not one.asks and any(one.source != _rows_of(seen, fits[m]) for m in one.models):
            found.add(seen.code.program.unit_of[one.op])
    return found


# ---- stopping and choosing ------------------------------------------------------------------------------------------


def _mark_stops(seen: Seen, everything: list[Judgement]) -> None:
    """`stops` on trainings that stop early by the test part that they are judged on, and on searches whose goal is a score on it."""
    graph = seen.world.graph
    for op, _, meaning in seen.fits:
        if "@validation" not in meaning.arguments or not _can_stop(seen, op, meaning):
            continue
        watched = _test_splits(seen, (seen.bits[leaf] for leaf in _leaves(seen, meaning.arguments["@validation"])))
        own = {one.op for one in seen.trainings if one.fit == op}
        by = [j for j in everything if not j.asks and own & j.models and j.part == TEST and watched & set(seen.layout.of(j.rows, TEST))]
        if by:
            node = seen.node(op)
            graph.nodes[node].attributes["stops"] = "early"
            graph.nodes[node].attributes["toward"] = str(seen.node(by[0].op))
    scores = {j.at: j for j in everything if not j.asks and j.part == TEST and _test_splits(seen, [j.rows])}
    for op, meaning in sorted(seen.code.meanings.all().items()):
        if "model.tune" in meaning.roles and "model.fit" not in meaning.roles and not seen.code.tested(op):
            goals = [s for s in seen.layout.of(seen.bits[op], "scored") if s in scores]
            if goals:
                node = seen.node(op)
                graph.nodes[node].attributes["stops"] = "search"
                graph.nodes[node].attributes["toward"] = str(seen.node(goals[0]))
    _mark_choices(seen, scores)


def _test_splits(seen: Seen, rows: Iterator[int] | list[int]) -> set[int]:
    """The splits of which some rows are the test part, folds left out."""
    folds = {s.op for s in seen.splits if s.folds}
    return {s for bits in rows if seen.layout.part(bits) == TEST for s in seen.layout.of(bits, TEST)} - folds


def _leaves(seen: Seen, op: int, depth: int = 0) -> Iterator[int]:
    """The sets of rows that an argument holds: the value itself, or the elements of a written list of them."""
    program = seen.code.program
    facts, args = program.ops[op], program.args[op]
    if facts.kind in ("load", "assign") and len(args) == 1 and depth < 6:
        yield from _leaves(seen, args[0], depth + 1)
    elif facts.kind == "container" and facts.value == "list" and depth < 6:
        for element in args:
            yield from _leaves(seen, element, depth + 1)
    else:
        yield op


def _can_stop(seen: Seen, op: int, meaning: Meaning) -> bool:
    """Whether a training stops early, or keeps its best state, by what its validation rows say."""
    code = seen.code
    if "stops" in code.meanings.traits(meaning):
        return True
    arguments = [meaning.arguments["@stop"]] if "@stop" in meaning.arguments else []
    callee = code.program.args[op][0]
    makers = code.flow.reach([callee], back=True, stop=lambda o: code.program.ops[o].kind == "call") if callee >= 0 else {}
    for maker in makers:
        made = code.meanings.of(maker)
        if made is not None and "model.build" in made.roles and "@stop" in made.arguments:
            arguments.append(made.arguments["@stop"])
    return any(_stopping(seen, argument) for argument in arguments)


def _stopping(seen: Seen, argument: int, depth: int = 0) -> bool:
    """Whether an argument is a number of rounds, or holds something that stops."""
    code = seen.code
    facts = code.program.ops[argument]
    if facts.kind == "const":
        return isinstance(facts.value, int) and not isinstance(facts.value, bool)
    if facts.kind == "call":
        meaning = code.meanings.of(argument)
        return meaning is not None and "stops" in code.meanings.traits(meaning)
    sources = code.program.args[argument] or tuple(code.resolver.reads.get(argument, ()))
    return facts.kind in EXPRESSION and depth < 6 and any(_stopping(seen, s, depth + 1) for s in sources if s >= 0)


def _mark_choices(seen: Seen, scores: dict[int, Judgement]) -> None:
    """`picks` where the best of several scores on the same test part decides: `if score > best: best = score`, or the best of a list
    that goes on to a model."""
    code, graph = seen.code, seen.world.graph
    if not scores:
        return
    mask = 0
    for score in scores:
        mask |= seen.layout.bit("scored", score)
    for op, facts in enumerate(code.program.ops):
        if facts.kind not in ("compare", "call") or seen.code.tested(op):
            continue
        handed = 0
        for argument in code.program.args[op]:
            handed |= seen.bits[argument] if argument >= 0 else 0
        several = [s for s in seen.layout.of(handed & mask, "scored") if s in scores]
        if several and _repeated(seen, several) and (_best_kept(seen, op) if facts.kind == "compare" else _best_used(seen, op)):
            node = seen.node(op, "model.choose")
            graph.nodes[node].attributes["picks"] = TEST
            graph.nodes[node].attributes["toward"] = " ".join(str(seen.node(s)) for s in several)


def _repeated(seen: Seen, scores: list[int]) -> bool:
    """Whether several scores are compared: of two evaluations, or of one that runs again and again on the same part."""
    if len(scores) > 1:
        return True
    code, score = seen.code, scores[0]
    scope = code.program.scope_id(score)
    calls = [c for c in code.resolver.callers.get(scope, ()) if not seen.code.tested(c)]
    loops = [code.flow.loop(o) for o in (score, *calls)]
    splits = {code.flow.loop(s) for s in seen.layout.of(seen.bits[score], TEST)}
    return any(loop >= 0 and loop not in splits for loop in loops) or len(calls) > 1 or any(_listed(seen, o) for o in (score, *calls))


def _listed(seen: Seen, op: int) -> bool:
    """Whether an operation is what a comprehension makes for each of its elements."""
    return any(seen.code.program.ops[use].kind == "comprehension" for use in seen.code.flow.after(op))


def _best_kept(seen: Seen, compare: int) -> bool:
    """Whether a comparison by size decides an `if` that keeps the score under the name it was compared with."""
    program = seen.code.program
    facts = program.ops[compare]
    if not isinstance(facts.value, tuple) or not {"<", ">", "<=", ">="} & set(facts.value):
        return False
    names = {program.ops[a].name for a in program.args[compare] if program.ops[a].kind == "load"}
    unit = program.unit(compare)
    for number in range(unit.block_base, unit.block_base + len(unit.facts.blocks)):
        block = program.blocks[number]
        if block.kind == "if" and block.test + unit.base == compare:
            kept = {o.name for o in unit.facts.ops if o.kind == "assign" and o.block + unit.block_base == number}
            return bool(names & kept)
    return False


def _best_used(seen: Seen, call: int) -> bool:
    """Whether a call picks the best of several, and a model is made, fitted, asked or kept with it."""
    code = seen.code
    meaning = code.meanings.of(call)
    if meaning is None or "picks" not in code.meanings.traits(meaning):
        return False
    reached = code.flow.reach([call])
    return any(role.startswith("model.") and role != "model.evaluate" for op in reached for role in code.meanings.roles(op))
