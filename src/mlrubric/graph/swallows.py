"""Checks whose failure is lost: every hop that swallows the status of a test run, a linter, an audit or a validation becomes a node of
its own."""

from __future__ import annotations

import re

from mlrubric.graph.automation import Schedule
from mlrubric.graph.causes import RELEASES
from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.strict import Strict
from mlrubric.graph.told import told_limits
from mlrubric.graph.world import World
from mlrubric.model.facts import Step
from mlrubric.model.graph import Edge, Node
from mlrubric.model.place import Place, Span

CHECKS = ("check.lint", "check.audit")
VALIDATIONS = ("data.validate", "model.compare")
NEVER = ("document", "notebook")  # what a person types by hand
FORGIVEN, NO_ERREXIT = "continues on error", "no errexit"  # as the links of steps and the shell say it
ASIDE = re.compile(r"\|\| *\w+=")
PASSED = ("python", "python3", "uv", "poetry", "pipenv", "pdm", "hatch", "rye", "run", "-m", "sudo", "time", "env", "exec", "npx")


def mark_swallows(world: World, schedule: Schedule) -> None:
    """A `step` node with the role `check.swallowed` at every place where the failure of a check is lost. `how` says it in words; `by`:
    `forgiven` (the host goes on), `errexit` (the script does), or the option of the program, `--exit-zero`."""
    graph = world.graph
    strict = Strict(world, schedule)
    found: dict[Place, tuple[int, str, str]] = {}
    for edge in list(graph.edges):
        if edge.kind in ("run", "trigger") and edge.loss and _speaks(world, edge, schedule):
            check = _check(world, edge.target)
            counts = check is None or _looked_at_again(world, edge) or strict.judged_later(edge.target)
            if check is not None and not counts and not strict.elsewhere(edge.target):
                for place, holder in _places(world, edge, schedule):
                    found.setdefault(place, (holder, graph.nodes[check].label, edge.loss))
    for node in graph.of_kind("command"):
        swallows = graph.nodes[node].attributes.get("swallows", "")
        if not swallows or not set(graph.nodes[node].roles) & set(CHECKS) or _strict_twin(world, node):
            continue
        if not strict.elsewhere(node) and not strict.judged_later(node):
            found.setdefault(graph.nodes[node].place, (node, graph.nodes[node].label, swallows))
    lost = {_script(place) for place in found}
    for node, text in told_limits(world, schedule):
        place = graph.nodes[node].place
        if _script(place) not in lost:  # the limit of a check whose failure is lost is the same cause
            found[place] = (node, text, "what falls short of the limit is only told, and the run goes on")
    _releases(world, schedule, found)
    for place in sorted(found):
        holder, label, loss = found[place]
        said = loss.removeprefix("failure lost: ")
        node = graph.add("step", _short(label), place, ("check.swallowed",), how=said, by=_by(said))
        graph.connect(holder, node, "declare")


def _by(said: str) -> str:
    if said.endswith(FORGIVEN):
        return "forgiven"
    return "errexit" if said == NO_ERREXIT else next((word for word in said.split() if word.startswith("--")), "")


def _script(place: Place) -> tuple[str, str]:
    return place.path, place.symbol.rpartition("[")[0]


def _releases(world: World, schedule: Schedule, found: dict[Place, tuple[int, str, str]]) -> None:
    """A release, or a version's way to the next stage, that a live trigger runs, and whose failure ends in a handler that only prints."""
    graph, code = world.graph, world.code
    staged = [n for n in graph.with_role("run.log_param") if _stages(world, n)]
    for node in sorted({*graph.with_role(*RELEASES), *staged}):
        op = code.node_op.get(node)
        if op is None or is_test_code(graph.nodes[node].place.path) or schedule.of(code.holder(op)).level != "kept":
            continue
        line, unit = code.checks.swallowed(op), code.program.unit(op)
        if line and code.checks.handlers.only_told(line, unit):
            place = Place(unit.path, Span(line), graph.nodes[node].place.symbol)
            said = f"when it fails, line {line} takes the error, and the run goes on as if it had worked"
            found.setdefault(place, (code.holder(op), graph.nodes[node].label, said))


def _stages(world: World, node: int) -> bool:
    op = world.code.node_op.get(node)
    meaning = world.code.meanings.of(op) if op is not None else None
    return meaning is not None and "stages" in world.code.meanings.traits(meaning)


