"""How things come to be run, as attributes that rules can ask for."""

from __future__ import annotations

import posixpath
import re

from mlrubric.graph.automation import LEVELS, Schedule
from mlrubric.graph.code import Code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.world import World
from mlrubric.model.facts import Heading
from mlrubric.model.homes import home

KINDS = ("test", "op", "function", "module", "notebook", "stage")
# CI systems without a reader yet: what they run is not known, nor is what automation of another repository runs
UNREAD = re.compile(
    r"(^|/)(\.travis\.yml|\.drone\.yml|\.?appveyor\.yml|\.woodpecker(\.ya?ml|/.*)|\.buildkite/.*|\.semaphore/.*|\.cirrus\.yml|buildspec[^/]*\.ya?ml)$",
    re.IGNORECASE,
)
PROGRAM = "process.run"
EXERCISE = re.compile(
    r"\bnone of the tests pass\b|\btests (?:will|should) (?:all )?fail\b|\bmake (?:all )?(?:the|these) tests pass\b", re.IGNORECASE
)


def mark_runs(world: World, schedule: Schedule) -> None:
    """`run` on everything that can be run (kept, lost, skipped, manual, none), `folder_run` on tests: the best of their folder, `spared`
    on tests that no automation need run (a hook runs them at every commit, or they are an exercise), `can_fail` on tests that reach an
    assertion of something or a raise in test code, `called` on tests that other code calls."""
    graph = world.graph
    unread = any(UNREAD.search(path) for path in world.files) or any(
        schedule.of(node).level in ("kept", "lost") for node in graph.of_kind("workflow") if graph.nodes[node].attributes.get("why")
    )
    best: dict[str, int] = {}
    for node in graph.of_kind(*KINDS):
        level = schedule.of(node).level
        graph.nodes[node].attributes["run"] = level
        if graph.nodes[node].kind == "test":
            folder = posixpath.dirname(graph.nodes[node].place.path)
            best[folder] = min(best.get(folder, len(LEVELS)), LEVELS.index(level))
    spared = _spared(world)
    failing = graph.sweep(_failing(world), ("call",), back=True)
    for node in graph.of_kind("test"):
        attributes = graph.nodes[node].attributes
        attributes["folder_run"] = LEVELS[best[posixpath.dirname(graph.nodes[node].place.path)]]
        attributes["folder"] = posixpath.dirname(graph.nodes[node].place.path) or "."
        attributes["ci"] = "unread" if unread else "read"
        attributes["template"] = "true" if "{{" in graph.nodes[node].place.path else "false"
        if attributes["folder"] in spared:
            attributes["spared"] = spared[attributes["folder"]]
        attributes["can_fail"] = "true" if node in failing else "false"
        attributes["called"] = "true" if any(True for _ in graph.predecessors(node, ("call",))) else "false"


def _spared(world: World) -> dict[str, str]:
    """Folders whose tests a hook runs at every commit, and those of exercises, whose tests fail until somebody has solved them."""
    graph, found = world.graph, dict[str, str]()
    hooks = [n for n in graph.of_kind("stage") if graph.nodes[n].attributes.get("tool") == "pre-commit"]
    hooks = [n for n in hooks if posixpath.dirname(graph.nodes[n].place.path) == home(graph.nodes[n].place.path)]  # others do nothing
    hooks = [n for n in hooks if graph.nodes[n].attributes.get("with.stages", "commit") not in ("manual", "")]
    for node in graph.sweep(hooks, RUNS, stop=graph.of_kind("test")) if hooks else ():
        if graph.nodes[node].kind == "test":
            found[posixpath.dirname(graph.nodes[node].place.path) or "."] = "hook"
    for path, heading in world.every(Heading):
        if EXERCISE.search(heading.body):
            found[posixpath.dirname(path) or "."] = "exercise"
    return found


def _failing(world: World) -> set[int]:
    """Functions of test code that assert or raise somewhere, or run a program whose failure fails them."""
    code, found = world.code, set[int]()
    hollow = {op for node, op in code.node_op.items() if world.graph.nodes[node].attributes.get("hollow") == "true"}
    for op, facts in enumerate(code.program.ops):
        if facts.kind in ("assert", "raise") and code.tested(op) and op not in hollow and not _always(code, op):
            found.add(code.holder(op))
    for op, meaning in code.meanings.all().items():
        if PROGRAM in meaning.roles and code.tested(op) and (_raises(meaning) or _checked(code, op)):
            found.add(code.holder(op))
    return found


def _raises(meaning: Meaning) -> bool:
    return meaning.entry is not None and meaning.entry.gate == "raises"


def _checked(code: Code, op: int) -> bool:
    """Whether a program is run with `check=True`."""
    asked = code.program.keyword(op, "check")
    return asked >= 0 and code.program.ops[asked].value is True


def _always(code: Code, op: int) -> bool:
    """`assert True`, which cannot fail."""
    args, ops = code.program.args[op], code.program.ops
    return ops[op].kind == "assert" and bool(args) and ops[args[0]].kind == "const" and ops[args[0]].value not in (False, 0, None, "")
