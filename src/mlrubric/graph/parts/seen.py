"""Which rows a learner has seen that it must not: learned before the split, beside it, or before the folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.parts.carry import Inside
from mlrubric.graph.parts.layout import MADE, READ, Layout
from mlrubric.graph.parts.learners import Learner
from mlrubric.graph.parts.pieces import TEST, TRAIN, VALIDATION, Split, named
from mlrubric.graph.parts.reached import unreached
from mlrubric.graph.parts.sites import Site, sites
from mlrubric.graph.serving import by_flag
from mlrubric.graph.world import World

TOTAL = "total"
BEFORE = ("whole", "none")
ROLES = dict.fromkeys(("statistic", "future", "target", TOTAL), "data.statistic") | dict.fromkeys(
    ("resample", "thin", "repeat"), "data.resample"
)
ROLES["inside"] = "transform.fit_apply"


@dataclass(frozen=True, slots=True)
class Training:
    """A training as its caller sees it: where it is asked for, the rows that are handed over, and the fit itself."""

    op: int
    rows: tuple[int, ...]
    fit: int
    meaning: Meaning


Index = dict[tuple[str, int], list[int]]
"""By kind and operation of a learner."""


@dataclass(slots=True)
class Seen:
    """The bits of every operation with what they speak of."""

    world: World
    layout: Layout
    bits: list[int]
    own: list[int]
    inside: Inside
    splits: list[Split]
    learners: list[Learner]
    fits: list[tuple[int, int, Meaning]] = field(default_factory=list)  # training, its data, meaning
    trainings: list[Training] = field(default_factory=list)
    folded: list[tuple[int, int]] = field(default_factory=list)  # cross-validation or search, its data
    data_of: dict[int, int] = field(default_factory=dict)  # training -> its data
    inputs_of: dict[int, tuple[int, ...]] = field(default_factory=dict)  # split in the code -> what it divides
    divided: Index = field(default_factory=dict)  # learner -> the splits that divide what it gave
    kept: Index = field(default_factory=dict)  # learner -> the trainings that keep back some rows of a training part
    taught: Index = field(default_factory=dict)  # learner -> the trainings that get what it gave
    idle: set[int] = field(default_factory=set)  # splits that are made again before anybody uses their parts
    aimed: Index = field(default_factory=dict)  # learner -> the trainings that learn to predict what it gave
    folding: Index = field(default_factory=dict)  # learner -> the cross-validations and searches that get it

    def __post_init__(self) -> None:
        for op, meaning in sorted(self.code.meanings.all().items()):
            data = meaning.arguments.get("@data", -1)
            if data < 0 or self.code.tested(op):
                continue
            if meaning.entry is not None and meaning.entry.folds:
                self.folded.append((op, data))
            elif "model.fit" in meaning.roles:
                self.fits.append((op, data, meaning))
                self.trainings.extend(Training(site, rows, op, meaning) for site, rows in self.sites(op, (data,)))

        kinds = {learner.kind for learner in self.learners}
        for split in self.splits:
            if not split.given and not self.code.tested(split.op):
                self._meets(self.divided, split.op, self.all_bits(split.inputs), kinds)
            if not split.given:
                self.inputs_of.setdefault(split.op, split.inputs)
                self.idle.update([split.op] if self._made_again(split) else [])
        lasting = self._lasting()
        for op, data, meaning in self.fits:
            self.data_of[op] = data
            callee = self.code.program.args[op][0]
            self._meets(self.taught, op, self.bits[data] | (self.bits[callee] & lasting if callee >= 0 else 0), kinds)
            self._meets(self.aimed, op, self.all_bits([meaning.arguments.get("@target", -1)]), kinds)
            if self._keeps_back(meaning):
                self._meets(self.kept if self._called_train(data) else self.divided, op, self.bits[data], kinds)
        for op, data in self.folded:
            self._meets(self.folding, op, self.bits[data], kinds)

    def _lasting(self) -> int:
        """The bits of what becomes a part of a model and is not fitted again with it."""
        found = 0
        for one in self.learners:
            meaning = self.code.meanings.of(one.op)
            if one.kind == "learned" and meaning is not None and "lasting" in self.code.meanings.traits(meaning):
                found |= self.layout.bit(one.kind, one.op)
        return found

    def _keeps_back(self, meaning: Meaning) -> bool:
        """Whether a training splits its rows itself and judges by some of them: `validation_split=0.2`."""
        share = meaning.arguments.get("@test_size", -1)
        return share >= 0 and self.code.meanings.spelling(share) not in ("none", "0", "0.0", "false")

    def _made_again(self, split: Split) -> bool:
        """Whether the names of all its parts are given to other values before anybody reads them."""
        program, uses = self.code.program, self.code.resolver.uses
        held = [op for piece in split.pieces for op in uses[piece] if program.ops[op].kind == "assign"]
        if not held or any(uses[op] for op in held):
            return False
        scope = program.scope_id(split.op)
        again = {program.ops[op].name for op in program.of_kind("assign") if op > max(held) and program.scope_id(op) == scope}
        return {program.ops[op].name for op in held} <= again

    def _called_train(self, data: int) -> bool:
        """Whether rows are taken out of something under a name that calls them the training part: another part lies beside them there."""
        program = self.code.program
        scope = program.scope_id(data)
        for op in self.code.flow.reach([data], back=True, stop=lambda o: program.scope_id(o) != scope):
            facts, args = program.ops[op], program.args[op]
            key = program.ops[args[1]].value if facts.kind == "subscript" and len(args) > 1 and args[1] >= 0 else None
            name = facts.name if facts.kind == "attribute" else key if isinstance(key, str) else ""
            if name and named(name) == TRAIN:
                return True
        return False

    def _meets(self, index: Index, op: int, bits: int, kinds: Iterable[str]) -> None:
        for key in self.layout.owned(bits, *kinds):
            index.setdefault(key, []).append(op)

    def sites(self, op: int, sources: tuple[int, ...]) -> list[Site]:
        """The operation, or the calls that hand its function the rows; rows that a function reads or divides itself are its own."""
        rows = self.layout.all("root", TRAIN, TEST, VALIDATION) | READ | MADE
        return sites(self.code, self.inside, (op, sources), lambda source: bool(self.own[source] & rows))

    def all_bits(self, ops: Iterable[int]) -> int:
        """The bits of several operations together."""
        found = 0
        for op in ops:
            found |= self.bits[op] if op >= 0 else 0
        return found

    @property
    def code(self) -> Code:
        return self.world.code

    def part(self, op: int) -> str:
        return self.layout.part(self.bits[op])

    def alike(self, one: int, other: int) -> bool:
        """Whether two operations stand in the same scope."""
        return self.code.program.scope_id(one) == self.code.program.scope_id(other)

    def node(self, op: int, role: str = "") -> int:
        """The node of an operation, made when it has none."""
        code = self.world.code
        node = code.op_node.get(op)
        if node is None:
            meaning = code.meanings.of(op)
            node = self.world.graph.add("op", meaning.api if meaning is not None else code.program.ops[op].kind, code.place(op))
            self.world.graph.nodes[node].api = meaning.api if meaning is not None else ""
            code.place_op(self.world.graph, op, node)
        if role:
            self.world.graph.give(node, role)
        self.world.graph.nodes[node].attributes["who"] = _who(code, op)
        return node


def mark_seen(seen: Seen) -> None:
    """On learners `learns` (what), `seen` (split, beside, folds, inner, no) and `toward` (the nodes it gets to); on trainings that learn
    from what they must not, nothing: the learner is the cause."""
    graph = seen.world.graph
    repeats: set[tuple[int, ...]] = set()
    for learner in seen.learners:
        if learner.what == TOTAL:  # where they are joined
            continue
        how, targets = reached(seen, learner) if not unreached(seen.code, learner.op) else ("no", [])
        if learner.what == "model" and how == "no":
            continue
        if learner.what in ROLES and how == "no" and not (learner.what == "statistic" and seen.part(learner.data) == TEST):
            continue
        if learner.what == "repeat":  # rows and their targets are repeated one after the other: one cause
            place = (seen.code.program.scope_id(learner.op), *targets)
            if place in repeats:
                continue
            repeats.add(place)
        node = seen.node(learner.op, ROLES.get(learner.what, ""))
        attributes = graph.nodes[node].attributes
        attributes["learns"], attributes["seen"] = "select" if learner.what == "model" else learner.what, how
        attributes["part"] = _part(seen, learner)
        attributes["toward"] = " ".join(str(seen.node(t)) for t in targets)
        attributes["trains"] = " ".join(str(seen.node(f)) for f in _trained(seen, learner))
        if learner.what == "encode":
            attributes["teaches"] = " ".join(str(seen.node(f)) for f in seen.taught.get((learner.kind, learner.op), ()))
    mark_asked(seen)
    _judged(seen)


def _who(code: Code, op: int) -> str:
    """What learns, in the words of the code: the class and the method, or the name that is called."""
    facts = code.program.ops[op]
    meaning, callee = code.meanings.of(op), code.program.args[op][0] if facts.kind == "call" else -1
    given = (code.program.ops[u].name for u in code.resolver.uses[op] if code.program.ops[u].kind == "assign")
    name = code.program.ops[callee].name if callee >= 0 else facts.name or next(given, facts.kind)
    kind = meaning.kind.rpartition(".")[2] if meaning is not None else ""
    return f"{kind}.{name}" if kind and kind != name else name or (meaning.api if meaning is not None else "")


def reached(seen: Seen, learner: Learner) -> tuple[str, list[int]]:
    """How what was learned gets to rows that judge it."""
    part = seen.part(learner.data)
    key = (learner.kind, learner.op)
    split, folded = seen.divided.get(key, []), seen.folding.get(key, [])
    if part in BEFORE:
        before = [s for s in split if s != learner.op and s not in seen.idle]
        if before:
            return "split", before[:1]
        beside = list(_beside(seen, learner)) if learner.what != "model" else []
        if beside:
            return "beside", beside[:1]
        if folded:
            return "folds", folded[:1]
        if key in seen.kept:
            return "inner", seen.kept[key][:1]
    elif part == "mixed" and joined(seen, learner.data):
        beside = list(_beside(seen, learner))
        if beside:
            return "beside", beside[:1]
    elif part == TRAIN:
        own = seen.layout.of(seen.bits[learner.data], TRAIN)
        inner = [*(s for s in split if s not in own), *seen.kept.get(key, ()), *folded]
        if inner:
            return "inner", inner[:1]
    return "no", []


def joined(seen: Seen, data: int) -> bool:
    """Whether training and test rows are put together again, in the same function."""
    code, scope = seen.code, seen.code.program.scope_id(data)
    for op in code.flow.reach([data], back=True, stop=lambda o: code.program.scope_id(o) != scope):
        meaning, elements = code.meanings.of(op), tuple[int, ...]()
        if meaning is not None and "data.join" in meaning.roles and "@data" in meaning.arguments:
            rows = meaning.arguments["@data"]
            elements = code.program.args[rows] if code.program.ops[rows].kind == "container" else (rows, code.program.receiver(op))
        elif code.program.ops[op].kind == "binary" and code.program.ops[op].name == "+":
            elements = _added(code, op)
        parts = {seen.part(e) for e in elements if e >= 0}
        if TRAIN in parts and parts & {TEST, VALIDATION}:
            return True
    return False


def _added(code: Code, op: int) -> tuple[int, ...]:
    """What is added up: `train + held + test`."""
    first, second = code.program.args[op]
    facts = code.program.ops[first] if first >= 0 else None
    return (*(_added(code, first) if facts is not None and facts.kind == "binary" and facts.name == "+" else (first,)), second)


def _beside(seen: Seen, learner: Learner) -> Iterator[int]:
    """Trainings on the training part that get what was learned from all rows of the same source."""
    roots = seen.bits[learner.data] & seen.layout.all("root")
    given = {split.op for split in seen.splits if split.given}
    for op in seen.taught.get((learner.kind, learner.op), ()):
        own = seen.bits[seen.data_of[op]]
        if seen.layout.part(own) == TRAIN and not _later(seen, learner.op, op):
            for split in seen.layout.of(own, TRAIN):
                other = split in given and {TEST, VALIDATION} & {kind for kind, at in _parts(seen, learner.data) if at == split}
                if other or seen.all_bits(seen.inputs_of.get(split, ())) & roots:
                    yield op


def _parts(seen: Seen, data: int) -> Iterator[tuple[str, int]]:
    return seen.layout.owned(seen.bits[data], TEST, VALIDATION)


def _later(seen: Seen, learner: int, fit: int) -> bool:
    """Whether a learner stands after a training of the same scope, and no loop brings them together."""
    program = seen.code.program
    return program.scope_id(learner) == program.scope_id(fit) and learner > fit and seen.code.flow.loop(fit) < 0


def _trained(seen: Seen, learner: Learner) -> list[int]:
    """The trainings on a training part, or inside of folds, that get what was learned."""
    key = (learner.kind, learner.op)
    fits = [op for op in seen.taught.get(key, ()) if seen.part(seen.data_of[op]) in (TRAIN, "validation", "mixed")]
    return fits + seen.folding.get(key, [])


def _part(seen: Seen, learner: Learner) -> str:
    """The part that a learner sees: the test part, too, when its function is called for that part alone, whatever other calls hand over."""
    part = seen.part(learner.data)
    if part == "mixed" and not by_flag(seen.code, learner.op):
        handed = seen.sites(learner.op, (learner.data,))
        if any(site != learner.op and seen.layout.part(seen.all_bits(rows)) == TEST for site, rows in handed):
            return TEST
    return part


def mark_asked(seen: Seen) -> None:
    """`fits_on` = asked on what learns from the very rows that a model from a file is asked about, and gets to no training."""
    code, graph, layout = seen.code, seen.world.graph, seen.layout
    asked: list[tuple[int, int]] = []
    measured = seen.all_bits(a for m in code.meanings.all().values() if "model.evaluate" in m.roles for a in m.arguments.values())
    for op, meaning in sorted(code.meanings.all().items()):
        data = meaning.arguments.get("@data", -1)
        if data >= 0 and {"model.predict", "model.evaluate"} & set(meaning.roles) and "model.fit" not in meaning.roles:
            state = seen.all_bits((code.program.args[op][0], meaning.arguments.get("@model", -1)))
            if state & layout.all("loaded"):
                asked.append((op, seen.bits[data]))
    for learner in seen.learners:
        key = (learner.kind, learner.op)
        node = code.op_node.get(learner.op, -1)
        if learner.kind != "learned" or learner.what in ROLES or node < 0 or key in seen.taught | seen.aimed | seen.folding:
            continue
        rows = seen.bits[learner.data] & layout.all("root")
        bit = layout.bit(*key)
        called = code.meanings.of(learner.op)
        spreads = called is not None and "spreads" in code.meanings.traits(called)
        unread = not rows and not measured & bit  # made of what somebody typed in
        by = [op for op, bits in asked if bits & bit and (bits & rows or unread) and learner.op < op and not spreads]
        if by and seen.part(learner.data) in ("none", "whole", TEST, VALIDATION, "mixed"):
            if not measured & layout.bit(*key) and not code.tested(learner.op):
                graph.nodes[node].attributes["refit"] = "fit"  # nothing is judged: these are the rows to be answered for
                continue
            graph.nodes[node].attributes["fits_on"] = "asked"
            graph.nodes[node].attributes["toward"] = str(seen.node(by[0]))


def _judged(seen: Seen) -> None:
    """`fits_on` = test on what learned from a test part and is asked about rows afterwards, or changed the rows that are asked about."""
    code, graph = seen.code, seen.world.graph
    asked = rows = 0
    for op, meaning in code.meanings.all().items():
        if "model.predict" in meaning.roles or "model.evaluate" in meaning.roles:
            data = meaning.arguments.get("@data", -1)
            rows |= seen.bits[data] if data >= 0 else 0
            asked |= seen.bits[op] | seen.bits[code.program.args[op][0]]
            for argument in meaning.arguments.values():
                asked |= seen.bits[argument]
    for kind in ("fitted", "learned"):
        for op in seen.layout.of(seen.layout.all(kind), kind):
            node = code.op_node.get(op)
            if node is not None and graph.nodes[node].attributes.get("part") == TEST:
                bit = seen.layout.bit(kind, op)
                by = rows if graph.nodes[node].attributes.get("learns") == "statistic" else asked | rows
                if by & bit:
                    graph.nodes[node].attributes["fits_on"] = TEST
                graph.nodes[node].attributes["who"] = _who(code, op)
