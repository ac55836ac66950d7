"""Releases and what guards them: which checks of quality every way to a registration, promotion, deployment or upload must pass.

Inside code, a check guards a release when it comes first on every way or stands around it; between commands, when an earlier command of
the same step, job or needed job, or a stage that is waited for, fails on it. A registration may also be held back by its alias.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlrubric.graph.causes import RELEASES, mark_causes
from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.directions import released_weak, stops_the_good
from mlrubric.graph.earlier import earlier, earlier_runs, holders
from mlrubric.graph.firsts import first_versions
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.held_back import only_promoted
from mlrubric.graph.measured import JOINS
from mlrubric.graph.order import Order
from mlrubric.graph.published import BUILD, published
from mlrubric.graph.quality import about_quality
from mlrubric.graph.rivals import two_models
from mlrubric.graph.shell_gates import shell_gates
from mlrubric.graph.task_conditions import task_conditions
from mlrubric.graph.thresholds import mark_thresholds, worthy
from mlrubric.graph.trained import Trained, is_real
from mlrubric.graph.vetoes import evaluations_before
from mlrubric.graph.world import World
from mlrubric.model.graph import Node

People = dict[int, tuple[int, ...]]  # releases that wait for somebody, with the evaluations that they can look at
PROSE = (".md", ".rst", ".txt")  # a document tells of releases, it makes none
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
    found = {n for n in graph.with_role(*RELEASES) if graph.nodes[n].kind != "workflow"}  # a GitOps object brings what was merged
    trained = _trained(world)
    for node in graph.with_role("artifact.upload"):
        if graph.nodes[node].attributes.get("does") != "keep" and (_carries_model(world, node) or node in trained):
            found.add(node)
    found.update(published(world))
    return sorted(n for n in found if is_real(graph, n))


def _trained(world: World) -> set[int]:
    """Published files of jobs that train, themselves or in a job they need, before they publish."""
    graph = world.graph
    fits = {n for n in graph.with_role("model.fit") if not is_test_code(graph.nodes[n].place.path)}
    stops = graph.of_kind("test")
    found: set[int] = set()
    for node in graph.with_role("artifact.upload"):
        before = [n for n in earlier_runs(world, node) if not graph.nodes[n].place.path.endswith(PROSE)]  # which a person reads in parts
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


def guard_releases(world: World, models: Trained) -> list[Guarded]:
    """For every release the blocking checks of quality that guard it; `guarded` and a `guard` edge are left in the graph, and on a check
    `guards`: whether all releases of the models are guarded that it stands before."""
    graph, code = world.graph, world.code
    known = mark_thresholds(world)
    _mark_turned(graph, code)
    orders, checks = _orders(world)
    shell = shell_gates(world)
    around = {**shell.around, **task_conditions(world)}
    blocking = {*checks.values(), *shell.stopping}
    found: list[Guarded] = []
    for node in releases(world):
        op = code.node_op.get(node)
        guards, free = _in_code(code, graph, op, orders, checks) if op is not None else (set(), [])
        outer = _in_workflow(world, node, blocking, around) | _blessed(world, node)
        for guard in sorted(guards | outer):
            graph.connect(guard, node, "guard", graph.nodes[guard].place)
        guarded = bool(outer) or (bool(guards) and not free)
        said = bool(outer - _sanity(graph, outer)) or (bool(guards) and not free)
        graph.nodes[node].attributes["guarded"] = "true" if said else "some" if guards else "false"
        if guards and not outer:
            for way in free:
                _way_around(code, graph, node, way)
        found.append(Guarded(node, tuple(sorted(guards | outer)) if guarded else ()))
    found = _by_registry(world, _held_back(world, _beside(world, found)))
    people, asked = _by_people(world, found)
    mark_causes(world)
    mark_thresholds(world, known)
    _mark_guards(graph, models, found, people, asked)
    return found


def _orders(world: World) -> tuple[list[Order], dict[int, int]]:
    """The checks of quality that stop a run, by what decides them, and the orders in which they are passed, the best first."""
    graph, code = world.graph, world.code
    checks = {decides(code, n): n for n in graph.with_role("model.compare") if n in code.node_op and _holds(graph.nodes[n])}
    stops = {op: code.node_op[n] for op, n in checks.items()}
    heard = [op for op, stop in stops.items() if not code.checks.swallowed(stop)]
    good = [op for op in heard if worthy(graph.nodes[checks[op]])]
    return [Order(code, some, stops=stops, tasks=True) for some in ((good, heard) if len(good) < len(heard) else (heard,))], checks


def _sanity(graph: Graph, checks: set[int]) -> set[int]:
    """The checks of tests that any model passes, such as that a score lies between 0 and 1: they hold nothing back."""
    return {c for c in checks if graph.nodes[c].attributes.get("threshold") == "trivial" and is_test_code(graph.nodes[c].place.path)}


def free_ways(world: World, op: int) -> list[int]:
    """The calls that lead to an operation past every check of quality, or the operation itself; none where all ways are guarded."""
    orders, checks = _orders(world)
    return _in_code(world.code, world.graph, op, orders, checks)[1]


def _mark_guards(graph: Graph, models: Trained, found: list[Guarded], people: People, asked: People) -> None:
    """`guards` on checks, `vetoed` on evaluations that a person looks at: true when every release of the models that they stand before is
    guarded, for a check that can tell models apart by such a check. A release of which it cannot be told is one of all models."""
    every = (1 << len(models.fits)) - 1 or 1
    of = {one.node: models.core.get(one.node, 0) or every for one in found}
    sound = {check for one in found for check in one.checks if worthy(graph.nodes[check])}

    def opened(held: Callable[[Guarded], bool]) -> int:
        """The models that some release lets out unguarded."""
        mask = 0
        for one in found:
            mask |= 0 if held(one) else of[one.node]
        return mask

    loose = opened(lambda one: bool(one.checks) or one.node in people)
    strict = opened(lambda one: bool(sound & set(one.checks)) or one.node in people)
    server = opened(lambda one: bool(sound & set(one.checks)) or one.node in asked)
    for one in found:
        for check in one.checks:
            _say(graph, check, "guards", of[one.node] & (strict if check in sound else loose))
        for measured in people.get(one.node, ()):
            _say(graph, measured, "vetoed", of[one.node] & strict)
    for one in found:
        for measured in asked.get(one.node, ()) if not of[one.node] & server else ():
            graph.nodes[measured].attributes.setdefault("vetoed", "server")


def _say(graph: Graph, node: int, name: str, around: int) -> None:
    """`true`, or `some` as soon as one of the releases can be gone around."""
    attributes = graph.nodes[node].attributes
    attributes[name] = "some" if around or attributes.get(name) == "some" else "true"


def _by_people(world: World, found: list[Guarded]) -> tuple[People, People]:
    """The releases that no check guards but a person, with the evaluations that this person can look at: `guarded` is `person`; and these
    with those that only the server's settings may hold."""
    people: People = {}
    asked: People = {}
    for one in found:
        how, measured = evaluations_before(world, one.node) if not one.checks else ("", ())
        if measured:
            asked[one.node] = measured
        if how == "agreed" and measured:
            people[one.node] = measured
            world.graph.nodes[one.node].attributes["guarded"] = "person"
    return people, asked


