"""Tests that skip themselves where a module cannot be imported, and the jobs that do not install it: there they never run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlrubric.graph.code import Code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.installs import Environment, Installs
from mlrubric.graph.values import texts
from mlrubric.graph.world import World
from mlrubric.knowledge.catalogue import normal_name

EXPRESSION = ("load", "assign", "phi", "unary", "compare", "boolean", "call", "conditional", "attribute")
IMPORT_ERRORS = frozenset({"builtins.ImportError", "builtins.ModuleNotFoundError", "builtins.Exception"})


def mark_absences(world: World) -> None:
    """`absent` on a skip whose module no live job that runs its tests installs; `lacks` on these tests, and the hops to them blocked."""
    graph, code = world.graph, world.code
    skips = [(n, code.node_op[n]) for n in graph.with_role("test.skip") if n in code.node_op]
    needs = [(n, op, names) for n, op in skips if code.tested(op) and (names := _modules(code, op))]
    if not needs:
        return
    live = _live_jobs(world)
    installs = Installs(world, code.meanings.catalogue.brings())
    for node, op, names in needs:
        for name in names:
            wanted = normal_name(code.meanings.catalogue.distribution(name))
            if wanted and installs.declared(wanted):
                _judge(world, installs, live, node, name, wanted, _tests_under(world, op))


def _judge(world: World, installs: Installs, live: set[int], skip: int, name: str, wanted: str, tests: list[int]) -> None:
    """Block the hops from jobs that lack a distribution; when no live job is left, say so at the skip."""
    graph = world.graph
    lacking: list[tuple[int, int, Environment]] = []  # edge, job, what it has
    for test in tests:
        for number in graph.incoming[test]:
            edge = graph.edges[number]
            if edge.kind != "run" or edge.blocked:
                continue
            jobs = [n for n in graph.sweep([edge.source], RUNS, back=True) if n in live]
            if not jobs:
                continue
            have = [installs.job(job) for job in jobs]
            if any(not one.known or wanted in one.names for one in have):
                return
            lacking.append((number, jobs[0], have[0]))
    if not lacking:
        return
    for number, job, _ in lacking:
        said = f"skipped: job {graph.nodes[job].label} does not install {name}"
        graph.edges[number] = replace(graph.edges[number], blocked=said)
        graph.nodes[graph.edges[number].target].attributes["lacks"] = name
    _, job, environment = lacking[0]
    graph.nodes[skip].attributes.update(absent=name, job=graph.nodes[job].label, install=str(environment.command))


def _live_jobs(world: World) -> set[int]:
    graph = world.graph
    starts = [
        n
        for n in graph.of_kind("trigger")
        if graph.nodes[n].attributes.get("live") == "true" and graph.nodes[n].attributes.get("recurring") == "true"
    ]
    return {n for n in graph.sweep(starts, RUNS, allow=lambda e: not e.blocked) if graph.nodes[n].kind == "job"}


# ---- which modules a skip asks for ---------------------------------------------------------------------------------


def _modules(code: Code, op: int) -> list[str]:
    """The modules without which a skip skips; nothing for other reasons to skip."""
    meaning = code.meanings.of(op)
    if meaning is None:
        return []
    if "@name" in meaning.arguments:
        return list(texts(code.resolver.of(meaning.arguments["@name"])))
    if "@condition" in meaning.arguments:
        return _asked_by(code, meaning.arguments["@condition"])
    handler = code.program.block_id(op)
    return _tried(code, handler) if code.program.blocks[handler].kind == "except" else []


def _asked_by(code: Code, condition: int) -> list[str]:
    """The modules behind `not HAS_X`, `X is None` and `find_spec("x") is None`."""
    program, found = code.program, list[str]()
    negated = False
    waiting, seen = [condition], set[int]()
    while waiting:
        op = waiting.pop()
        if op in seen or op < 0 or program.ops[op].kind not in (*EXPRESSION, "const", "import"):
            continue
        seen.add(op)
        facts = program.ops[op]
        if facts.kind == "boolean":
            return []  # other reasons to skip beside it
        negated |= facts.name == "not" if facts.kind == "unary" else facts.kind == "compare" and facts.value in (("is",), ("==",))
        meaning = code.meanings.of(op) if facts.kind == "call" else None
        if meaning is not None and "env.probe" in meaning.roles:
            found.extend(texts(code.resolver.of(meaning.arguments.get("@name", -1))))
        elif facts.kind == "assign" and program.blocks[program.block_id(op)].kind == "except":
            found.extend(_tried(code, program.block_id(op)))
        waiting.extend((*program.args[op], *code.resolver.reads.get(op, ())))
    return sorted(set(found)) if negated else []


def _tried(code: Code, handler: int) -> list[str]:
    """The modules that the `try` before an `except ImportError` imports."""
    program = code.program
    block = program.blocks[handler]
    unit = next(u for u in reversed(program.modules) if u.block_base <= handler)
    if block.test >= 0 and not {str(v[1]) for v in code.resolver.of(block.test + unit.base)} & IMPORT_ERRORS:
        return []
    tries = [n for n, b in enumerate(unit.facts.blocks) if b.kind == "try" and b.parent == block.parent and b.line < block.line]
    if not tries:
        return []
    inside = max(tries, key=lambda n: unit.facts.blocks[n].line)
    names = [str(op.value[0]) for op in unit.facts.ops if op.block == inside and op.kind == "import" and isinstance(op.value, tuple)]
    return sorted({n for n in names if n})


# ---- which tests a skip speaks for -----------------------------------------------------------------------------------


def _tests_under(world: World, op: int) -> list[int]:
    """All tests of the module for a skip at its top, those of a decorated function or class, else those that run the function."""
    code, program = world.code, world.code.program
    unit = program.unit(op)
    scopes = [s for s, n in code.scope_node.items() if world.graph.nodes[n].kind == "test" and program.scope_unit[s] == unit.index]
    decorated = next(_decorated(code, op), -1)
    if decorated >= 0:
        return [code.scope_node[s] for s in sorted(scopes) if _inside(code, s, decorated)]
    if program.scopes[program.scope_id(op)].kind == "module":
        return [code.scope_node[s] for s in sorted(scopes)]
    reached = world.graph.sweep([code.holder(op)], frozenset({"call"}), back=True)
    return sorted(n for n in reached if world.graph.nodes[n].kind == "test")


def _decorated(code: Code, op: int) -> Iterator[int]:
    """The scope that a call decorates."""
    for use in code.resolver.uses[op]:
        if code.program.ops[use].kind in ("function", "class"):
            yield code.program.defined(use)


def _inside(code: Code, scope: int, outer: int) -> bool:
    while scope >= 0:
        if scope == outer:
            return True
        scope = code.program.parent_scope(scope)
    return False
