"""How many steps of ML one orchestration holds: stages, tasks and commands that somebody else than a person puts one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.values import number
from mlrubric.graph.world import World

PREPARES = (
    "data.read", "data.write", "data.validate", "data.split", "data.sample", "data.join", "data.derive", "data.statistic", "transform.*",
    "feature.define", "feature.serve",
)  # fmt: skip
FITS = ("model.fit", "model.tune")
JUDGES = ("model.evaluate", "model.predict", "model.compare")
RELEASES = ("model.register", "model.promote", "model.deploy")
GROUPED = ("dvc", "mlproject")
NO_HOLDERS = frozenset({"document", "notebook", "cell", "trigger", "test"})
ENOUGH = 3


def mark_orchestrated(world: World) -> None:
    """`orchestrates` on what holds a training among steps: `true` with three steps of ML, one of which prepares or judges apart from the
    training; `some` with fewer; and `ml_steps`, how many there are."""
    graph = world.graph
    tests = graph.of_kind("test")
    fits, prepares, judges, releases = (_above(graph, roles, tests) for roles in (FITS, PREPARES, JUDGES, RELEASES))
    checks = graph.sweep([n for n in tests if _looks(graph, n)], RUNS, back=True)
    handed = _handed(world)
    units = _units(graph, handed, fits | prepares | judges | releases, checks.keys())
    if not units:
        return
    ends = [*tests, *units]  # what a step does itself, not what the steps do that it waits for or starts
    fits, prepares, judges = (_above(graph, roles, ends) for roles in (FITS, PREPARES, JUDGES))
    bits = {unit: 1 << index for index, unit in enumerate(units)}
    masks = _carried(graph, bits)
    trains = sum(bits[u] for u in units if u in fits)
    apart = sum(bits[u] for u in units if u not in fits and (u in prepares or u in judges))
    for holder, mask in [*_holders(graph, masks), *_groups(graph, masks)]:
        count = mask.bit_count()
        if mask & trains and count > 1:
            attributes = graph.nodes[holder].attributes
            whole = count >= ENOUGH and bool(mask & apart)
            attributes["orchestrates"] = "true" if whole or attributes.get("orchestrates") == "true" else "some"
            attributes["ml_steps"] = str(count)


def _above(graph: Graph, roles: tuple[str, ...], tests: Collection[int]) -> frozenset[int]:
    """Everything that runs an operation of a role, but for what only a test does."""
    own = [n for n in graph.with_role(*roles) if not is_test_code(graph.nodes[n].place.path) and not _only_fetches(graph, n)]
    return frozenset(graph.sweep(own, RUNS, back=True, stop=tests))


def _only_fetches(graph: Graph, node: int) -> bool:
    """A command that downloads data brings it, and prepares nothing."""
    return graph.nodes[node].kind in ("command", "step") and "data.read" in graph.nodes[node].roles


def _looks(graph: Graph, test: int) -> bool:
    """Whether a test looks at data or at a model of ours: as a step of a pipeline it is one of ML."""
    return bool({"model.evaluate", "model.predict", "data.validate", "model.load"} & set(graph.nodes[test].about)) or any(
        {"model.evaluate", "data.validate", "model.predict"} & set(graph.nodes[e.target].roles) for e in graph.successors(test, RUNS)
    )


def _units(graph: Graph, handed: AbstractSet[int], ml: frozenset[int], checks: Iterable[int]) -> list[int]:
    """The stages, tasks and commands that do a piece of ML and hold no other such piece."""
    tested = set(checks)
    found = [n for n in sorted(ml | tested) if (n in handed or _is_unit(graph, n)) and (n in ml or graph.nodes[n].kind == "command")]
    known = set(found)
    held = [n for n in found if n not in handed and not _is_task(graph, n)]  # one task may start the next one: that is no holding
    inside = [e.source for n in held for e in graph.predecessors(n, RUNS)]
    wrapping = {
        n for n in graph.sweep(inside, RUNS, back=True).keys() & known if not (n in handed or _is_task(graph, n)) or _starts(graph, n, held)
    }
    return [n for n in found if n not in wrapping]


def _handed(world: World) -> set[int]:
    """Functions that are steps though nothing is said at them: those that a task is made of, that one step has run before it, and that an
    object of a cluster runs by itself."""
    graph, code = world.graph, world.code
    found: set[int] = set()
    for node in graph.with_role("flow.task"):
        op = code.node_op.get(node)
        for target in code.resolver.targets.get(op, ()) if op is not None else ():
            if target[0] in ("function", "callback") and number(target) in code.scope_node:
                found.add(code.scope_node[number(target)])
    for node in graph.of_kind("function"):
        for edge in graph.predecessors(node, ("run",)):
            if graph.nodes[edge.source].kind == "function":
                found.update((node, edge.source))
            elif graph.nodes[edge.source].kind == "job":
                found.add(node)
    return found


def _is_task(graph: Graph, node: int) -> bool:
    return graph.nodes[node].kind == "task" or "flow.task" in graph.nodes[node].roles


def _starts(graph: Graph, task: int, held: Collection[int]) -> bool:
    """Whether a task is nothing but the start of a command."""
    return any(e.target in held for e in graph.successors(task, RUNS))


def _is_unit(graph: Graph, node: int) -> bool:
    one = graph.nodes[node]
    if one.place.path.endswith((".md", ".rst")) or "image" in one.attributes:
        return False
    return one.kind in ("task", "command") or "flow.task" in one.roles or (one.kind == "stage" and one.attributes.get("tool") in GROUPED)


def _carried(graph: Graph, bits: dict[int, int]) -> dict[int, int]:
    """For every node above a unit the set of units that it runs, as bits."""
    masks = dict(bits)
    waiting = deque(bits)
    queued = set(bits)
    while waiting:
        node = waiting.popleft()
        queued.discard(node)
        for edge in graph.predecessors(node, RUNS) if graph.nodes[node].kind != "test" else ():
            if edge.blocked:
                continue
            before = masks.get(edge.source, 0)
            after = before | masks[node]
            if after != before:
                masks[edge.source] = after
                if edge.source not in queued:
                    queued.add(edge.source)
                    waiting.append(edge.source)
    return masks


def _holders(graph: Graph, masks: dict[int, int]) -> Iterator[tuple[int, int]]:
    for node, mask in sorted(masks.items()):
        if graph.nodes[node].kind not in NO_HOLDERS and not is_test_code(graph.nodes[node].place.path):
            yield node, mask


def _groups(graph: Graph, masks: dict[int, int]) -> Iterator[tuple[int, int]]:
    """The stages of one file, which stand for the file as a whole: its first stage holds the answer."""
    files: dict[str, list[int]] = {}
    for node in graph.of_kind("stage"):
        if graph.nodes[node].attributes.get("tool") in GROUPED:
            files.setdefault(graph.nodes[node].place.path, []).append(node)
    for _, stages in sorted(files.items()):
        mask = 0
        for stage in stages:
            mask |= masks.get(stage, 0)
        yield stages[0], mask
