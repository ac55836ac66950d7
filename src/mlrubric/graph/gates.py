"""Releases and what guards them: which checks of quality every way to a registration, promotion, deployment or upload must pass.

Inside code, a check guards a release when it comes first on every way or stands around it; between commands, when an earlier command of
the same step, job or needed job fails on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.derive import compares
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.order import Order
from mlrubric.graph.world import World

RELEASES = ("model.register", "model.promote", "model.deploy")
PROSE = (".md", ".rst", ".txt")  # a document tells of releases, it makes none
REAL = frozenset({"data.read", "artifact.download", "model.load", "feature.serve"})  # a comparison on made-up rows vetoes nothing
MODEL_FILES = (
    ".pkl",
    ".pickle",
    ".joblib",
    ".h5",
    ".keras",
    ".pt",
    ".pth",
    ".onnx",
    ".safetensors",
    ".bin",
    ".tflite",
    ".cbm",
    ".model",
    ".mar",
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A release node, the checks before it, and a way of runs that leads to it."""

    node: int
    checks: tuple[int, ...]


def releases(world: World) -> list[int]:
    """Nodes that release a model: by role, or files published after a training in the same workflow, or published model files."""
    graph = world.graph
    found = set(graph.with_role(*RELEASES))
    trained = _trained(world)
    for node in graph.with_role("artifact.upload"):
        if graph.nodes[node].attributes.get("does") != "keep" and (_carries_model(world, node) or node in trained):
            found.add(node)
    return sorted(n for n in found if not is_test_code(graph.nodes[n].place.path) and not graph.nodes[n].place.path.endswith(PROSE))


def _trained(world: World) -> set[int]:
    """Published files of jobs that train, themselves or in a job they need, before they publish."""
    graph = world.graph
    fits = {n for n in graph.with_role("model.fit") if not is_test_code(graph.nodes[n].place.path)}
    stops = graph.of_kind("test")
    found: set[int] = set()
    for node in graph.with_role("artifact.upload"):
        before = [e for holder in _holders(graph, node) for e in _earlier(world, holder, lost=True)]
        if fits & graph.sweep(before, RUNS, stop=stops).keys():
            found.add(node)
    return found


def _carries_model(world: World, node: int) -> bool:
    attributes = world.graph.nodes[node].attributes
    words = " ".join([world.graph.nodes[node].label, *(v for k, v in attributes.items() if k.startswith("with."))])
    if any(word.strip("\"',").lower().endswith(MODEL_FILES) for word in words.split()):
        return True
    named = {key for key, number in world.artifacts.items() if world.graph.nodes[number].kind == "model"}
    return any(word.strip("\"',./") and (word.strip("\"',./") in named) for word in words.split())


def guard_releases(world: World) -> list[Guarded]:
    """For every release the blocking checks of quality that guard it; `guarded` and a `guard` edge are left in the graph."""
    graph, code = world.graph, world.code
    checks = {decides(code, n): n for n in graph.with_role("model.compare") if n in code.node_op and graph.nodes[n].gate}
    order = Order(code, [op for op in checks if not code.checks.swallowed(op)])
    found: list[Guarded] = []
    for node in releases(world):
        op = code.node_op.get(node)
        guards, free = _in_code(code, graph, op, order, checks) if op is not None else (set(), [])
        outer = _in_workflow(world, node, set(checks.values()))
        for guard in sorted(guards | outer):
            graph.connect(guard, node, "guard", graph.nodes[guard].place)
        guarded = bool(outer) or (bool(guards) and not free)
        graph.nodes[node].attributes["guarded"] = "true" if guarded else "some" if guards else "false"
        if guards and not outer:
            for way in free:
                _way_around(code, graph, node, way)
        found.append(Guarded(node, tuple(sorted(guards | outer)) if guarded else ()))
    _mark_first(world)
    everywhere = all(one.checks for one in found)
    for check in {c for one in found for c in one.checks}:
        graph.nodes[check].attributes["guards"] = "true" if everywhere else "some"
    return found


def _mark_first(world: World) -> None:
    """`first` on the first unguarded release of a function, a job or a script: what follows there has the same cause."""
    graph, led = world.graph, set[tuple[str, int]]()
    judged = [n for n in graph.with_role(*RELEASES, "artifact.upload") if "guarded" in graph.nodes[n].attributes]
    for node in sorted(judged, key=lambda n: graph.nodes[n].place):
        attributes = graph.nodes[node].attributes
        op = world.code.node_op.get(node)
        if op is not None:
            group = ("code", world.code.program.scope_id(op) if graph.nodes[node].place.cell is None else -node)
        else:
            above = [n for n in graph.sweep([node], RUNS, back=True) if graph.nodes[n].kind in ("job", "module", "stage")]
            group = ("run", above[0] if above else node)
        attributes["first"] = "true" if attributes["guarded"] == "false" and group not in led else "false"
        if attributes["guarded"] == "false":
            led.add(group)
    own = {world.code.program.scope_id(op): n for n in _leading(graph) if (op := world.code.node_op.get(n)) is not None}
    for scope, node in own.items():
        callers = {world.code.program.scope_id(c) for c in world.code.resolver.callers.get(scope, ())} - {scope}
        if callers and all(c in own and graph.nodes[own[c]].attributes["first"] == "true" for c in callers):
            graph.nodes[node].attributes["first"] = "false"  # a helper of a function that releases itself


