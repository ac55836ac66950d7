"""DAGs that code declares: a schedule leads to the DAG, the DAG to its tasks, a task to the function, command or DAG that it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mlrubric.graph.clock import BY_HAND, Clock, add_trigger, clock_of, day_of
from mlrubric.graph.definitions import decorated, functions, methods
from mlrubric.graph.values import number
from mlrubric.graph.world import World

ORDER = 80
PLAN = "plan"
DECORATOR = "airflow.decorators.dag"
DAILY = ("airflow.DAG", DECORATOR)
SCHEDULE = ("schedule", "schedule_interval", "timetable", "schedules")
OFF = ("is_paused_upon_creation", "suspend", "cron_suspend")
DISTRIBUTION = "apache-airflow"
RELEASING = frozenset({"model.register", "model.deploy", "model.promote", "model.evaluate", "model.fit", "data.validate", "notify.send"})
DEPTH = 4  # helper functions around an operator


@dataclass(frozen=True, slots=True)
class Dag:
    """`op` makes it (a call of the class, or the decorator), `scope` is the decorated function or -1, `node` stands for it in the graph."""

    op: int
    scope: int
    name: str
    node: int


def link(world: World) -> None:
    """Nodes and triggers of all DAGs, then the edges to what their tasks run."""
    dags: list[Dag] = []
    for op, meaning in sorted(world.code.meanings.all().items()):
        if meaning.entry is not None and meaning.entry.gives == PLAN and meaning.entry.kind == "constructor":
            dags.append(_add(world, op, -1))
    for definition, decorator in decorated(world.code):
        named = world.code.meanings.of(decorator) or world.code.meanings.named(decorator)
        if named is not None and named.api == DECORATOR and world.code.program.ops[definition].kind == "function":
            scope = world.code.program.defined(definition)
            dags.append(_add(world, decorator, scope))
    if not dags:
        return
    by_op = {dag.op: dag for dag in dags}
    for op, meaning in sorted(world.code.meanings.all().items()):
        if "flow.task" in meaning.roles and op in world.code.op_node:
            for dag in _dags_of(world, op, by_op, DEPTH):
                _task(world, dag, op, dags)
    for op, targets in sorted(world.code.resolver.targets.items()):
        called = [world.code.scope_node.get(number(t)) for t in targets if t[0] == "function"]
        tasks = [node for node in called if node is not None and "flow.task" in world.graph.nodes[node].roles]
        for dag in _dags_of(world, op, by_op, DEPTH) if tasks else ():
            for node in tasks:
                world.graph.connect(_node(world, dag, op, world.graph.nodes[node].label), node, "run", world.code.place(op))


def _add(world: World, op: int, scope: int) -> Dag:
    code = world.code
    named = code.meanings.of(op)
    argument = named.arguments.get("@name", -1) if named is not None else -1
    name = code.meanings.spelling(argument) if argument >= 0 else code.program.scopes[scope].name if scope >= 0 else "dag"
    place = code.place(op)
    node = world.graph.add("task", f"dag {name}", place, dag=name)
    if scope >= 0:
        world.graph.connect(node, code.scope_node[scope], "run", place)
    add_trigger(world, _clock(world, op, scope), place, [node])
    return Dag(op, scope, name, node)


def _clock(world: World, op: int, scope: int) -> Clock:
    """The schedule of a DAG; what holds without one differs between versions."""
    code = world.code
    if code.program.ops[op].kind != "call":  # a bare decorator
        given = -1
    else:
        given = code.program.keyword(op, *SCHEDULE)
        for name in OFF:
            paused = code.program.keyword(op, name)
            if paused >= 0 and code.meanings.spelling(paused) == "true":
                return replace(clock_of(code, given), live=False, reason=f"{name}=True: it starts switched off")
    clock = clock_of(code, given) if given != -1 else _default(world, op)
    ended = _end(world, op)
    if ended and world.today and ended < world.today and clock.live and clock.recurring:
        return replace(clock, live=False, reason=f"its end_date {ended} is past")
    if not _loaded(world, op, scope):
        return replace(clock, live=False, reason="this function is never called, so that nothing makes the DAG")
    return clock


def _end(world: World, op: int) -> str:
    """The day on which the DAG ends, by its own argument or its default arguments."""
    code, program = world.code, world.code.program
    if program.ops[op].kind != "call":
        return ""
    own = program.keyword(op, "end_date")
    if own >= 0:
        return day_of(code, own)
    defaults = program.keyword(op, "default_args")
    for made in (number(v) for v in code.resolver.of(defaults) if v[0] == "made") if defaults >= 0 else ():
        args = program.args[made] if program.ops[made].kind == "dict" else ()
        for key, value in zip(args[::2], args[1::2], strict=True):
            if key >= 0 and ("text", "end_date") in code.resolver.of(key):
                return day_of(code, value)
    return ""


def _default(world: World, op: int) -> Clock:
    """What holds without a schedule, by the version that the file is run with."""
    named = world.code.meanings.of(op) or world.code.meanings.named(op)
    if named is None or named.api not in DAILY:
        return BY_HAND
    bounds = world.versions.bounds(world.code.program.unit(op).path, DISTRIBUTION)
    if bounds.at_least("3"):
        return replace(BY_HAND, reason="no schedule is set, and Airflow 3 has none by default")
    return Clock("daily", reason="the default of Airflow before 3", certain=bounds.below("3"))


def _loaded(world: World, op: int, scope: int) -> bool:
    """Whether importing the file makes the DAG: it stands at the top of it, or in a function that is called."""
    around = scope if scope >= 0 else world.code.program.scope_id(op)
    if world.code.program.scopes[around].kind == "module":
        return True
    return bool(world.code.resolver.callers.get(around))


def _dags_of(world: World, op: int, by_op: dict[int, Dag], depth: int) -> list[Dag]:
    """The DAGs an operator belongs to: by its argument, the `with` around it, the decorated function it is in, or its callers' DAGs."""
    code, program = world.code, world.code.program
    given = code.program.keyword(op, "dag")
    if given >= 0:
        return _behind(world, given, by_op)
    unit = program.unit(op)
    for block in program.blocks_around(op):
        facts = program.blocks[block]
        if facts.kind == "with" and facts.test >= 0:
            found = _behind(world, facts.test + unit.base, by_op)
            if found:
                return found
    scope = program.scope_id(op)
    own = [dag for dag in by_op.values() if dag.scope == scope]
    if own:
        return own
    if program.scopes[scope].kind != "module":
        callers = code.resolver.callers.get(scope, ()) if depth else ()
        return list(dict.fromkeys(dag for call in sorted(callers) for dag in _dags_of(world, call, by_op, depth - 1)))
    here = [dag for dag in by_op.values() if program.unit(dag.op) is unit]
    return here if len(here) == 1 and "flow.task" in code.meanings.roles(op) else []


