"""How many steps of ML one orchestration holds: stages, tasks and commands that somebody else than a person puts one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS, Graph
from mlrubric.graph.world import World

PREPARES = (
    "data.read", "data.write", "data.validate", "data.split", "data.sample", "data.join", "data.derive", "data.statistic", "transform.*",
    "feature.define", "feature.serve",
)  # fmt: skip
FITS = ("model.fit", "model.tune")
JUDGES = ("model.evaluate", "model.predict", "model.compare")
GROUPED = ("dvc", "mlproject")
NO_HOLDERS = frozenset({"document", "notebook", "cell", "trigger", "test"})
ENOUGH = 3


def mark_orchestrated(world: World) -> None:
    """`orchestrates` on what holds a training among steps: `true` with three steps of ML, one of which prepares or judges apart from the
    training; `some` with fewer; and `ml_steps`, how many there are."""
    graph = world.graph
    tests = graph.of_kind("test")
    fits, prepares, judges = (_above(graph, roles, tests) for roles in (FITS, PREPARES, JUDGES))
    checks = graph.sweep([n for n in tests if _looks(graph, n)], RUNS, back=True)
    units = _units(graph, fits | prepares | judges, checks.keys())
    if not units:
        return
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


def _units(graph: Graph, ml: frozenset[int], checks: Iterable[int]) -> list[int]:
    """The stages, tasks and commands that do a piece of ML and hold no other such piece."""
    tested = set(checks)
    found = [n for n in sorted(ml | tested) if _is_unit(graph, n) and (n in ml or graph.nodes[n].kind == "command")]
    known = set(found)
    inside = [e.source for n in found for e in graph.predecessors(n, RUNS)]
    wrapping = graph.sweep(inside, RUNS, back=True).keys() & known
    return [n for n in found if n not in wrapping]


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