def _speaks(world: World, edge: Edge, schedule: Schedule) -> bool:
    """Not what a person types, not a script or program that no live trigger reaches, and not a status that is only put aside (`||
    failed=1`)."""
    source = world.graph.nodes[edge.source]
    if source.kind in NEVER or ASIDE.search(edge.loss):
        return False
    return source.kind not in ("module", "op") or schedule.of(edge.source).level in ("kept", "lost", "skipped")


def _check(world: World, start: int) -> int | None:
    """The first check that a hop runs without it being lost further down, or None."""
    graph = world.graph
    for node in graph.sweep([start], RUNS, allow=lambda e: not e.blocked and not e.loss):
        one = graph.nodes[node]
        if one.kind == "test" or (one.kind == "command" and (one.attributes.get("does") == "tests" or set(one.roles) & set(CHECKS))):
            return node
        if one.gate and set(one.roles) & set(VALIDATIONS):
            return node
    return None


def _places(world: World, edge: Edge, schedule: Schedule) -> list[tuple[Place, int]]:
    """Where the failure is lost: the hop itself, or, in the recipe of a task runner, the commands of live jobs that call the task: one
    cause,
    one finding."""
    graph = world.graph
    source = graph.nodes[edge.source]
    if source.kind != "stage":
        own = edge.loss.endswith(NO_ERREXIT)  # without errexit the next command swallows, but this one is to be mended
        return [(edge.place if edge.place is not None and not own else graph.nodes[edge.target].place, edge.source)]
    stages, waiting = {edge.source}, [edge.source]
    while waiting:
        above = [e.source for e in graph.predecessors(waiting.pop(), ("run",)) if graph.nodes[e.source].kind == "stage"]
        waiting.extend(stage for stage in above if stage not in stages)
        stages.update(above)
    calls = sorted({e.source for s in stages for e in graph.predecessors(s, ("run",)) if graph.nodes[e.source].kind == "command"})
    live = [c for c in calls if schedule.of(c).level in ("kept", "lost")]
    return [(graph.nodes[c].place, c) for c in live]


def _looked_at_again(world: World, edge: Edge) -> bool:
    """A later command of the same script ends the run on a condition, or the same program runs there again without being swallowed."""
    graph = world.graph
    target = graph.nodes[edge.target]
    if target.kind == "step":
        return _outcome_asked(world, edge.target)
    if target.kind != "command":
        return False
    if _strict_twin(world, edge.target):
        return True
    for sibling in graph.successors(edge.source, ("run",)):
        other = graph.nodes[sibling.target]
        if other.kind == "command" and _index(other) > _index(target) and _fails(other) and not sibling.certain:
            return True
    return False


def _outcome_asked(world: World, node: int) -> bool:
    """Whether another step of the job fails by the outcome of this one: `if: steps.tests.outcome == 'failure'`, and `exit 1`."""
    place = world.graph.nodes[node].place
    steps = [step for path, step in world.every(Step) if path == place.path]
    own = next((step for step in steps if step.place.symbol == place.symbol), None)
    if own is None or not own.id:
        return False
    asked = f"steps.{own.id}.outcome"
    asking = [step.place.symbol for step in steps if step.owner == own.owner and asked in (step.condition or "")]
    others = [other for symbol in asking if (other := world.node(place.path, symbol)) is not None]
    return any(_fails(world.graph.nodes[n]) for n in world.graph.sweep(others, RUNS))


def _strict_twin(world: World, command: int) -> bool:
    graph = world.graph
    program = _program(graph.nodes[command].label)
    for above in graph.predecessors(command, ("run",)):
        for sibling in graph.successors(above.source, ("run",)):
            other = graph.nodes[sibling.target]
            strict = sibling.target != command and not sibling.loss and not sibling.blocked and "swallows" not in other.attributes
            if strict and other.kind == "command" and _program(other.label) == program and set(other.roles) & set(CHECKS):
                return True
    return False


def _fails(node: Node) -> bool:
    words = node.label.split()
    return bool(words) and ((words[0] == "exit" and words[1:2] != ["0"]) or words[0] == "false")


def _program(label: str) -> str:
    return next((w for w in label.split() if w not in PASSED), "")


def _index(node: Node) -> int:
    return int(node.attributes.get("index", "0"))


def _short(label: str) -> str:
    return label if len(label) <= 60 else label[:57] + "..."
