"""The metrics that the code emits: the names of their series, and what they are about by what is put into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mlrubric.graph.code import is_test_code
from mlrubric.graph.resolve import containers
from mlrubric.graph.values import HOLE, keys_of, number, ordered, texts
from mlrubric.graph.world import World
from mlrubric.knowledge.metrics import Metrics

WALKED = frozenset({"load", "assign", "phi", "attribute", "import", "param", "subscript", "dict", "container", "return", "slot"})
MOST = 400
BY_FLOW = (
    ("skew", frozenset({"data.skew"})),
    ("numeric", frozenset({"check.finite"})),
    ("quality", frozenset({"model.monitor"})),
    ("drift", frozenset({"data.drift"})),
    ("quality", frozenset({"model.evaluate"})),
    ("performance", frozenset({"measure.time", "measure.memory"})),
    ("prediction", frozenset({"model.predict"})),
    ("validated", frozenset({"data.validate"})),
)


@dataclass(slots=True)
class Emission:
    """A metric of the code. `node` makes it, `fed` are the operations that put values in; `series` are patterns of its names (one `*`
    alone when its name is not known), `subjects` what flows into it."""

    node: int
    name: str
    series: tuple[str, ...]
    fed: list[int] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    idle: bool = False  # nothing ever puts a value in

    def has(self, metric: str) -> bool:
        return any(fnmatchcase(metric, pattern) for pattern in self.series)

    @property
    def known(self) -> bool:
        return self.series != ("*",)


def emissions(world: World, metrics: Metrics) -> list[Emission]:
    """All metrics of the code outside of tests, in order of their place."""
    graph, code = world.graph, world.code
    found: dict[int, Emission] = {}
    by_op: dict[int, Emission] = {}
    emitting = [n for n in graph.with_role("metric.emit") if n in code.node_op and not is_test_code(graph.nodes[n].place.path)]
    for node in emitting:
        op, api = code.node_op[node], graph.nodes[node].api
        installed = metrics.emitted_by(api)
        names = _names(world, op)
        if installed:
            found[node] = Emission(node, api.rpartition(".")[2], installed, subjects={"performance"})
        elif names:
            series = tuple(s for name in names for s in metrics.series(api, name.replace(HOLE, "*")))
            known = all(s.strip("*_") for s in series)
            found[node] = by_op[op] = Emission(node, names[0].replace(HOLE, "*"), series if known else ("*",))
    lost = False  # a value is put into we do not know which metric
    for node in emitting:
        op = code.node_op[node]
        if node not in found:
            makers = [by_op[source] for source in _makers(world, op) if source in by_op]
            lost = lost or (not makers and "@value" in graph.nodes[node].attributes)
            for maker in makers:
                maker.fed.append(node)
                maker.subjects |= set(_subjects(world, op, node))
        elif op in by_op and ("@value" in graph.nodes[node].attributes or "measure.time" in graph.nodes[node].roles):
            # one call makes the metric and puts a value in
            found[node].subjects |= set(_subjects(world, op, node))
            found[node].fed.append(node)
    for emission in by_op.values():
        emission.idle = not lost and not emission.fed and not any("*" in one for one in emission.series)
    return [found[n] for n in sorted(found, key=lambda n: graph.nodes[n].place)]


def _names(world: World, op: int) -> list[str]:
    """The full names that a metric may have, from its namespace, subsystem, name and unit."""
    meaning = world.code.meanings.of(op)
    if meaning is None or "@name" not in meaning.arguments:
        return []
    found = [""]
    for part in ("@namespace", "@subsystem", "@name", "@unit"):
        argument = meaning.arguments.get(part)
        if argument is None:
            continue
        values = texts(world.code.resolver.of(argument)) or (HOLE,)
        found = [f"{before}_{value}" if before and value else before or value for before in found for value in values][:8]
    return [name for name in found if name]


def _makers(world: World, op: int) -> Iterator[int]:
    """The calls that made the metric a method is called on: through names, attributes, containers and `.labels(...)`."""
    program, resolver = world.code.program, world.code.resolver
    waiting, seen = [_receiver(world, op)], set[int]()
    while waiting and len(seen) < MOST:
        current = waiting.pop()
        if current < 0 or current in seen:
            continue
        seen.add(current)
        kind = program.ops[current].kind
        if kind == "call":
            meaning = world.code.meanings.of(current)
            if meaning is not None and "metric.emit" in meaning.roles and "@name" in meaning.arguments:
                yield current
            else:
                waiting.append(_receiver(world, current))
        elif kind == "subscript" and (entries := _entries(world, current)):
            waiting.extend(entries)
        elif kind in WALKED:
            own = program.args[current][:1] if kind in ("attribute", "subscript") else program.args[current]
            waiting.extend((*resolver.reads.get(current, ()), *own))


def _entries(world: World, op: int) -> list[int]:
    """The values that a constant key takes out of a container that is made in sight."""
    program, resolver = world.code.program, world.code.resolver
    base, index = program.args[op][:2]
    keys = set(keys_of(resolver.of(index)))
    made = [number(v) for v in ordered(resolver.of(base)) if v[0] == "made"]
    return [value for one in made for key, values in containers.entries(resolver, one) if key in keys for value in values]


def _receiver(world: World, op: int) -> int:
    program = world.code.program
    callee = program.args[op][0] if program.args[op] else -1
    return program.args[callee][0] if callee >= 0 and program.ops[callee].kind == "attribute" and program.args[callee] else -1


def _subjects(world: World, op: int, node: int) -> Iterator[str]:
    """What is put in: by the roles of what flows into the value, of the condition it stands under, and of its labels."""
    code = world.code
    if "measure.time" in world.graph.nodes[node].roles:
        yield "performance"
        return
    meaning = code.meanings.of(op)
    value = meaning.arguments.get("@value") if meaning is not None else None
    if value is not None:
        subject = by_flow(code.about(value))
        if subject == "performance" and _moment(world, value):
            subject = "moment"
        if subject:
            yield subject
        return
    if "set_to_current_time" in world.graph.nodes[node].api:
        yield "moment"
        return
    for condition in code.checks.guards(op):
        subject = by_flow(code.about(condition))
        if subject in ("numeric", "drift", "skew"):
            yield subject
            return
    receiver = _receiver(world, op)
    if receiver >= 0 and world.code.program.ops[receiver].kind == "call" and "model.predict" in code.about(receiver):
        yield "prediction"


def by_flow(about: frozenset[str]) -> str:
    """The subject of a value from the roles of what flows into it; a quality that comes straight from training is none of serving."""
    for subject, roles in BY_FLOW:
        if roles & about:
            if subject == "quality" and {"model.fit", "data.split"} <= about:
                return "offline"
            return subject
    return ""


def _moment(world: World, op: int) -> bool:
    """Whether a value is a time itself, and no difference of two."""
    program, resolver = world.code.program, world.code.resolver
    waiting, seen = [op], set[int]()
    while waiting and len(seen) < MOST:
        current = waiting.pop()
        if current < 0 or current in seen:
            continue
        seen.add(current)
        if program.ops[current].kind == "binary":
            return False
        if program.ops[current].kind in WALKED:
            waiting.extend((*resolver.reads.get(current, ()), *program.args[current]))
    return True
