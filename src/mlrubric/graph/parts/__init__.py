"""Which part of the data an operation sees, and what of it gets where it must not: to a training from rows that judge it, to a choice
from rows that should have judged it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial

from mlrubric.graph.code import Code
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.parts.afterwards import mark_afterwards, same_source
from mlrubric.graph.parts.by_call import by_call
from mlrubric.graph.parts.carry import Carrier, Inside
from mlrubric.graph.parts.columns import mark_columns
from mlrubric.graph.parts.handed import handed_in_parts
from mlrubric.graph.parts.in_tests import mark_taught_in_tests
from mlrubric.graph.parts.inline import inline
from mlrubric.graph.parts.joined import mark_totals
from mlrubric.graph.parts.judged import WRITES, judgements, mark_judged
from mlrubric.graph.parts.layout import MADE, READ, Layout
from mlrubric.graph.parts.learners import Learner, learners, statistics, targets
from mlrubric.graph.parts.pieces import TEST, Split, splits
from mlrubric.graph.parts.seen import Seen, mark_seen
from mlrubric.graph.parts.sites import levels, sites
from mlrubric.graph.parts.stops import mark_stops
from mlrubric.graph.parts.sweeps_of_runs import mark_sweeps
from mlrubric.graph.parts.times import mark_series, series
from mlrubric.graph.parts.totals import totals
from mlrubric.graph.parts.tracked import mark_tracked
from mlrubric.graph.parts.unknown_fits import unknown_fits
from mlrubric.graph.paths import ends_alike
from mlrubric.graph.world import World

READS = ("data.read", "file.open")


def mark_parts(world: World) -> None:
    """`part` on operations that take data, and on learners, splits, trainings and evaluations what the leakage rules ask for."""
    code = world.code
    found = splits(code)
    found = sorted([*found, *inline(code, frozenset(piece for one in found for piece in one.pieces))], key=lambda one: one.op)
    learned = learners(code)
    goals = _goals(code, found)
    if not goals:
        return
    files = _files(world)
    goals += [source for source, _ in files]
    inside = Inside(code, goals)
    files = by_call(code, files)
    found += handed_in_parts(code, found, files, partial(_roots, code, inside=inside))
    learned += unknown_fits(code, found, files)
    learned = sorted([*learned, *_statistics(code, found, inside, [w for w, _ in files])], key=lambda one: one.op) if found else learned
    layout, labels = _labels(world, found, learned, inside)
    carrier = Carrier(code, layout, labels, files, inside, _choosing(layout, learned))
    bits = carrier.run()
    learned = [one for one in learned if one.what not in ("statistic", "future", "target", "total") or _over_all(layout, bits[one.data])]
    seen = Seen(world, layout, bits, carrier.own, inside, found, learned)
    for node, op in code.node_op.items():
        known = code.meanings.of(op)
        data = known.arguments.get("@data", known.arguments.get("@target", -1)) if known is not None else -1
        if data >= 0:
            world.graph.nodes[node].attributes["part"] = layout.part(bits[data])
    mark_seen(seen)
    mark_totals(seen)
    everything = judgements(seen)
    mark_judged(seen, everything)
    tested = _with_tests(world, layout, labels, files, goals) if _judged_in_tests(code) else None
    mark_afterwards(seen, *(tested or (bits, inside)))
    if tested:
        mark_taught_in_tests(seen, *tested)
    mark_stops(seen, everything)
    mark_sweeps(seen, everything)
    mark_tracked(seen, everything)
    mark_columns(seen)
    mark_series(seen)


def _labels(world: World, found: list[Split], learned: list[Learner], inside: Inside) -> tuple[Layout, dict[int, int]]:
    """Where every bit begins."""
    code, layout, labels = world.code, Layout(), dict[int, int]()

    def add(op: int, bits: int) -> None:
        labels[op] = labels.get(op, 0) | bits

    first = _first_readers(code, inside)
    for split in found:
        for piece, part in split.pieces.items():
            add(piece, layout.bit(part, split.op) | (READ if split.given else 0))
            if split.given and split.meaning is None:
                layout.called.add(piece)
    for op, meaning in sorted(code.meanings.all().items()):
        roles = meaning.roles
        if ("data.read" in roles or ("file.open" in roles and "file.write" not in roles)) and not (
            meaning.entry is not None and meaning.entry.parts
        ):
            add(op, READ)
            for root in (
                () if "file.open" in roles else [root for root, _ in _roots(code, op, meaning.arguments.get("@source", -1), inside)]
            ):
                add(root, layout.bit("root", first.get(root, root)))
        elif "data.synthetic" in roles:
            add(op, MADE | layout.bit("root", op))
        if "model.load" in roles:
            add(op, layout.bit("loaded", op))
        if code.tested(op):
            continue
        if "model.fit" in roles:
            for site in {site for site, _ in levels(code, inside, (op, (meaning.arguments.get("@data", op),)))}:
                add(site, layout.bit("fitted", site))
        if "model.evaluate" in roles:
            add(op, layout.bit("scored", op))
    for learner in learned:
        add(learner.op, layout.bit(learner.kind, learner.op))
    for op, bits in series(code).items():
        add(op, bits)
    return layout, labels


def _judged_in_tests(code: Code) -> bool:
    """Whether tests measure, ask, or train on and save, a model that they load, or that what they call loads."""
    roles = {role for op, meaning in code.meanings.all().items() for role in meaning.roles if role == "model.load" or _in_tests(code, op)}
    return "model.load" in roles and bool({"model.evaluate", "model.predict"} & roles or {"model.fit", "model.save"} <= roles)


def _in_tests(code: Code, op: int) -> bool:
    """Whether an operation stands in test code, or in a function that test code calls."""
    return code.tested(op) or any(code.tested(call) for call in code.resolver.callers.get(code.program.scope_id(op), ()))


def _with_tests(
    world: World, layout: Layout, labels: dict[int, int], files: list[tuple[int, int]], goals: list[int]
) -> tuple[list[int], Inside]:
    """The bits of every operation when the tests are run as well, and what reaches what inside of functions then."""
    code = world.code
    judges = {"model.evaluate", "model.predict"}
    tested = [op for op, meaning in code.meanings.all().items() if judges & set(meaning.roles) and _in_tests(code, op)]
    inside = Inside(code, [*goals, *tested, *(a for op in tested for a in code.program.args[op] if a >= 0)], tests=True)
    return Carrier(code, layout, labels, files, inside).run(), inside


def _choosing(layout: Layout, learned: list[Learner]) -> int:
    """The bits of those whose knowledge chooses columns."""
    chosen = 0
    for one in learned:
        chosen |= layout.bit(one.kind, one.op) if one.what in ("select", "model") else 0
    return chosen


def _roots(code: Code, read: int, source: int, inside: Inside) -> list[tuple[int, int]]:
    """Where rows begin, with what names them: the read, or the calls of its function when it reads what its callers name."""
    if source < 0:
        return [(read, -1)]
    return sorted({(site, handed[0]) for site, handed in sites(code, inside, (read, (source,)), lambda _: False, tests=True)})


def _first_readers(code: Code, inside: Inside) -> dict[int, int]:
    """Root -> the first root that reads the same source."""
    sources: dict[int, int] = {}
    for op, meaning in code.meanings.all().items():
        if "data.read" in meaning.roles:
            sources.update(_roots(code, op, meaning.arguments.get("@source", -1), inside))
    return same_source(code, sources, sources)


def _files(world: World) -> list[tuple[int, int]]:
    """Edges from what is written to a file to the operations that read the same file."""
    graph, node_op = world.graph, world.code.node_op
    found: list[tuple[int, int]] = []
    inside: dict[int, set[int]] = {}
    for artifact in graph.of_kind("artifact", "dataset", "model"):
        name = graph.nodes[artifact].label
        near = {artifact, *(e.target for e in graph.successors(artifact, ("join",)) if _alike(name, graph.nodes[e.target].label))}
        writers = _makers(graph, artifact, [e.source for e in graph.predecessors(artifact, ("write",)) if e.source in node_op], inside)
        readers = [e.target for one in near for e in graph.successors(one, ("read",)) if e.target in node_op]
        found.extend((node_op[w], node_op[r]) for w in writers for r in readers if _reads(set(graph.nodes[r].roles)))
    return sorted(set(found))


def _makers(graph: Graph, artifact: int, writers: list[int], inside: dict[int, set[int]]) -> list[int]:
    """The writers whose file the readers get: of a file that a stage declares to make, those of that stage, it makes the file anew.
    `inside` keeps what each stage runs."""
    stages = [e.source for e in graph.predecessors(artifact, ("write", "declare")) if graph.nodes[e.source].kind == "stage"]
    for stage in stages:
        if stage not in inside:
            inside[stage] = set(graph.sweep([stage], RUNS, stop={*graph.of_kind("stage")} - {stage}))
    return [w for w in writers if any(w in inside[stage] for stage in stages)] or writers


def _alike(one: str, other: str) -> bool:
    """Whether two paths may be one file: alike at the end, or one is a name with a part that is put in later."""
    ways = ((one, other), (other, one))
    return ends_alike(one, other) or any(p.rpartition("/")[2].strip("*") and "*" in p and fnmatchcase(f, p) for p, f in ways)


def _reads(roles: set[str]) -> bool:
    return bool({"data.read", "model.load"} & roles) or ("file.open" in roles and "file.write" not in roles)


def _goals(code: Code, found: list[Split]) -> list[int]:
    """Everything that is asked for its bits: what is split, fitted on, judged and chosen by."""
    goals = {op for split in found for op in (split.op, *split.inputs, *split.pieces)}
    judged = False
    tracked = any(
        "run.read" in meaning.roles or ("model.tune" in meaning.roles and "@function" in meaning.arguments)
        for meaning in code.meanings.all().values()
    )
    for op, meaning in code.meanings.all().items():
        if any(role.startswith(("model.", "transform.")) and role != "model.build" for role in meaning.roles):
            goals.update((op, code.program.args[op][0], *meaning.arguments.values()))
            judged = True
        elif set(meaning.roles) & set(WRITES) or (found and "picks" in code.meanings.traits(meaning)):
            goals.add(op)
        elif tracked and "run.log_metric" in meaning.roles:
            goals.update(meaning.arguments.values())
    if not judged:
        return []
    goals.update(op for op, facts in enumerate(code.program.ops) if facts.kind == "compare") if found else None
    return sorted(goals - {-1})


def _statistics(code: Code, found: list[Split], inside: Inside, writers: list[int]) -> list[Learner]:
    """Statistics over what is read that may reach what is split or trained on."""
    meanings = code.meanings.all().items()
    goals = {op for split in found for op in split.inputs}
    for _, meaning in meanings:
        if {"model.fit", "model.predict", "model.evaluate"} & set(meaning.roles) and "@data" in meaning.arguments:
            goals.add(meaning.arguments["@data"])
    read = code.flow.reach([op for op, meaning in meanings if set(READS) & set(meaning.roles)])
    reaching = code.flow.reach([*goals, *writers, *inside.returned], back=True)
    applied = {scope for _, _, scope in inside.applied}
    found_ones = [*statistics(code, read.keys(), applied), *totals(code, read.keys(), targets(code))]
    return [one for one in found_ones if one.op in reaching]


def _over_all(layout: Layout, bits: int) -> bool:
    """Whether a statistic is of read rows that are not split, or of the test part."""
    return bool(bits & READ) and layout.part(bits) in ("whole", TEST)
