"""Personal data on its way to a training: whether what protects it stands on every way, and whether deletions that are asked for arrive."""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.processes import Processes
from mlrubric.graph.values import HOLE, number, texts
from mlrubric.graph.world import World

PROTECTS, WEAK, DELETES = "data.anonymize", "data.digest", "data.delete"
READS = ("data.read", "feature.serve", "artifact.download", "run.read")
FITS = ("model.fit", "model.tune")
ASKED = re.compile(r"delet|eras(e|ure)|forg[eo]t|gdpr|opt[\W_]?outs?\b|withdraw|right_to|unsubscrib|revoked", re.IGNORECASE)
PERSON = re.compile(r"user|customer|person|account|patient|member|subject|client|e?mail|employee|holder|citizen", re.IGNORECASE)
STATEMENT = re.compile(r"delete\s+from\s+[\w.\"`\[\]]*?(\w+)[\"`\]]*\s+(.*)", re.IGNORECASE | re.DOTALL)
TABLE = "table:"


def mark_privacy(world: World) -> None:
    """`treats` on what protects personal data: all, some or none of the reads whose data goes on (to a training, or to a file where nothing
    is trained). `propagates` on deletions for people's sake: true when the training reads what is left, false when none is seen to."""
    graph = world.graph
    _lift(world)
    protecting = [n for n in graph.with_role(PROTECTS, WEAK) if not is_test_code(graph.nodes[n].place.path)]
    deleting = _deleting(world)
    if not protecting and not deleting:
        return
    view = Processes(graph)
    if protecting:
        _treated(world, view, protecting)
    fits = {n for n in graph.with_role(*FITS) if not is_test_code(graph.nodes[n].place.path)}
    for node, table in sorted(deleting.items()):
        starts = [node]
        starts += [n for n in graph.of_kind("dataset") if table and graph.nodes[n].label.lower() in (TABLE + table, table)]
        attributes = graph.nodes[node].attributes
        reached = fits & view.sweep(starts).keys()
        if not table and "data.read" in graph.nodes[node].roles:  # a list of who wants to be deleted is no training data by itself
            behind = view.sweep(sorted(reached), back=True)
            reached = reached if any(n != node and n not in deleting for n in graph.with_role(*READS) if n in behind) else set()
        attributes["propagates"] = "true" if reached else "false"
        attributes["chosen"] = attributes["propagates"]
        graph.give(node, DELETES)


def _lift(world: World) -> None:
    """What applies a protecting function to every value protects as a whole: `texts.map(mask)`."""
    graph, code = world.graph, world.code
    for role in (PROTECTS, WEAK):
        inner = graph.sweep(graph.with_role(role), RUNS, back=True)
        for op, targets in sorted(code.resolver.targets.items()) if inner else ():
            scopes = [number(t) for t in targets if t[0] == "callback"]
            if any(code.scope_node.get(scope, -1) in inner for scope in scopes) and "model.fit" not in code.meanings.roles(op):
                graph.give(code.node_for(graph, op, "map"), role)


def _treated(world: World, view: Processes, protecting: list[int]) -> None:
    graph = world.graph
    goals = {n for n in graph.with_role(*FITS) if not is_test_code(graph.nodes[n].place.path)}
    goals = goals or {n for n in graph.with_role("data.write") if not is_test_code(graph.nodes[n].place.path)}
    reads = {n for n in graph.with_role(*READS) if graph.nodes[n].attributes.get("origin") != "bundled" and n not in protecting}
    before = {node: reads & view.sweep([node], back=True).keys() for node in protecting}
    after = {node: goals & view.sweep([node]).keys() for node in protecting}
    for node in protecting:
        whole = bool({"model.build", "model.fit"} & set(graph.nodes[node].roles)) or not before[node]  # noise in the training itself
        open_ = set[int]()
        for goal in after[node]:
            behind = view.sweep([goal], back=True)
            coming = {r for r in reads & behind.keys() if not _fed(view, r, reads)}
            covered = set[int]().union(*(before[n] for n in protecting if goal in after[n]))
            open_ |= coming - covered
        none = not after[node] or (whole and not _in_training(world, node))
        graph.nodes[node].attributes["treats"] = "none" if none else "some" if open_ and not whole else "all"


def _in_training(world: World, node: int) -> bool:
    """Whether what protects takes or makes a model or its loader, and not some text of its own."""
    op = world.code.node_op.get(node)
    meaning = world.code.meanings.of(op) if op is not None else None
    own = set(world.graph.nodes[node].roles)
    return bool(own & {"model.build", "model.fit"}) or (meaning is not None and "@model" in meaning.arguments)


def _fed(view: Processes, read: int, reads: set[int]) -> bool:
    """Whether what is read has come in by another read before."""
    return any(n in reads and n != read for n in view.sweep([read], back=True))


def _deleting(world: World) -> dict[int, str]:
    """Operations that take out what people asked to be deleted, each with the table that it deletes from ("" for none)."""
    graph, code = world.graph, world.code
    found: dict[int, str] = {}
    for node in graph.with_role("data.read"):
        attributes = graph.nodes[node].attributes
        if ASKED.search(attributes.get("@source", "")) or ASKED.search(attributes.get("@table", "")):
            found[node] = ""
    for node in graph.with_role(DELETES):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or code.tested(op):
            continue
        for text in texts(code.resolver.of(meaning.arguments.get("@source", -1))):
            match = STATEMENT.search(text.replace(HOLE, "?"))
            if match is not None and PERSON.search(match[2]):
                found[node] = match[1].lower()
        scope = code.program.scopes[code.program.scope_id(op)]
        if node not in found and ASKED.search(scope.name) and PERSON.search(" ".join((scope.name, *_parameters(world, op)))):
            found[node] = ""
    return found


def _parameters(world: World, op: int) -> list[str]:
    program = world.code.program
    return [program.ops[p].name for p in program.params(program.scope_id(op))]