def _behind(world: World, op: int, by_op: dict[int, Dag]) -> list[Dag]:
    """The DAGs that a value may be."""
    reached = world.code.flow.reach([op], back=True, stop=lambda o: world.code.program.ops[o].kind == "call")
    return [by_op[o] for o in sorted(reached) if o in by_op]


def _task(world: World, dag: Dag, op: int, dags: list[Dag]) -> None:
    """From the DAG to what one operator runs."""
    code, graph = world.code, world.graph
    meaning, place = code.meanings.of(op), code.place(op)
    if meaning is None:
        return
    started = code.meanings.spelling(meaning.arguments.get("@name", op)) if "flow.run" in meaning.roles else ""
    named = code.program.keyword(op, "task_id")
    task = _node(world, dag, op, code.meanings.spelling(named) if named >= 0 else meaning.api.rpartition(".")[2])
    for target in functions(code, meaning.arguments.get("@function", -1)):
        graph.connect(task, target, "run", place)
    for value in sorted(code.resolver.targets.get(op, ()), key=repr):
        if value[0] == "class":
            for target in methods(world, number(value), name="execute"):
                graph.connect(task, target, "run", place)
    if "@command" in meaning.arguments or RELEASING & set(meaning.roles):
        graph.connect(task, code.op_node[op], "run", place)
    for other in dags:
        if other.name == started and other is not dag:
            graph.connect(task, other.node, "run", place)


def _node(world: World, dag: Dag, op: int, label: str) -> int:
    """The node of a task, which the DAG runs."""
    if op not in world.tasks:
        world.tasks[op] = world.graph.add("task", label, world.code.place(op), task=label)
    world.graph.connect(dag.node, world.tasks[op], "run", world.code.place(op))
    return world.tasks[op]
