"""What is written down of a training run: its parameters, its metrics, what it made, and which data it saw."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet

from mlrubric.graph.automation import Schedule
from mlrubric.graph.code import is_test_code
from mlrubric.graph.definitions import decorated
from mlrubric.graph.graph import RUNS
from mlrubric.graph.processes import Processes
from mlrubric.graph.world import World, normal
from mlrubric.model.facts import Pin, Stage
from mlrubric.model.graph import Node
from mlrubric.model.place import Place

FITS = ("model.fit", "model.tune")
KINDS = {
    "param": ("run.log_param",),
    "metric": ("run.log_metric",),
    "artifact": ("run.log_model", "run.log_artifact", "model.register"),
    "data": ("run.log_data", "feature.serve"),
}
OPENS = ("run.track", "run.log_metric")
FIXED = ("versioned", "pinned")
BY_COMMIT = frozenset({"versioned", "pinned", "tracked", "bundled"})  # the commit that a run names says which rows these were
PASSED = frozenset({"produced", "left"})  # what comes from further reads
ASIDE = frozenset({"document", "trigger"})


def mark_recorded(world: World, real: Schedule) -> None:
    """`records` on every training: which of param, metric, artifact and data its runs leave behind; `recorded`: how many; `data_by`:
    whether the run itself records the data, or only a pin of the commit says which it was; `lacks` on what opens a tracked run: which of
    data, metric and param no run leaves behind."""
    graph, code = world.graph, world.code
    fits = [n for n in graph.with_role(*FITS) if not is_test_code(graph.nodes[n].place.path)]
    if not fits:
        return
    tests = graph.of_kind("test")
    above = graph.sweep(fits, RUNS, back=True, stop=tests)
    starts = {n for n in above if graph.nodes[n].kind not in ASIDE and n not in tests}
    stages = _stages(world, above)
    below = graph.sweep({*starts, *stages}, RUNS, stop=tests)
    found = {kind for kind, roles in KINDS.items() if any(n in below for n in graph.with_role(*roles))}
    if any(
        n in below and {"run.track", "run.log_param", "run.log_metric"} <= set(graph.nodes[n].roles) for n in graph.with_role("run.track")
    ):
        found.add("artifact")  # what records parameters and metrics by itself records the model too
    for name in _orchestrators(world, below.keys() | above.keys()):
        found.update(code.meanings.catalogue.keeps(name))
    run_lives = any(real.of(n).level in ("kept", "lost") for n in fits)
    if stages and (not run_lives or any(real.of(s).level in ("kept", "lost") for s in stages)):
        found |= _locked(world, stages)
    by = "run" if "data" in found else ""
    if any(graph.nodes[n].attributes.get("origin") in FIXED for n in graph.with_role("data.read") if n in below):
        found.add("data")
        by = by or "pin"
    _lacks(world, below, found, fits)
    for fit in fits:
        graph.nodes[fit].attributes.update(data_by=by, records=" ".join(sorted(found)), recorded=str(len(found)))


def _committed(world: World, first: int, fits: Collection[int]) -> bool:
    """Whether all that the trainings of a program read lies in the commit, or is pinned by it."""
    graph = world.graph
    view = Processes(graph)
    own = [n for n in fits if view.of(n) & view.of(first)]
    reads = {n for n in graph.with_role("data.read") if not is_test_code(graph.nodes[n].place.path)}
    fixed = [n for n in reads if graph.nodes[n].attributes.get("origin") in BY_COMMIT]
    behind = view.sweep(own, back=True, stop=fixed).keys() & reads
    origins = {graph.nodes[n].attributes.get("origin", "unknown") for n in behind} - PASSED
    return bool(origins) and origins <= BY_COMMIT


def _lacks(world: World, below: Collection[int], found: Collection[str], fits: Collection[int]) -> None:
    """One cause: said where the run around a training is opened."""
    graph = world.graph
    homes = {graph.nodes[n].place.path for n in fits}
    nodes = [
        n for n in graph.with_role(*OPENS) if n in below and graph.nodes[n].kind == "op" and not is_test_code(graph.nodes[n].place.path)
    ]
    nodes = [n for n in nodes if not graph.nodes[n].place.path.endswith(".ipynb")] or nodes
    if nodes:
        measured = {graph.nodes[n].place.path for n in graph.with_role(*KINDS["metric"])}
        first = min(nodes, key=lambda n: _distance(graph.nodes[n], homes, measured))
        found = {*found, "data"} if _committed(world, first, fits) else found
        graph.nodes[first].attributes["lacks"] = " ".join(kind for kind in ("data", "metric", "param") if kind not in found) or "nothing"


def _distance(node: Node, homes: Collection[str], measured: Collection[str]) -> tuple[bool, bool, bool, bool, Place]:
    """What opens a run comes first, beside a training, then beside its metrics."""
    path = node.place.path
    return "run.track" not in node.roles, "@url" in node.attributes, path not in homes, path not in measured, node.place


def _orchestrators(world: World, run: AbstractSet[int]) -> set[str]:
    """The names by which flows and tasks of the training are declared: calls, and decorators of functions."""
    graph, code = world.graph, world.code
    found = {graph.nodes[n].api for n in graph.with_role("flow.define", "flow.task") if n in run and graph.nodes[n].api}
    for definition, decorator in decorated(code):
        node = code.scope_node.get(code.program.defined(definition))
        if node is not None and node in run and {"flow.define", "flow.task"} & set(graph.nodes[node].roles):
            named = code.meanings.of(decorator) or code.meanings.named(decorator)
            if named is not None:
                found.add(named.api)
    return found


def _stages(world: World, above: dict[int, int]) -> list[int]:
    """All stages of the files that hold a stage which trains."""
    nodes = world.graph.nodes
    every = [n for n in world.graph.of_kind("stage") if nodes[n].attributes.get("tool") == "dvc"]
    files = {nodes[n].place.path for n in every if n in above}
    return [n for n in every if nodes[n].place.path in files]


def _locked(world: World, stages: list[int]) -> set[str]:
    """What the lock file of a pipeline keeps of its last run."""
    files = {world.graph.nodes[n].place.path for n in stages}
    locks = {path.removesuffix("dvc.yaml") + "dvc.lock" for path in files if path.endswith("dvc.yaml")} & world.files
    if not locks:
        return set()
    found: set[str] = set()
    pins = {normal(pin.path) for path, pin in world.every(Pin) if path in locks}
    for path, stage in world.every(Stage):
        if path not in files or stage.tool != "dvc":
            continue
        if stage.params:
            found.add("param")
        if stage.metrics:
            found.add("metric")
        if any(normal(write) in pins for write in stage.writes):
            found.add("artifact")
        if any(normal(read) in pins and not read.endswith((".py", ".yaml", ".yml")) for read in stage.reads):
            found.add("data")
    return found