def _beside(world: World, found: list[Guarded]) -> list[Guarded]:
    """A release of a first version, with nothing to compare it with: `guarded` is `first`, by the checks of what replaces it."""
    firsts = first_versions(world.code, world.graph, {one.node: one.checks for one in found})
    for node in firsts:
        world.graph.nodes[node].attributes["guarded"] = "first"
    return [Guarded(one.node, firsts.get(one.node, one.checks)) for one in found]


def _held_back(world: World, found: list[Guarded]) -> list[Guarded]:
    """A registration whose own version goes live by a guarded alias is held back: `guarded` is `later`, by the alias's checks."""
    graph, code = world.graph, world.code
    moves = [one for one in found if one.checks and "model.promote" in graph.nodes[one.node].roles]
    live = {code.node_op[one.node]: one for one in moves if one.node in code.node_op}
    if not live:
        return found
    held: list[Guarded] = []
    for one in found:
        op, node = code.node_op.get(one.node), graph.nodes[one.node]
        if op is not None and not one.checks and "model.register" in node.roles and node.attributes["guarded"] == "false":
            moved = [a for a in sorted(code.flow.reach([op]).keys() & live.keys()) if a != op]
            if moved:
                node.attributes["guarded"] = "later"
                one = Guarded(one.node, live[moved[0]].checks)
        held.append(one)
    later = only_promoted(world, {one.node: one.checks for one in held})
    for number in later:
        graph.nodes[number].attributes["guarded"] = "later"
    return [Guarded(one.node, later.get(one.node, one.checks)) for one in held]


