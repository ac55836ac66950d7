"""Unguarded releases told apart by their cause: which of them speaks for others, what kind of release it is, whether a comparison before
it looks like a gate and is none, and whether a person may stand before it."""

from __future__ import annotations

from mlrubric.graph.automation import Schedule
from mlrubric.graph.code import Code, is_test_code
from mlrubric.graph.derive import compares
from mlrubric.graph.directions import released_weak
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.quality import CALLERS, Toothless
from mlrubric.graph.values import number
from mlrubric.graph.world import World

RELEASES = ("model.register", "model.promote", "model.deploy")
CARRIES = ("artifact.upload", "image.push")  # releases where a model goes along
MOST = 200
READ = frozenset({"file.open", "data.read", "config.read", "run.read", "artifact.download"})


def mark_causes(world: World) -> None:
    """`release` (alias, deploy, register), `first` on the unguarded release that speaks for its function, job or script, `toothless` when a
    comparison that cannot stop it stands before it, `perhaps` when a condition on something that was read decides, `approval` when a person
    may have to agree."""
    graph = world.graph
    judged = [n for n in graph.with_role(*RELEASES, *CARRIES) if "guarded" in graph.nodes[n].attributes]
    for node in judged:
        graph.nodes[node].attributes["release"] = _family(graph, node)
    _mark_first(world, judged)
    idle = Toothless(world)
    for node in judged:
        attributes = graph.nodes[node].attributes
        if attributes["first"] == "true":
            op = world.code.node_op.get(node)
            if op is not None and perhaps(world.code, op):
                attributes["perhaps"] = "guarded"
            if any("environment" in graph.nodes[n].attributes for n in graph.sweep([node], RUNS, back=True)):
                attributes["approval"] = "possible"
            if op is None or not _wrong_way(world, node, op):
                idle.mark(node)
    released = {world.code.program.scope_id(op) for n in judged if (op := world.code.node_op.get(n)) is not None}
    for node in graph.with_role("model.save"):
        op = world.code.node_op.get(node)
        if op is not None and not is_test_code(graph.nodes[node].place.path) and world.code.program.scope_id(op) not in released:
            idle.mark(node, fixed=True)


def _wrong_way(world: World, node: int, op: int) -> bool:
    """`toothless` and `turned` on a release that a comparison leaves to the weak models; before a new training it judges the old one."""
    code = world.code
    fits = [code.node_op[n] for n in world.graph.with_role("model.fit") if n in code.node_op]
    turned = [c for c in sorted(released_weak(code, op)) if not any(c < f < op for f in fits)]
    if turned:
        found = code.node_for(world.graph, turned[-1], "comparison")
        world.graph.nodes[node].attributes.update(toothless=str(found), turned="true")
    return bool(turned)


def perhaps(code: Code, op: int) -> bool:
    """Whether a condition that decides about an operation compares what was read from somewhere: a quality, for all we know. One that
    decides about the training as well comes too early to judge what is trained."""
    frontier, seen = [op], set[int]()
    for _ in range(CALLERS):
        for here in frontier:
            turned = released_weak(code, here)
            for condition in () if _trains(code, here) else code.checks.guards(here):
                if condition not in turned and any(READ & code.about(c) and compares(code, c) for c in _decided_by(code, condition)):
                    return True
        seen.update(frontier)
        scopes = {code.program.scope_id(here) for here in frontier}
        frontier = sorted({c for s in scopes for c in code.resolver.callers.get(s, ())} - seen)
    return False


def _trains(code: Code, call: int) -> bool:
    return any(t[0] == "function" and number(t) in code.trains for t in code.resolver.targets.get(call, ()))


def _decided_by(code: Code, condition: int) -> list[int]:
    """A condition and, when it is a flag, the tests under which the parts of the flag were set."""
    found = [condition]
    for op in code.flow.reach([condition], back=True):
        if code.program.ops[op].kind == "compare":
            found.append(op)
        elif code.program.ops[op].kind in ("assign", "call", "return"):
            found.extend(code.checks.deciders.around(op))
        if len(found) > MOST:
            break
    return found


def mark_started(world: World, schedule: Schedule) -> None:
    """`started` on unguarded releases: by a live trigger, or by a person."""
    graph = world.graph
    for node in graph.with_role(*RELEASES, *CARRIES):
        if graph.nodes[node].attributes.get("first") == "true":
            live = schedule.of(node).level in ("kept", "lost")
            graph.nodes[node].attributes["started"] = "live" if live else "by hand"


def _family(graph: Graph, node: int) -> str:
    roles = graph.nodes[node].roles
    return "alias" if "model.promote" in roles else "deploy" if "model.deploy" in roles else "register"


def _mark_first(world: World, judged: list[int]) -> None:
    """What follows in the same function, job or script has the same cause; an alias that is moved is a cause of its own."""
    graph, led = world.graph, set[tuple[str, int, bool]]()
    for node in sorted(judged, key=lambda n: graph.nodes[n].place):
        attributes = graph.nodes[node].attributes
        op, alias = world.code.node_op.get(node), attributes["release"] == "alias"
        if op is not None:
            group = ("code", world.code.program.scope_id(op) if graph.nodes[node].place.cell is None else -node, alias)
        else:
            above = [n for n in graph.sweep([node], RUNS, back=True) if graph.nodes[n].kind in ("job", "module", "stage")]
            group = ("run", above[0] if above else node, alias)
        attributes["first"] = "true" if attributes["guarded"] == "false" and group not in led else "false"
        if attributes["guarded"] == "false":
            led.add(group)
    own = {world.code.program.scope_id(op): n for n in _leading(graph) if (op := world.code.node_op.get(n)) is not None}
    for scope, node in own.items():
        callers = {world.code.program.scope_id(c) for c in world.code.resolver.callers.get(scope, ())} - {scope}
        if callers and all(c in own and graph.nodes[own[c]].attributes["first"] == "true" for c in callers):
            graph.nodes[node].attributes["first"] = "false"  # a helper of a function that releases itself
    _mark_siblings(world, own)


def _mark_siblings(world: World, own: dict[int, int]) -> None:
    """Of helpers that one and the same function calls one after the other, the first speaks for all; aliases for themselves, and so does a
    helper that releases what it has trained itself, and one that writes into a registry of the project's own."""
    graph, callers = world.graph, world.code.resolver.callers
    led: dict[tuple[int, bool, bool], tuple[int, int]] = {}  # the calling function -> its first call, the release inside
    for scope, node in own.items():
        attributes = graph.nodes[node].attributes
        calls = [c for c in callers.get(scope, ()) if not world.code.tested(c)]
        above = {world.code.program.scope_id(c) for c in calls}
        if attributes["first"] != "true" or len(above) != 1 or scope in above or scope in world.code.trains:
            continue
        key, call = (above.pop(), attributes["release"] == "alias", "data.write" in graph.nodes[node].roles), min(calls)
        known = led.get(key)
        if known is None or call < known[0]:
            led[key], later = (call, node), known[1] if known is not None else -1
        else:
            later = node
        if later >= 0:
            graph.nodes[later].attributes["first"] = "false"


def _leading(graph: Graph) -> list[int]:
    """The unguarded releases that speak for others."""
    return [n for n in graph.with_role(*RELEASES) if graph.nodes[n].attributes.get("first") == "true"]
