"""Pipelines that are objects made of a list of steps: their steps run scripts, and some only behind a condition step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mlrubric.graph.clock import add_trigger, clock_of
from mlrubric.graph.definitions import origin
from mlrubric.graph.values import texts
from mlrubric.graph.world import World

ORDER = 78  # before tasks are put in order
STEPPED = "stepped"
INNER = ("if_steps", "else_steps")
DEPTH = 3  # objects that a step is made of
WORK = frozenset({"model.register", "model.deploy", "model.promote", "model.fit", "data.validate"})


def link(world: World) -> None:
    """A node for each pipeline and each of its steps, what starts the pipeline, and what the steps run."""
    code = world.code
    pipelines: dict[int, int] = {}
    for op, meaning in sorted(code.meanings.all().items()):
        if meaning.entry is not None and meaning.entry.gives == STEPPED and op in code.op_node:
            name = code.meanings.spelling(meaning.arguments["@name"]) if "@name" in meaning.arguments else "pipeline"
            pipelines[op] = world.graph.add("task", f"pipeline {name}", code.place(op), dag=name)
            for step in _steps(world, meaning.arguments.get("@steps", -1)):
                _step(world, step, pipelines[op])
    for op, meaning in sorted(code.meanings.all().items()) if pipelines else ():
        receiver = code.program.receiver(op) if code.program.ops[op].kind == "call" else -1
        started = pipelines.get(origin(code, receiver)) if receiver >= 0 else None
        if started is None:
            continue
        if "flow.run" in meaning.roles and op in code.op_node:
            world.graph.connect(code.op_node[op], started, "run", code.place(op))
        elif "trigger.schedule" in meaning.roles:
            for made in _listed(world, meaning.arguments.get("@schedule", -1)):
                clock, switch = clock_of(code, made), code.program.keyword(made, "enabled") if code.program.ops[made].kind == "call" else -1
                if switch >= 0 and code.meanings.spelling(switch) == "false":
                    clock = replace(clock, live=False, reason="enabled=False: the schedule is switched off")
                add_trigger(world, clock, code.place(made), [started])


def _listed(world: World, op: int) -> Iterator[int]:
    """The elements of a written list, else the value itself."""
    made = origin(world.code, op) if op >= 0 else -1
    if made >= 0:
        yield from world.code.program.args[made] if world.code.program.ops[made].kind == "container" else (made,)


def _steps(world: World, op: int) -> list[int]:
    """The calls that make the steps of a list."""
    found = [origin(world.code, item) for item in _listed(world, op) if item >= 0]
    return [step for step in found if "flow.task" in world.code.meanings.roles(step) or "flow.branch" in world.code.meanings.roles(step)]


def _step(world: World, op: int, holder: int) -> None:
    code, graph, program = world.code, world.graph, world.code.program
    meaning, place = code.meanings.of(op), code.place(op)
    if meaning is None:
        return
    if op not in world.tasks:
        label = code.meanings.spelling(meaning.arguments["@name"]) if "@name" in meaning.arguments else meaning.api.rpartition(".")[2]
        world.tasks[op] = graph.add("task", label, place, task=label)
    node = world.tasks[op]
    graph.connect(holder, node, "run", place)
    if WORK & set(meaning.roles) and op in code.op_node:
        for index in graph.incoming[code.op_node[op]]:
            if graph.edges[index].kind == "call":
                graph.turn_edge(index, "declare")
        graph.connect(node, code.op_node[op], "run", place)
    if "flow.branch" in meaning.roles:
        asked = code.flow.reach([meaning.arguments["@condition"]], back=True) if "@condition" in meaning.arguments else {}
        for inner in (step for name in INNER for step in _steps(world, program.keyword(op, name))):
            _step(world, inner, node)
            world.conditional[world.tasks[inner]] = (node, tuple(sorted(o for o in asked if o != op)))
        return
    for path in sorted(set(_scripts(world, op, DEPTH))):
        index = program.by_path[path]
        for module in (code.module_node[index], code.main_node.get(index, -1)):
            if module >= 0:
                graph.connect(node, module, "run", place)


def _scripts(world: World, op: int, depth: int) -> Iterator[str]:
    """The Python files that a step names, itself or by what it is made of."""
    code, program = world.code, world.code.program
    if program.ops[op].kind != "call" or depth == 0:
        return
    folder = program.keyword(op, "source_dir")
    folders = texts(code.resolver.of(folder)) if folder >= 0 else []
    for argument in (*program.args[op][1:], program.receiver(op)):
        if argument < 0:
            continue
        for text in texts(code.resolver.of(argument)):
            named = [f"{folder.rstrip('/')}/{text}" for folder in folders] + [text]
            found = [
                p for name in named for p in program.by_path if text.endswith(".py") and (p == name or p.endswith("/" + name.lstrip("./")))
            ]
            yield from found[:1] if len(found) == 1 or folders else [p for p in found if p == text.removeprefix("./")]
        if not any(v[0] in ("text", "const") for v in code.resolver.of(argument)):
            made = origin(code, argument)
            if made != op and made not in world.tasks:
                yield from _scripts(world, made, depth - 1)