def _by_registry(world: World, found: list[Guarded]) -> list[Guarded]:
    """A deployment serves what it loads: where every model that it loads comes out of a registry, and every registration of it is
    guarded, so is the deployment, in whatever repository of the system it stands."""
    graph = world.graph
    guards = {one.node: one.checks for one in found if "model.register" in graph.nodes[one.node].roles}
    judged: list[Guarded] = []
    for one in found:
        own = [check for check in one.checks if worthy(graph.nodes[check])]  # tests on rows that are made up judge no model
        if guards and not own and "model.deploy" in graph.nodes[one.node].roles:
            loads = [n for n in graph.sweep([one.node], RUNS) if "model.load" in graph.nodes[n].roles]
            given = [_registrations(graph, load) for load in loads]
            if given and all(nodes and all(guards.get(n) for n in nodes) for nodes in given):
                checks = sorted({check for nodes in given for n in nodes for check in guards[n]})
                for check in checks:
                    graph.connect(check, one.node, "guard", graph.nodes[check].place)
                graph.nodes[one.node].attributes["guarded"] = "true"
                one = Guarded(one.node, (*one.checks, *checks))
        judged.append(one)
    return judged


def _registrations(graph: Graph, load: int) -> list[int]:
    """What registers the model that a node loads."""
    models = graph.sweep([e.source for e in graph.predecessors(load, ("read",))], JOINS)
    return sorted({e.source for m in models for e in graph.predecessors(m, ("write",)) if "model.register" in graph.nodes[e.source].roles})


def _mark_turned(graph: Graph, code: Code) -> None:
    """`turned` on checks of quality that stop what is good: no gates."""
    for node in graph.with_role("model.compare"):
        check = code.check_of.get(node)
        if check is not None and graph.nodes[node].gate and stops_the_good(code, check):
            graph.nodes[node].attributes["turned"] = "true"


def _holds(node: Node) -> bool:
    return node.gate and "turned" not in node.attributes


def decides(code: Code, node: int) -> int:
    """The operation by which a check is passed: the condition around a `raise` or an exit, else the check itself."""
    check = code.check_of.get(node)
    return check.conditions[0] if check is not None and check.form in ("raise", "exit") and check.conditions else code.node_op[node]


def _way_around(code: Code, graph: Graph, release: int, call: int) -> None:
    """A call that leads to a release past the check that guards the other ways: the place to mend."""
    one = graph.nodes[release]
    node = code.node_for(graph, call, one.label, one.roles, one.api)
    graph.nodes[node].attributes["guarded"] = "false"
    if node != release:
        graph.nodes[node].attributes.update(hop="call", onward=str(release), onward_words="what it gets to")


def _in_code(code: Code, graph: Graph, op: int, orders: Sequence[Order], checks: dict[int, int]) -> tuple[set[int], list[int]]:
    """The checks that guard an operation, and the calls that lead to it past all of them: the operation itself when no way is guarded."""
    found: set[int] = set()
    free = _free_ways(code, graph, op, orders, checks, found, frozenset())
    if free and not found:
        return set(), [op]
    return found, free