def _leading(graph: Graph) -> list[int]:
    """The unguarded releases that speak for others."""
    return [n for n in graph.with_role(*RELEASES) if graph.nodes[n].attributes.get("first") == "true"]


def decides(code: Code, node: int) -> int:
    """The operation by which a check is passed: the condition around a `raise` or an exit, else the check itself."""
    check = code.check_of.get(node)
    return check.conditions[0] if check is not None and check.form in ("raise", "exit") and check.conditions else code.node_op[node]


def _way_around(code: Code, graph: Graph, release: int, call: int) -> None:
    """A call that leads to a release past the check that guards the other ways: the place to mend."""
    node = code.op_node.get(call)
    if node is None:
        node = graph.add("op", graph.nodes[release].label, code.place(call), graph.nodes[release].roles, graph.nodes[release].api)
        code.op_node[call], code.node_op[node] = node, call
        graph.connect(code.holder(call), node, "call", code.place(call))
    graph.nodes[node].attributes["guarded"] = "false"


def _in_code(code: Code, graph: Graph, op: int, order: Order, checks: dict[int, int]) -> tuple[set[int], list[int]]:
    """The checks that guard an operation, and the calls that lead to it past all of them: the operation itself when no way is guarded."""
    found: set[int] = set()
    free = _free_ways(code, graph, op, order, checks, found, frozenset())
    if free and not found:
        return set(), [op]
    return found, free


def _free_ways(code: Code, graph: Graph, op: int, order: Order, checks: dict[int, int], found: set[int], seen: frozenset[int]) -> list[int]:
    """The calls that lead to an operation without a check, where the ways part; checks on the other ways are added to `found`."""
    before = order.before(op)
    if before is not None:
        found.add(checks[before])
        return []
    around = [c for c in code.checks.guards(op) if _about_quality(code, c)]
    if around:
        found.update(_condition_node(code, graph, c) for c in around)
        return []
    scope = code.program.scope_id(op)
    callers = sorted(c for c in code.resolver.callers.get(scope, ()) if c not in seen and c != op)
    callers = [c for c in callers if not is_test_code(code.program.unit(c).path)]
    if not callers:
        return [op]
    ways = {c: _free_ways(code, graph, c, order, checks, found, seen | {op}) for c in callers}
    if all(ways.values()):
        return [way for c in callers for way in ways[c]]
    return [c for c in callers if ways[c]]


def _about_quality(code: Code, condition: int) -> bool:
    """A condition on an evaluation, or one that compares what an earlier evaluation left in a registry."""
    about = code.about(condition)
    return bool({"model.evaluate", "model.compare"} & about) or ("run.read" in about and compares(code, condition))


def _condition_node(code: Code, graph: Graph, condition: int) -> int:
    """The node of a condition that guards a release."""
    node = code.op_node.get(condition)
    if node is None:
        node = graph.add("op", "if", code.place(condition), ("model.compare", "check"), form="branch")
        code.op_node[condition], code.node_op[node] = node, condition
        graph.nodes[node].about = code.about(condition)
        graph.connect(code.holder(condition), node, "call", code.place(condition))
    graph.nodes[node].gate = True
    graph.give(node, "model.compare")
    return node


def _in_workflow(world: World, node: int, checks: set[int]) -> set[int]:
    """Checks that earlier steps of the job, or jobs it needs, run with their failure kept."""
    graph = world.graph
    found: set[int] = set()
    for holder in _holders(graph, node):
        for earlier in _earlier(world, holder):
            reached = graph.sweep([earlier], RUNS, allow=lambda e: not e.loss and not e.blocked)
            found |= checks & reached.keys()
    return found


def _holders(graph: Graph, node: int) -> list[int]:
    """The steps and commands above a node."""
    reached = graph.sweep([node], RUNS, back=True)
    return [n for n in reached if graph.nodes[n].kind in ("step", "command")]


def _earlier(world: World, holder: int, *, lost: bool = False) -> list[int]:
    """What runs before a step or command in the same job: earlier siblings (with `lost`, also those whose failure is lost), and everything
    in the jobs that are needed."""
    graph = world.graph
    found: list[int] = []
    for edge in graph.predecessors(holder, ("run",)):
        parent = edge.source
        here = int(graph.nodes[holder].attributes.get("index", "0"))
        for sibling in graph.successors(parent, ("run",)):
            number = graph.nodes[sibling.target].attributes.get("index")
            if number is not None and int(number) < here and (lost or not sibling.loss) and not sibling.blocked:
                found.append(sibling.target)
        if graph.nodes[parent].kind == "job":
            path = graph.nodes[parent].place.path
            found.extend(_needed(world, path, parent))
    return found


def _needed(world: World, path: str, job: int) -> list[int]:
    """The jobs that must have succeeded before a job, through all `needs`."""
    found: list[int] = []
    waiting = [job]
    while waiting:
        for need in world.graph.nodes[waiting.pop()].attributes.get("needs", "").split():
            node = world.node(path, f"jobs.{need}")
            if node is not None and node not in found:
                found.append(node)
                waiting.append(node)
    return found
