"""Models that come from a file, judged in a test or in a program of its own by rows that they were trained on."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.carry import Inside, handed
from mlrubric.graph.parts.inline import chosen
from mlrubric.graph.parts.layout import READ
from mlrubric.graph.parts.pieces import TEST, TRAIN, VALIDATION, Split
from mlrubric.graph.parts.seen import Seen
from mlrubric.graph.parts.sites import sites
from mlrubric.graph.values import HOLE

MOST = 40
PICKS = ("compare", "slice")
JOINS = ("load", "assign", "binary", "unary")


def mark_afterwards(seen: Seen, with_tests: list[int], inside: Inside) -> None:
    """`judges` = past or anew on evaluations of a loaded model by rows that its training learned from, or on the split that makes them;
    `with_tests` are the bits of every operation when tests are run as well, `inside` what reaches what in functions then."""
    if not any(kind == "loaded" for kind, _ in seen.layout.owners):
        return
    graph, code, layout = seen.world.graph, seen.code, seen.layout
    fits, told, elsewhere = {one.op: one.rows for one in seen.trainings}, set[tuple[int, int]](), set[tuple[int, int]]()
    for op, meaning in sorted(code.meanings.all().items()):
        if "model.evaluate" not in meaning.roles or "model.fit" in meaning.roles:
            continue
        for site, model, rows, bits in _sites(seen, op, meaning, with_tests, inside):
            node = code.op_node.get(site)
            if node is not None and "judges" in graph.nodes[node].attributes:
                continue
            split_here = bool(rows & layout.all("root")) and layout.part(rows) in (TEST, VALIDATION)  # then they are no answers of a model
            if not model & (-1 if split_here else ~rows) & layout.all("loaded") or not rows & READ:
                continue
            learned, split = _learned(seen, code.program.unit_of[site], model, rows, fits)
            if not learned or _companion(seen, site, model, bits, rows) or _both_picked(seen, meaning, rows, learned):
                continue
            at = split if split >= 0 else site
            place = code.program.scope_id(at), learned
            again = split < 0 and code.tested(site) and (code.program.scope_id(op), learned) in elsewhere  # a test that runs the same
            if place not in told and not again:
                told.add(place)
                elsewhere.add((code.program.scope_id(op), learned))
                toward = [learned] if split < 0 else [learned, site]
                marks = {"judges": "past" if split < 0 else "anew", "stored": _stored(seen, model & ~rows or model)}
                graph.nodes[seen.node(at)].attributes.update(marks, toward=" ".join(str(seen.node(o)) for o in toward))


def _sites(seen: Seen, op: int, meaning: Meaning, with_tests: list[int], inside: Inside) -> Iterator[tuple[int, int, int, list[int]]]:
    """(where it is asked for, the bits of the model, those of the rows, all bits there) for an evaluation, or the calls that hand its
    function the rows."""
    code, own = seen.code, seen.layout.all("root", TRAIN, TEST, VALIDATION) | READ
    truth = meaning.arguments.get("@target", meaning.arguments.get("@data", -1))
    scope = code.program.scope_id(op)
    nested = scope >= 0 and code.program.scopes[code.program.parent_scope(scope)].kind in ("function", "lambda")
    found = sites(code, inside, (op, (truth,)), lambda o: bool(seen.own[o] & own), tests=True) if truth >= 0 and not nested else []
    for site, handed_over in sorted(found, key=lambda one: code.tested(one[0])) or [(op, (truth,))]:
        bits = with_tests if code.tested(site) else seen.bits
        if site == op:
            yield site, *_model_and_rows(code, meaning, op, bits), bits
        else:
            model = rows = 0
            for one in handed(code, site):
                model |= bits[one] if one >= 0 else 0
            for one in handed_over:
                rows |= bits[one]
            yield site, model, rows, bits


def _stored(seen: Seen, model: int) -> str:
    """The file of a loaded model as the load names it."""
    code, graph = seen.code, seen.world.graph
    nodes = (code.op_node[op] for op in seen.layout.of(model, "loaded") if op in code.op_node)
    names = sorted({name for n in nodes if (name := graph.nodes[n].attributes.get("@source", "")) not in ("", "given", "absent")})
    return f"`{names[0]}`" if len(names) == 1 else "a file"


def _model_and_rows(code: Code, meaning: Meaning, op: int, bits: list[int]) -> tuple[int, int]:
    """The bits of what is judged, and those of the rows it is judged by: what it is held against when that is known."""
    callee = code.program.args[op][0]
    model = bits[callee] if callee >= 0 else 0
    for role in ("@model", "@predictions"):
        model |= bits[meaning.arguments[role]] if role in meaning.arguments else 0
    truth = meaning.arguments.get("@target", meaning.arguments.get("@data", -1))
    return model, bits[truth] if truth >= 0 else 0


def _learned(seen: Seen, unit: int, model: int, rows: int, fits: dict[int, tuple[int, ...]]) -> tuple[int, int]:
    """The training of another file that has seen the rows: one that the model is known to come from, or, when its file is not followed, any
    that learned from the same source and whose model is kept; 0 for none. And the split that makes the rows, when it is another one than
    that of the training."""
    layout, part = seen.layout, seen.layout.part(rows)
    of = [f for f in layout.of(model, "fitted") if f in fits]
    for fit in of or sorted(fits)[:MOST]:
        if seen.code.program.unit_of[fit] == unit:
            continue
        learned = seen.all_bits(fits[fit])
        if not rows & learned & layout.all("root") or "@target" not in _meaning(seen, fit).arguments:
            continue
        if part == "whole" and layout.part(learned) in (TRAIN, "whole"):
            return fit, -1
        if part == TRAIN and layout.part(learned) == TRAIN and layout.of(rows, TRAIN) == layout.of(learned, TRAIN):
            return fit, -1
        if part in (TEST, VALIDATION) and layout.part(learned) in (TRAIN, "whole") and _other_split(seen, rows, learned, part):
            return fit, layout.of(rows, part)[0]
    return 0, -1


def _meaning(seen: Seen, fit: int) -> Meaning:
    return next(one.meaning for one in seen.trainings if one.op == fit)


def _other_split(seen: Seen, rows: int, learned: int, part: str) -> bool:
    """Whether the rows were split in another way than for the training: by another call whose share or seed is not the same."""
    layout = seen.layout
    by = {one.op: one for one in seen.splits if not one.given and not one.selected and not one.folds and one.meaning is not None}
    ours, theirs = layout.of(rows, part), layout.of(learned, TRAIN)
    if not ours or set(ours) & set(theirs) or any(split not in by for split in (*ours, *theirs)):
        return False
    if all(_anew(seen.code, by[split]) for split in ours):
        return True
    alike = [_drawn(seen.code, by[split]) for split in (*ours, *theirs)]
    return any(one is not None and other is not None and one != other for one in alike[:1] for other in alike[len(ours) :] or [("", "")])


def _anew(code: Code, split: Split) -> bool:
    """Whether a split that shuffles is another one each time: it has no seed, and nothing that it is handed may hold one."""
    arguments = split.meaning.arguments if split.meaning is not None else {}
    given = code.program.ops[split.op].value
    if "@seed" in arguments or split.meaning is None or "random.use" not in split.meaning.roles:
        return False
    if isinstance(given, tuple) and "**" in given:
        return False
    shuffles = code.meanings.spelling(arguments["@shuffle"]) if "@shuffle" in arguments else "absent"
    unit = code.program.unit_of[split.op]
    sown = any("random.seed" in m.roles and code.program.unit_of[op] == unit for op, m in code.meanings.all().items())
    return shuffles != "false" and not sown


def _drawn(code: Code, split: Split) -> tuple[str, str] | None:
    """Share and seed of a split; None when one of them is not known."""
    arguments = split.meaning.arguments if split.meaning is not None else {}
    said = [code.meanings.spelling(arguments[role]) if role in arguments else "absent" for role in ("@test_size", "@seed")]
    return None if "given" in said else (said[0], said[1])


def _both_picked(seen: Seen, meaning: Meaning, rows: int, learned: int) -> bool:
    """Whether some of the rows were picked on both sides, by conditions that are not compared here: a split written by hand."""
    code, fit = seen.code, _meaning(seen, learned).arguments
    if seen.layout.part(rows) != "whole":
        return False
    learnt = code.flow.reach([fit[role] for role in ("@data", "@target") if role in fit], back=True)
    if any("data.split" in code.meanings.roles(op) for op in learnt):  # split by a library: what a test picks is no part of that split
        return False
    truth = meaning.arguments.get("@target", meaning.arguments.get("@data", -1))
    judged = code.flow.reach([truth] if truth >= 0 else [], back=True)
    return all(any(_picks(code, op) for op in side) for side in (judged, learnt))


def _picks(code: Code, op: int) -> bool:
    program, depth = code.program, 0
    if program.ops[op].kind == "call":
        return chosen(code, op) is not None
    if program.ops[op].kind != "subscript" or len(program.args[op]) < 2:
        return False
    index = program.args[op][1]
    if program.ops[index].kind == "container" and program.ops[index].value == "tuple" and program.args[index]:
        index = program.args[index][0]  # of `.loc[rows, columns]`
    while index >= 0 and depth < MOST and program.ops[index].kind in JOINS and program.args[index]:
        index, depth = program.args[index][0], depth + 1
    return index >= 0 and program.ops[index].kind in PICKS and set(program.args[index]) != {-1}


def _companion(seen: Seen, op: int, model: int, bits: list[int], rows: int) -> bool:
    """Whether the same model is judged by other rows as well, in the same file; in tests, by the same test."""
    code, layout, program = seen.code, seen.layout, seen.code.program
    loads = model & layout.all("loaded")
    for other, meaning in code.meanings.all().items():
        near = program.scope_id(other) == program.scope_id(op) or (not code.tested(op) and program.unit_of[other] == program.unit_of[op])
        if other != op and near and "model.evaluate" in meaning.roles:
            theirs, by = _model_and_rows(code, meaning, other, bits)
            if theirs & loads and by != rows and layout.part(by) not in (layout.part(rows), "none"):
                return True
    return False


def same_source(code: Code, roots: Collection[int], sources: dict[int, int]) -> dict[int, int]:
    """Root -> the first root that reads the same file, as its path or the setting that names it is written."""
    first: dict[object, int] = {}
    found: dict[int, int] = {}
    written = {root: _written(code, sources.get(root, -1)) for root in sorted(roots)}
    whole = sorted({key for key in written.values() if isinstance(key, str) and not key.startswith(HOLE)})
    for root, key in written.items():
        if isinstance(key, str) and key.startswith(HOLE):  # a folder that is not known before it
            end = key.lstrip(HOLE)
            key = next((one for one in whole if one == end or one.endswith("/" + end)), end)
        found[root] = first.setdefault(key, root) if key is not None else root
    return found


def _written(code: Code, op: int) -> object | None:
    """A path as it is written: its text, or the dotted name of the setting it comes from; of a path in a folder that is not known, the end
    behind a hole."""
    if op < 0:
        return None
    values = code.resolver.of(op)
    if len(values) == 1:
        (value,) = values
        if value[0] == "settings":
            return value
        if value[0] == "text":
            head, hole, end = str(value[1]).rpartition(HOLE)
            if not hole:
                return posixpath.normpath(end)
            if end.startswith("/") and end.count("/") > 1 and not head.strip("./" + HOLE):
                return HOLE + end.strip("/")
    words = code.program.dotted(op)
    return (".".join(words),) if len(words) > 2 else None
