"""What was served looked at later: its quality once outcomes come, its features computed again, the distribution of its answers.

A data set holds what was served when the code that answers requests, or a batch of predictions, writes it, or when it is called so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlrubric.graph.code import is_test_code
from mlrubric.graph.definitions import origin
from mlrubric.graph.graph import RUNS
from mlrubric.graph.twice import SAME
from mlrubric.graph.values import number
from mlrubric.graph.watch.answered import Answered
from mlrubric.graph.world import World

NAMED = re.compile(
    r"(?<![a-z])(served|serving|predictions?|predicted|inferences?|scor(es?|ed|ing)|requests?|live|prod(uction)?|feedback|responses?)(?![a-z])",
    re.IGNORECASE,
)
LATER = re.compile(r"(?<![a-z])(cur(rent)?|live|prod(uction)?|served|serving|incoming|recent|latest)(?![a-z])", re.IGNORECASE)
ANSWER = re.compile(r"(?<![a-z])(y_pred|y_hat|pred(s|iction|ictions|icted)?|scores?|proba(bility|bilities|s)?)(?![a-z])", re.IGNORECASE)
JOINED = re.compile(r"\bjoin\b|\busing\s*\(", re.IGNORECASE)
READ = frozenset({"data.read", "artifact.download"})
FEATURES = frozenset({"code.feature", "code.shared"})
PLAIN = frozenset({"load", "assign", "compare", "boolean", "unary", "binary", "call", "attribute", "subscript"})
MOST = 60


class Served:
    """The data sets of a repository that hold what was served, and who wrote them."""

    def __init__(self, world: World) -> None:
        self.world, self.graph, self.code = world, world.graph, world.code
        graph, code = self.graph, self.code
        handlers = graph.sweep(graph.with_role("serve.handle"), frozenset({"call"}))
        self.by_handler, self.by_batch = set[int](), dict[int, int]()
        for node, op in sorted(code.node_op.items()):
            if is_test_code(graph.nodes[node].place.path):
                continue
            answers, written = code.holder(op) in handlers, [e.target for e in graph.successors(node, ("write",))]
            if not written:
                continue
            if answers:
                self.by_handler.update(written)
            elif "model.predict" in code.about(op) and "model.fit" not in graph.nodes[node].roles:
                self.by_batch.update(dict.fromkeys(written, node))
        self.by_handler = self._joined(self.by_handler)
        for start in sorted(self.by_batch):
            for same in self._joined([start]):
                self.by_batch.setdefault(same, self.by_batch[start])

    def _joined(self, artifacts: Iterable[int]) -> set[int]:
        found = set(artifacts)
        for artifact in list(found):
            found.update(e.target for e in self.graph.successors(artifact, ("join",)) if e.certain)
        return found

    def sources(self, read: int) -> set[int]:
        """What a read reads."""
        return {e.source for e in self.graph.predecessors(read, ("read",))}

    def holds(self, read: int, *, named: bool = True) -> bool:
        """Whether a read takes what was served: by who wrote it, or by its name."""
        sources = self.sources(read)
        if sources & (self.by_handler | self.by_batch.keys()):
            return True
        return named and NAMED.search(self.spelled(read)) is not None

    def spelled(self, read: int) -> str:
        """The names of what is read: path, address, tables, the query."""
        attributes = self.graph.nodes[read].attributes
        labels = [self.graph.nodes[n].label for n in self.sources(read)]
        return " ".join([attributes.get("source", ""), attributes.get("@source", ""), *labels]).replace("_", " ")

    def offline(self, read: int, other: int) -> bool:
        """Whether what made the predictions had the outcomes at hand: it reads the same data as `other`."""
        makers = {self.by_batch[s] for s in self.sources(read) & self.by_batch.keys()}
        if self.sources(read) & self.by_handler:
            return False
        outcomes = self.sources(other)
        for maker in makers:
            holder = self.code.holder(self.code.node_op[maker])
            runs = self.graph.sweep([holder], RUNS)
            if any(outcomes & self.sources(n) for n in runs):
                return True
        return False


def reads_behind(world: World, ops: Iterable[int]) -> list[int]:
    """The nodes that read data and come to some operations."""
    found = {world.code.op_node[o] for o in world.code.flow.reach(ops, back=True) if o in world.code.op_node}
    return sorted(n for n in found if READ & set(world.graph.nodes[n].roles))


def mark_served(world: World, answered: Answered) -> None:
    """`model.monitor` on measures of the quality of what was served, `data.skew` where its features are computed again, `of` on measures
    of drift between predictions; and the checks that ask for them."""
    served = Served(world)
    _quality(world, answered, served)
    _skew(world, answered, served)
    _predictions(world, answered)


def _quality(world: World, answered: Answered, served: Served) -> None:
    graph, code = world.graph, world.code
    for node in graph.with_role("model.evaluate"):
        op = code.node_op.get(node)
        if op is None or is_test_code(graph.nodes[node].place.path) or "model.monitor" in graph.nodes[node].roles:
            continue
        about = code.about(op)
        if "data.report" in graph.nodes[node].roles:  # a library's report of what is current
            late = "@current" in graph.nodes[node].attributes and not about & {"data.split", "model.fit"}
        elif "model.predict" in about:
            late = "model.fit" not in about and _later(world, served, op)
        else:
            late = _outcomes(world, served, op, about)
        if late:
            graph.give(node, "model.monitor")
            if not {"data.report", "data.drift"} <= set(graph.nodes[node].roles):  # who asks such a report asks for its drift
                answered.ask(op, ("check.monitor",))


def _outcomes(world: World, served: Served, op: int, about: frozenset[str]) -> bool:
    """Whether stored predictions are held against outcomes that were joined with them."""
    reads = reads_behind(world, [op])
    for read in reads:
        if not served.holds(read):
            continue
        if served.sources(read) & served.by_handler or _stored(world, read):
            return True
        if JOINED.search(world.graph.nodes[read].attributes.get("@source", "")) or len(served.sources(read)) > 1:
            return True
        others = [r for r in reads if r != read and not served.sources(r) & served.sources(read)]
        if "data.join" in about and any(not served.offline(read, other) for other in others):
            return True
    return False


def _stored(world: World, read: int) -> bool:
    """Whether a table of predictions, that is no file of one run, also holds what came true."""
    attributes = world.graph.nodes[read].attributes
    return attributes.get("origin") == "database" and "to_fit" in attributes and attributes["to_fit"] == "false"


def _later(world: World, served: Served, op: int) -> bool:
    """Whether a model that was loaded is measured on rows that are called current, live or the like."""
    if not world.code.about(op) & {"model.load"}:
        return False
    reads = reads_behind(world, [op])
    return bool(reads) and any(LATER.search(served.spelled(read)) for read in reads)


def _skew(world: World, answered: Answered, served: Served) -> None:
    """A comparison of served features with the same features, computed again."""
    graph, code = world.graph, world.code
    if not served.by_handler and not graph.with_role(*FEATURES):
        return
    holding = [op for op, node in code.op_node.items() if READ & set(graph.nodes[node].roles) and served.holds(node)]
    after = code.flow.reach(holding)
    for condition in answered.conditions():
        about = code.about(condition)
        if condition not in after or "data.read" not in about or about & {"model.predict", "model.evaluate", "model.fit", "data.drift"}:
            continue
        if not _equates(world, condition):
            continue
        back = code.flow.reach([condition], back=True)
        reads = sorted({code.op_node[o] for o in back if o in code.op_node and READ & set(graph.nodes[code.op_node[o]].roles)})
        kept = [read for read in reads if served.holds(read)]
        others = [r for r in reads if r not in kept and not any(served.sources(r) & served.sources(k) for k in kept)]
        if kept and others and _computes(world, back):
            answered.mark(condition, ("data.skew", "check.skew"))


def _computes(world: World, ops: Iterable[int]) -> bool:
    """Whether feature code of the project is called on the way."""
    code, nodes = world.code, world.graph.nodes
    for op in ops:
        for target in code.resolver.targets.get(op, ()) if code.program.ops[op].kind == "call" else ():
            if target[0] == "function" and FEATURES & set(nodes[code.scope_node[number(target)]].roles):
                return True
    return False


def _equates(world: World, condition: int) -> bool:
    """Whether a condition asks if two values are the same, exactly or nearly."""
    code, program = world.code, world.code.program
    waiting, seen = [condition], set[int]()
    while waiting and len(seen) < MOST:
        op = waiting.pop()
        if op < 0 or op in seen:
            continue
        seen.add(op)
        facts, args = program.ops[op], program.args[op]
        if facts.kind == "call" and args and args[0] >= 0 and program.ops[args[0]].name.lower() in SAME:
            return True
        if facts.kind == "compare" and facts.value in (("==",), ("!=",)) and all(a >= 0 and code.about(a) & READ for a in args):
            return True
        if facts.kind == "binary" and facts.name == "-" and all(a >= 0 and code.about(a) & READ for a in args):
            return True
        if facts.kind in PLAIN:
            waiting.extend((*args, *code.resolver.reads.get(op, ())))
    return any(program.ops[c].kind == "call" and _named_same(world, c) for c in (condition, *world.code.resolver.uses[condition]))


def _named_same(world: World, call: int) -> bool:
    callee = world.code.program.args[call][:1]
    return bool(callee) and callee[0] >= 0 and world.code.program.ops[callee[0]].name.lower() in SAME


def _predictions(world: World, answered: Answered) -> None:
    """Drift between the answers of a model is no drift of its inputs."""
    graph, code = world.graph, world.code
    for node in graph.with_role("data.drift"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or "data.report" in meaning.roles:
            continue
        sides = [meaning.arguments[role] for role in ("@reference", "@current") if role in meaning.arguments]
        if len(sides) == 2 and all(_answers(world, side) for side in sides):
            graph.nodes[node].attributes["of"] = "predictions"
            answered.ask(op, ("check.drift",), of="predictions")


def _answers(world: World, op: int) -> bool:
    """Whether a column is called like the answers of a model, or holds some."""
    program = world.code.program
    facts, args = program.ops[op], program.args[op]
    if "model.predict" in world.code.meanings.roles(origin(world.code, op)):
        return True
    if facts.kind == "subscript" and len(args) == 2 and args[1] >= 0:
        key = program.ops[args[1]].value
        return isinstance(key, str) and ANSWER.search(key) is not None
    return facts.kind in ("load", "param", "attribute") and ANSWER.search(facts.name) is not None
