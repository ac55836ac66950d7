"""Random operations: which generator each draws from, whether a seed reaches it first, and whether training depends on it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping

from mlrubric.graph.code import Code, is_fixture
from mlrubric.graph.graph import Graph
from mlrubric.graph.order import Order, passes
from mlrubric.graph.origins import loose
from mlrubric.graph.processes import Processes
from mlrubric.graph.writers import Shape, shape

FAR = 400  # operations
SETS_UP = frozenset(
    {
        "setUp",
        "setUpClass",
        "setup_method",
        "setup_class",
        "setup_module",
        "setup_function",
        "setUpModule",
        "asyncSetUp",
        "pytest_configure",
        "pytest_runtest_setup",
    }
)


def mark_seeds(graph: Graph, code: Code) -> None:
    """`seeded` on every random operation: argument, global, late (a seed comes only afterwards), other (another generator is seeded),
    no; `matters`: `training` when what it draws reaches a training in a process that trains, `test` when a test draws from real rows or
    leaves it in a file for a training, else `no`; and `first` on the first of those on a way through one function or cell that
    only a global seed can mend."""
    seeding: dict[str, set[int]] = {}
    for node in graph.with_role("random.seed"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is not None and meaning is not None and meaning.entry is not None:
            for generator in meaning.entry.seeds:
                seeding.setdefault(generator, set()).add(op)
    training = _training(graph, code)
    fits = [code.node_op[n] for n in graph.with_role("model.fit", "model.tune") if n in code.node_op]
    to_fit = code.flow.reach(fits, back=True)
    orders = {
        generator: Order(code, ops, only=training, toward=to_fit, entered=_asked_for(code, ops)) for generator, ops in seeding.items()
    }
    prepared = {generator: _prepared(code, ops) for generator, ops in seeding.items()}
    view = Processes(graph)
    by_files = view.sweep(graph.with_role("model.fit", "model.tune"), back=True, allow=lambda e: not loose(graph, e))
    chosen = _seeds_of_seeds(code, seeding)
    trains = 0
    for node in graph.with_role("model.fit", "model.tune"):
        trains |= view.of(node)
    led: dict[tuple[object, ...], list[int]] = {}
    for node in graph.with_role("random.use"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or meaning.entry is None:
            continue
        attributes = graph.nodes[node].attributes
        values = code.meanings.spellings(meaning)
        if meaning.open and meaning.entry.param("@seed") is not None:
            values.setdefault("@seed", "given")  # `**options` may hold it
        generator = meaning.entry.random_for(values)
        attributes["generator"] = generator
        built = "model.build" in graph.nodes[node].roles and _called_in(code, op, training)
        near = (op in to_fit or _in_place(code, op, meaning.arguments.get("@data", -1), to_fit)) and bool(view.of(node) & trains)
        reaches = (near or node in by_files or built) and op not in chosen
        tested = code.tested(op)
        if tested:
            rows = "model.build" not in graph.nodes[node].roles and (
                (node in by_files and op not in to_fit) or "data.read" in graph.nodes[node].about
            )
            attributes["matters"] = "test" if rows else "no"
        else:
            attributes["matters"] = "training" if reaches else "no"
        attributes["seeded"] = (
            "argument" if values.get("@seed", "absent") not in ("absent", "none") else _seeded(code, op, generator, seeding, orders)
        )
        if tested and attributes["seeded"] != "argument" and code.program.unit(op).path in prepared.get(generator, ()):
            attributes["seeded"] = "global"
        group = (code.program.scope_id(op), graph.nodes[node].place.cell, generator, attributes["seeded"], attributes["matters"])
        layer = "model.build" in graph.nodes[node].roles and generator in ("torch", "tensorflow", "jax")
        own = meaning.entry.param("@seed") is not None and not layer and generator != "torch"  # one seed mends all of its draws
        before = led.setdefault(group, [])
        attributes["first"] = "true" if own or not any(layer or passes(code, one, op) for one in before) else "false"
        if not own:
            before.append(op)


def _in_place(code: Code, draw: int, argument: int, to_fit: Mapping[int, int]) -> bool:
    """Whether a draw brings a list into another order, and the list reaches a training further down: `random.shuffle(order)`."""
    program = code.program
    if argument < 0 or code.resolver.uses[draw] or not program.ops[argument].name:
        return False
    name, scope = program.ops[argument].name, program.scope_id(draw)
    following = range(draw + 1, min(draw + FAR, len(program.ops)))
    return any(op in to_fit and program.ops[op].name == name and program.scope_id(op) == scope for op in following)


def _seeds_of_seeds(code: Code, seeding: Mapping[str, set[int]]) -> Collection[int]:
    """Draws that become a seed: what is drawn is told, and can be given again."""
    seeds = {op for ops in seeding.values() for op in ops}
    given = [meaning.arguments["@seed"] for op in seeds if (meaning := code.meanings.of(op)) is not None and "@seed" in meaning.arguments]
    return code.flow.reach(given, back=True).keys() if given else ()


def _asked_for(code: Code, ops: Iterable[int]) -> frozenset[int]:
    """The blocks that are entered when a seed is given: `if args.seed is not None: set_seed(args.seed)`."""
    found: set[int] = set()
    for op in ops:
        meaning = code.meanings.of(op)
        argument = meaning.arguments.get("@seed", -1) if meaning is not None else -1
        named = shape(code, argument) if argument >= 0 else ()
        for block in code.program.blocks_around(op) if named else ():
            facts = code.program.blocks[block]
            if facts.kind == "if" and facts.test >= 0 and _mentions(code, facts.test + code.program.unit(op).base, named):
                found.add(block)
    return frozenset(found)


def _mentions(code: Code, op: int, named: Shape, depth: int = 0) -> bool:
    if op < 0 or depth > 4:
        return False
    return shape(code, op) == named or any(_mentions(code, a, named, depth + 1) for a in code.program.args[op])


def _prepared(code: Code, seeds: Iterable[int]) -> Collection[str]:
    """The files of tests whose runner seeds a generator before each test: in a fixture or a method that sets up, or in a conftest for all
    below it."""
    found: set[str] = set()
    for op in seeds:
        scope = code.program.scope_id(op)
        path = code.program.unit(op).path
        if code.program.scopes[scope].name in SETS_UP or is_fixture(code.program, scope):
            found.add(path)
            if posixpath.basename(path) == "conftest.py":
                folder = posixpath.dirname(path)
                found.update(unit.path for unit in code.program.modules if unit.path.startswith(f"{folder}/" if folder else ""))
    return found


def _seeded(code: Code, op: int, generator: str, seeding: dict[str, set[int]], orders: dict[str, Order]) -> str:
    order = orders.get(generator)
    if order is not None:
        if order.before(op) is not None:
            return "global"
        return "late" if order.later(op) is not None else "no"
    here = code.program.unit_of[op]
    others = {g for g, ops in seeding.items() if any(code.program.unit_of[s] == here for s in ops)}
    return "other" if others and generator != "own" else "no"


def _training(graph: Graph, code: Code) -> frozenset[int]:
    """Scopes that lead to a training: those that hold one, and all that call them."""
    waiting = [code.program.scope_id(code.node_op[n]) for n in graph.with_role("model.fit") if n in code.node_op]
    found: set[int] = set()
    while waiting:
        scope = waiting.pop()
        if scope not in found:
            found.add(scope)
            waiting.extend(code.program.scope_id(c) for c in code.resolver.callers.get(scope, ()))
    return frozenset(found)


def _called_in(code: Code, op: int, training: frozenset[int]) -> bool:
    """Whether an operation stands in training code or in a function that training code calls."""
    scope = code.program.scope_id(op)
    return scope in training or any(code.program.scope_id(c) in training for c in code.resolver.callers.get(scope, ()))
