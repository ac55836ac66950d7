"""Trainings that stop, and choices that are made, by the rows that judge in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.judged import Judgement
from mlrubric.graph.parts.one_fold import one_fold
from mlrubric.graph.parts.pieces import TEST
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.parts.sites import sites

REPORTS = frozenset({"log.write", "run.log_metric", "file.write", "data.write"})
EXPRESSION = frozenset({"load", "assign", "container", "element", "phi", "binary"})


def mark_stops(seen: Seen, everything: list[Judgement]) -> None:
    """`stops` on trainings that stop early by the test part that they are judged on, and on searches whose goal is a score on it."""
    graph = seen.world.graph
    for op, _, meaning in seen.fits:
        if "@validation" not in meaning.arguments or not _can_stop(seen, op, meaning):
            continue
        watched = _test_splits(seen, (seen.bits[leaf] for leaf in _leaves(seen, meaning.arguments["@validation"])))
        own = {one.op for one in seen.trainings if one.fit == op}
        by = [j for j in everything if not j.asks and own & j.models and j.part == TEST and watched & set(seen.layout.of(j.rows, TEST))]
        told = by[0].op if by else _told(seen, op) if watched else -1
        if told >= 0:
            node = seen.node(op)
            graph.nodes[node].attributes["stops"] = "early"
            graph.nodes[node].attributes["toward"] = str(seen.node(told))
    scores = {j.at: j for j in everything if not j.asks and j.part == TEST and _test_splits(seen, [j.rows])}
    for op, meaning in sorted(seen.code.meanings.all().items()):
        if "model.tune" in meaning.roles and "model.fit" not in meaning.roles and not seen.code.tested(op):
            goals = [s for s in seen.layout.of(seen.bits[op], "scored") if s in scores]
            if goals:
                node = seen.node(op)
                graph.nodes[node].attributes["stops"] = "search"
                graph.nodes[node].attributes["toward"] = str(seen.node(goals[0]))
    _mark_choices(seen, scores)


def _told(seen: Seen, fit: int) -> int:
    """Where the best score of a training, as it was watched while it ran, is reported: `print(model.best_score_)`; -1 when nowhere."""
    code = seen.code
    learned = code.flow.reach([fit])
    for op in sorted(learned):
        facts = code.program.ops[op]
        if facts.kind == "attribute" and "tells_score" in code.meanings.catalogue.traits(f"?.{facts.name}") and not code.tested(op):
            for here in code.flow.reach([op]):
                for use in code.resolver.uses[here]:
                    if REPORTS & code.meanings.roles(use):
                        return use
    return -1


def _test_splits(seen: Seen, rows: Iterator[int] | list[int]) -> set[int]:
    """The splits of which some rows are the test part, folds left out."""
    folds = {s.op for s in seen.splits if s.folds and not one_fold(seen.code, s)}
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
    elif facts.kind == "call" and (meaning := seen.code.meanings.of(op)) is not None and "@data" in meaning.arguments:
        yield meaning.arguments["@data"]  # what the library calls a set of rows: only its rows, not what it is aligned to
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
        if not several or not (_best_kept(seen, op) if facts.kind == "compare" else _best_used(seen, op)):
            continue
        if _repeated(seen, several) or _read_again(seen, op, several[0]):
            arguments = tuple(a for a in code.program.args[op] if a >= 0)
            site = sites(code, seen.inside, (op, arguments), lambda source: _brings(seen, source, mask))[0][0]
            node = seen.node(site, "model.choose")
            graph.nodes[node].attributes["picks"] = TEST
            graph.nodes[node].attributes["toward"] = " ".join(str(seen.node(s)) for s in several)


def _brings(seen: Seen, source: int, mask: int) -> bool:
    """Whether a function measures, or asks others for the scores, itself; what lies in a list that it is handed is not its own."""
    code, scope = seen.code, seen.code.program.scope_id(source)
    if not seen.own[source] & mask:
        return False
    makers = {"model.evaluate", "file.open", "data.read"}
    behind = code.flow.reach([source], back=True, stop=lambda o: code.program.scope_id(o) != scope)
    return any(
        seen.own[op] & mask and code.program.scope_id(op) == scope and (op in code.resolver.results or makers & code.meanings.roles(op))
        for op in behind
        if code.program.ops[op].kind == "call"
    )


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


def _read_again(seen: Seen, choice: int, score: int) -> bool:
    """Whether scores that another program wrote are read one after the other to be compared."""
    code = seen.code
    if code.program.unit_of[choice] == code.program.unit_of[score]:
        return False
    if code.flow.loop(choice) >= 0:
        return True
    reads = [op for op in code.flow.reach([choice], back=True) if "file.open" in code.meanings.roles(op)]
    return len({code.program.receiver(op) if code.program.receiver(op) >= 0 else op for op in reads}) > 1


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
    for use in seen.code.resolver.uses[compare]:
        if program.ops[use].kind == "conditional" and program.args[use][0] == compare:
            return _models(seen, program.args[use][1:])
    unit = program.unit(compare)
    for number in range(unit.block_base, unit.block_base + len(unit.facts.blocks)):
        block = program.blocks[number]
        if block.kind == "if" and block.test + unit.base == compare:
            kept = {o.name for o in unit.facts.ops if o.kind == "assign" and o.block + unit.block_base == number}
            return bool(names & kept) or _either(seen, compare, number)
    return False


def _models(seen: Seen, ops: Iterable[int]) -> bool:
    """Whether each of several values is a model that was fitted, and not the same."""
    found = [seen.layout.of(seen.bits[op], "fitted") for op in ops if op >= 0]
    return len(found) > 1 and all(found) and found[0] != found[1]


def _either(seen: Seen, compare: int, block: int) -> bool:
    """Whether an `if` gives one name the one model, and otherwise another: `if a > b: best = first` and `else: best = second`."""
    program = seen.code.program
    unit = program.unit(compare)
    start, given = unit.base, dict[str, int]()
    for number, facts in enumerate(unit.facts.ops):
        if facts.kind == "assign" and facts.args and facts.block + unit.block_base == block:
            given[facts.name] = number + start
    for number, facts in enumerate(unit.facts.ops):
        if facts.kind == "assign" and facts.name in given and number + start > given[facts.name]:
            return _models(seen, (program.args[given[facts.name]][0], program.args[number + start][0]))
    return False


def _best_used(seen: Seen, call: int) -> bool:
    """Whether a call picks the best of several, and a model is made, fitted, asked or kept with it."""
    code = seen.code
    meaning = code.meanings.of(call)
    if meaning is None or "picks" not in code.meanings.traits(meaning):
        return False
    reached = code.flow.reach([call])
    return any(role.startswith("model.") and role != "model.evaluate" for op in reached for role in code.meanings.roles(op))