def _free_ways(
    code: Code, graph: Graph, op: int, orders: Sequence[Order], checks: dict[int, int], found: set[int], seen: frozenset[int]
) -> list[int]:
    """The calls that lead to an operation without a check, where the ways part; checks on the other ways are added to `found`."""
    before = next((b for b in (order.before(op) for order in orders) if b is not None), None)
    if before is not None:
        found.add(checks[before])
        return []
    around = [c for c in (*code.checks.guards(op), *_decided(code, op)) if about_quality(code, c)]
    turned = released_weak(code, op) if around else set()
    around = [c for c in around if c not in turned]
    if around:
        found.update(_condition_node(code, graph, c) for c in around)
        return []
    scope = code.program.scope_id(op)
    callers = sorted(c for c in code.resolver.callers.get(scope, ()) if c not in seen and c != op)
    callers = [c for c in callers if not code.tested(c)]
    if not callers:
        return [op]
    ways = {c: _free_ways(code, graph, c, orders, checks, found, seen | {op}) for c in callers}
    if all(ways.values()):
        return [way for c in callers for way in ways[c]]
    return [c for c in callers if ways[c]]


def _decided(code: Code, op: int) -> list[int]:
    """The conditions by which an earlier task decides that the task of an operation runs."""
    tasks = code.tasks
    branching = tasks.allowed_by(op) | tasks.deciding(code.program.scope_id(op))
    return [c for task in sorted(branching) for scope in tasks.runs[task] for c in code.checks.deciders.of_result(scope)]


def _condition_node(code: Code, graph: Graph, condition: int) -> int:
    """The node of a condition that guards a release."""
    known = condition in code.op_node
    node = code.node_for(graph, condition, "if", ("model.compare", "check"), "", form="branch")
    if not known:
        graph.nodes[node].about = code.about(condition)
    graph.nodes[node].attributes.setdefault("relative", "true" if two_models(code, condition) else "false")
    graph.nodes[node].gate = True
    graph.give(node, "model.compare")
    return node


def _blessed(world: World, node: int) -> set[int]:
    """Evaluations with thresholds whose verdict a release is given as its condition: it waits for it."""
    graph, code = world.graph, world.code
    op = code.node_op.get(node)
    meaning = code.meanings.of(op) if op is not None else None
    if meaning is None or "@condition" not in meaning.arguments or "model.deploy" not in meaning.roles:
        return set()
    found: set[int] = set()
    for back in code.flow.reach([meaning.arguments["@condition"]], back=True):
        judge = code.op_node.get(back)
        if judge is not None and "model.evaluate" in graph.nodes[judge].roles and "model.compare" in code.about(back):
            for role in ("model.compare", *(("check.slice",) if "model.slice" in code.about(back) else ())):
                graph.give(judge, role)
            graph.nodes[judge].gate = True
            found.add(judge)
    return found


def _in_workflow(world: World, node: int, checks: set[int], around: Mapping[int, int]) -> set[int]:
    """Checks that earlier steps of the job, or jobs it needs, run with their failure kept, and conditions on what runs the release."""
    graph = world.graph
    found: set[int] = set()
    ops = {task: op for op, task in world.tasks.items()}
    for holder in holders(graph, node):
        if holder in around:
            found.add(around[holder])
        inside = [holder] if holder == node and BUILD in graph.nodes[node].roles else []  # what the build of an image runs
        for start in (*inside, *earlier(world, holder)):
            reached = graph.sweep([start], RUNS, allow=lambda e: not e.loss and not e.blocked)
            found |= checks & reached.keys()
        if holder in ops:
            decided = [c for c in _decided(world.code, ops[holder]) if about_quality(world.code, c)]
            found.update(_condition_node(world.code, graph, c) for c in decided)
    return found
