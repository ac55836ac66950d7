"""What code and images bring a trained model out of the repository by: files that are uploaded after they were saved, and images that are
pushed with a model inside.

A file is known again by its path: the same text, or the same value on both sides (`path = join(...)`, saved to and uploaded from). Where a
helper uploads whatever it is given, the call that gives it the model is the release. Neither counts where the repository registers,
promotes or deploys the model itself: then the file is only on its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlrubric.graph.earlier import earlier_runs
from mlrubric.graph.graph import FLOWS, RUNS
from mlrubric.graph.trained import is_real
from mlrubric.graph.values import HOLE, texts
from mlrubric.graph.world import World, normal, parents

UPLOAD = "artifact.upload"
PUSH = "image.push"
BUILD = "image.build"
FURTHER = ("model.register", "model.promote", "model.deploy")
NOTEBOOK = ".ipynb"
SAME = frozenset({"load", "assign", "param", "phi", "conditional", "boolean", "enter"})
AFTER = ("model.predict", "model.evaluate", "model.explain", "data.write", "run.log_metric")  # what lies behind is no model any more
OWN_VERSION = re.compile(r"\d|[{*]|" + HOLE)
STEPS = 400


def published(world: World) -> list[int]:
    """The uploads, the calls that lead to them and the pushes of images by which a model goes out."""
    graph = world.graph
    if any(_counts(world, node) for node in graph.with_role(*FURTHER)):
        return []
    return sorted({*_uploaded(world), *_pushed(world)})


def _counts(world: World, node: int) -> bool:
    one = world.graph.nodes[node]
    return one.kind != "workflow" and is_real(world.graph, node) and not one.place.path.endswith(NOTEBOOK)


def _trained(world: World) -> list[int]:
    return [n for n in world.graph.with_role("model.fit") if _counts(world, n)]


# ---- files ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Saved:
    """The paths that models are saved to: as texts, and as the operations whose value they are."""

    paths: set[str] = field(default_factory=set)
    values: set[int] = field(default_factory=set)
    saves: set[int] = field(default_factory=set)


def _uploaded(world: World) -> Iterator[int]:
    graph, code = world.graph, world.code
    uploads = [n for n in graph.with_role(UPLOAD) if n in code.node_op and _counts(world, n)]
    saved = _saved(world) if uploads else _Saved()
    for node in uploads if saved.saves else ():
        op = code.node_op[node]
        meaning = code.meanings.of(op)
        if meaning is None or "@source" not in meaning.arguments or _versioned(world, meaning.arguments.get("@sink", -1)):
            continue
        for call in _handing(world, op, meaning.arguments["@source"], saved):
            yield node if call == op else code.node_for(graph, call, code.program.called(call) or graph.nodes[node].label, (UPLOAD,))


def _saved(world: World) -> _Saved:
    graph, code, found = world.graph, world.code, _Saved()
    fits = _trained(world)
    learnt = graph.sweep(fits, FLOWS, stop=graph.with_role(*AFTER)) if fits else {}
    for node in graph.with_role("model.save"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or node not in learnt or not _counts(world, node):
            continue
        found.saves.add(op)
        found.values.update(here for here, _ in _same(world, meaning.arguments.get("@sink", -1)))
        for edge in graph.successors(node, ("write",)):
            found.paths.add(graph.nodes[edge.target].label)
    return found


def _handing(world: World, upload: int, source: int, saved: _Saved) -> Iterator[int]:
    """The upload itself when it names a model's file, or holds what was written from one; else the calls that hand one to it."""
    seen: set[int] = set()
    for op, call in _same(world, source):
        by = upload if call < 0 else call
        if by not in seen and (op in saved.values or op in saved.saves or _names(world, op, saved)):
            seen.add(by)
            yield by


def _names(world: World, op: int, saved: _Saved) -> bool:
    """Whether a value is the path of a model's file, or of the folder of one."""
    if world.code.program.ops[op].kind in SAME:
        return False  # what it stands for is looked at by itself
    for text in texts(world.code.resolver.of(op)):
        path = normal(text)
        if path.strip("*/. ") and (path in saved.paths or any(path in parents(one) for one in saved.paths)):
            return True
    return False


def _same(world: World, start: int) -> Iterator[tuple[int, int]]:
    """The operations whose value an argument is, each with the outermost call that hands it over (-1: none), through names, parameters,
    opened files, and what only wraps one value."""
    program, code = world.code.program, world.code
    waiting, seen = [(start, -1)], set[tuple[int, int]]()
    while waiting and len(seen) < STEPS:
        op, call = waiting.pop()
        if op < 0 or (op, call) in seen:
            continue
        seen.add((op, call))
        yield op, call
        kind, meaning = program.ops[op].kind, code.meanings.of(op)
        if kind == "param":
            for given in sorted(code.resolver.sources.get(op, ())):
                if not code.tested(given):
                    waiting.append((given, _taker(world, given, program.scope_id(op))))
        elif kind in SAME:
            waiting.extend((behind, call) for behind in sorted({*program.args[op], *code.resolver.reads.get(op, ())}))
        elif meaning is not None and "file.open" in meaning.roles:
            waiting.append((meaning.arguments.get("@source", program.receiver(op)), call))
        elif kind == "call" and (meaning is None or not meaning.roles):
            waiting.append((_wrapped(world, op), call))


def _wrapped(world: World, call: int) -> int:
    """The one value that a call of a library only wraps or gives out: `str(path)`, `buffer.getvalue()`; -1 for other calls."""
    program = world.code.program
    targets = {target[0] for target in world.code.resolver.targets.get(call, ())}
    if targets & {"function", "class"}:
        return -1
    if "method" in targets:
        return program.receiver(call)
    return program.args[call][1] if len(program.args[call]) == 2 else -1


def _taker(world: World, given: int, scope: int) -> int:
    """The call that hands a value to a function."""
    code = world.code
    calls = [c for c in code.resolver.callers.get(scope, ()) if given in code.program.args[c]]
    return min(calls, default=-1)


def _versioned(world: World, sink: int) -> bool:
    """Whether every name that is known of the place has a version in it: nothing that serves is replaced."""
    names = texts(world.code.resolver.of(sink)) if sink >= 0 else ()
    return bool(names) and all(OWN_VERSION.search(name.rpartition("/")[2].rpartition(".")[0] or name) for name in names)


# ---- images ---------------------------------------------------------------------------------------------------------


def _pushed(world: World) -> Iterator[int]:
    """Pushes of images behind a training: one that the job ran before, or that the build of the image runs."""
    graph = world.graph
    pushes = [n for n in graph.with_role(PUSH) if n not in world.code.node_op and _counts(world, n)]
    fits = set(_trained(world)) if pushes else set()
    stops = graph.of_kind("test")
    for node in pushes if fits else ():
        before = [node, *earlier_runs(world, node)]
        reached = graph.sweep(before, RUNS, stop=stops)
        if fits & reached.keys() and any(BUILD in graph.nodes[n].roles for n in reached):
            yield node
