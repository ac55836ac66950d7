"""Random operations: which generator each draws from, whether a seed reaches it first, and whether training depends on it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping

from mlrubric.graph.code import Code, is_fixture
from mlrubric.graph.definitions import plainly_none
from mlrubric.graph.draws import Draws
from mlrubric.graph.graph import Graph
from mlrubric.graph.order import Order, passes
from mlrubric.graph.writers import Shape, shape

BUILDS = frozenset({"model.build", "transform.build", "data.split"})
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
    default (no seed is given, and the library has a fixed one), no; `matters`, what depends on it; and `first` on the first of those on a
    way through one function or cell (of tests: in one block) that only a global seed can mend."""
    seeding: dict[str, set[int]] = {}
    for node in graph.with_role("random.seed"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is not None and meaning is not None and meaning.entry is not None:
            for generator in meaning.entry.seeds:
                seeding.setdefault(generator, set()).add(op)
    training = _training(graph, code)
    draws = Draws(graph, code, training, _seeds_of_seeds(code, seeding))
    orders = {
        generator: Order(code, ops, only=training, toward=draws.to_fit, entered=_asked_for(code, ops), made=True)
        for generator, ops in seeding.items()
    }
    prepared = {generator: _prepared(code, ops) for generator, ops in seeding.items()}
    named = _seeded_by_name(graph, code)
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
        attributes["matters"] = draws.matters(node, op, meaning)
        own_seed = values.get("@seed", "absent") not in ("absent", "none") or (op in named and bool(BUILDS & set(graph.nodes[node].roles)))
        attributes["seeded"] = "argument" if own_seed else _seeded(code, op, generator, seeding, orders)
        if code.tested(op) and attributes["seeded"] != "argument" and code.program.unit(op).path in prepared.get(generator, ()):
            attributes["seeded"] = "global"
        group = (code.program.scope_id(op), graph.nodes[node].place.cell, generator, attributes["seeded"], attributes["matters"])
        layer = "model.build" in graph.nodes[node].roles and generator in ("torch", "tensorflow", "jax")
        own = meaning.entry.param("@seed") is not None and not layer and generator != "torch"  # one seed mends all of its draws
        leads = _beside if code.tested(op) else passes
        before = led.setdefault(group, [])
        attributes["first"] = "true" if own or not any(layer or leads(code, one, op) for one in before) else "false"
        if not own:
            before.append(op)


def _seeded_by_name(graph: Graph, code: Code) -> Collection[int]:
    """What objects are made of that get a seed afterwards: `model.set_params(random_state=1)`, `model.random_state = 1`."""
    program = code.program
    draws = (code.meanings.of(code.node_op[n]) for n in graph.with_role("random.use") if n in code.node_op)
    params = {meaning.entry.param("@seed") for meaning in draws if meaning is not None and meaning.entry is not None}
    names = {name for param in params if param is not None for name in param.keywords}
    found = [
        program.args[op][0]
        for op in program.of_kind("store_attribute")
        if program.ops[op].name in names and not plainly_none(code, program.args[op][-1])
    ]
    found.extend(program.receiver(op) for op in program.of_kind("call") if _seeds_its_receiver(code, op, names))
    found = [op for op in found if op >= 0]
    return code.flow.reach(found, back=True).keys() if found else ()


def _seeds_its_receiver(code: Code, op: int, names: Collection[str]) -> bool:
    meaning = code.meanings.of(op)
    if not code.program.ops[op].value or (meaning is not None and "@seed" in meaning.arguments):
        return False
    return any(name.rpartition("__")[2] in names for name in code.meanings.names_given(op))


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
    if generator == "fixed":
        return "default"
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


def _beside(code: Code, one: int, other: int) -> bool:
    """Whether two operations stand in one block."""
    return next(iter(code.program.blocks_around(one)), -1) == next(iter(code.program.blocks_around(other)), -1)
