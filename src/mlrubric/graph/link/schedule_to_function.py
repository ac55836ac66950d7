"""Schedules that code gives to a flow, a job or a function: deployments, schedule definitions, recurring runs, clocks inside a process.

What has to hold differs: a deployment or a recurring run is there once the code that asks for it has run; a clock inside a process
only ticks while a service, a container or a live trigger runs that process; a schedule on a class waits for the command that deploys it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from mlrubric.graph.assets import Assets
from mlrubric.graph.clock import BY_HAND, Clock, add_trigger, clock_of
from mlrubric.graph.definitions import decorated, functions, methods, origin
from mlrubric.graph.graph import RUNS
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.packages import packaged
from mlrubric.graph.values import number
from mlrubric.graph.world import World

ORDER = 85
DEPLOYING = ("serve", "deploy", "to_deployment")
REGISTERING = (*DEPLOYING, "with_options", "run", "schedule")  # methods of a flow that take its schedule
TIMES = ("cron", "interval", "schedule", "schedules", "rrule", "cron_schedule")
STOPPED = "default_status is not RUNNING: it starts switched off"
UNHELD = "no Definitions or repository holds it, so that nothing loads it"
UNWATCHED = "the sensor that looks at automation conditions starts switched off"
CONDITIONS = ("automation_condition", "auto_materialize_policy")
OFF = ("paused", "is_paused_upon_creation", "is_paused")
IN_PROCESS = re.compile(r"^(apscheduler|schedule|celery|rocketry)\.")
DEPLOYS = re.compile(r"\b(argo-workflows|step-functions|airflow)\s+create\b")
ACTIVATES = re.compile(r"--activate(-launchplans?)?\b")
RUNNING = ("run", "resume", "spin")
DEPLOYED_BY_COMMAND = re.compile(r"^metaflow\.")


def link(world: World) -> None:
    """Triggers of calls that carry a schedule, of methods of flows, and of decorators."""
    started, assets = _started(world), Assets(world)
    for op, meaning in sorted(world.code.meanings.all().items()):
        if "trigger.schedule" in meaning.roles and op in world.code.op_node:
            _called(world, op, meaning, started, assets)
    for op, facts in enumerate(world.code.program.ops):
        if facts.kind == "call" and world.code.meanings.of(op) is None:
            _method(world, op, started)
    for definition, decorator in decorated(world.code):
        named = world.code.meanings.of(decorator) or world.code.meanings.named(decorator)
        if named is not None and ("trigger.schedule" in named.roles or "trigger.event" in named.roles):
            _decorator(world, definition, decorator, named, started, assets)
    _automated(world, assets)
    _steps_of_classes(world)


def _started(world: World) -> dict[int, int]:
    """What a service, a container or a live trigger runs."""
    graph = world.graph
    live = [
        n for n in graph.of_kind("trigger") if graph.nodes[n].attributes.get("live") == graph.nodes[n].attributes.get("recurring") == "true"
    ]
    containers = [n for (_, symbol), n in sorted(world.nodes.items()) if symbol == "run" and graph.nodes[n].kind == "image"]
    processes = [n for n in graph.of_kind("stage") if graph.nodes[n].attributes.get("tool") == "procfile"]
    return graph.sweep([*live, *graph.of_kind("service"), *containers, *processes], RUNS)


def _called(world: World, op: int, meaning: Meaning, started: dict[int, int], assets: Assets) -> None:
    """A call of the catalogue: the schedule is an argument, or the call itself is a part of a chain that ends in one."""
    code = world.code
    targets = functions(code, meaning.arguments.get("@function", -1)) or functions(code, code.program.keyword(op, "job", "target", "flow"))
    inside = IN_PROCESS.match(meaning.api) is not None
    if "@schedule" not in meaning.arguments and not inside:
        return
    clock = clock_of(code, meaning.arguments.get("@schedule", -2))
    if inside:
        clock = Clock(clock.text if clock.text.startswith(("@", "*")) else "")
    clock = _running(world, op, _switched(world, op, meaning, clock), started, inside)
    if clock.live and meaning.entry is not None and meaning.entry.param("@start") is not None and not assets.held(op):
        clock = replace(clock, live=False, reason=UNHELD)
    about = assets.of_job(code.program.keyword(op, "job", "target")) if not targets else []
    files = about or (packaged(world, op, meaning) if not targets else [])
    if targets or files:
        add_trigger(world, clock, code.place(op), targets or [n for n, _ in files], certain=bool(targets) or all(c for _, c in files))
    elif alone := _only_flow(world, op):
        add_trigger(world, clock, code.place(op), alone, certain=False)


def _only_flow(world: World, op: int) -> list[int]:
    """What a compiled pipeline that gets a schedule was made from: the one flow of the module, else the one of the repository."""
    code, graph = world.code, world.graph
    if not any(value[0] == "method" for value in code.resolver.targets.get(op, ())):
        return []  # a schedule by itself: what takes it makes the trigger
    flows = [n for n in graph.with_role("flow.define") if graph.nodes[n].kind == "function"]
    here = [n for n in flows if graph.nodes[n].place.path == code.place(op).path]
    return next((found for found in (here, flows) if len(found) == 1), [])


def _method(world: World, op: int, started: dict[int, int]) -> None:
    """A method of a decorated flow: `train.serve(cron="...")`, `train.deploy(interval=3600)`."""
    code = world.code
    callee = code.program.args[op][0]
    if callee < 0 or code.program.ops[callee].kind != "attribute" or code.program.ops[callee].name not in REGISTERING:
        return
    targets = [n for n in functions(code, code.program.args[callee][0]) if "flow.define" in world.graph.nodes[n].roles]
    given = code.program.keyword(op, *TIMES)
    if not targets or (given < 0 and code.program.ops[callee].name not in DEPLOYING):
        return
    clock = clock_of(code, given) if given >= 0 else BY_HAND  # `**options` may hold one, or not: no credit for it
    off = code.program.keyword(op, *OFF)
    if off >= 0 and code.meanings.spelling(off) == "true":
        clock = replace(clock, live=False, reason="the schedule is paused")
    add_trigger(world, _running(world, op, clock, started, False), code.place(op), targets)


def _switched(world: World, op: int, meaning: Meaning, clock: Clock) -> Clock:
    """Whether the schedule is on: some are paused when told so, some are stopped unless told otherwise."""
    code = world.code
    param = meaning.entry.param("@start") if meaning.entry is not None else None
    if param is None:
        return clock
    argument = meaning.arguments.get("@start", -1)
    if "default_status" in param.keywords:
        values = {str(v[1]) for v in code.resolver.of(argument)} if argument >= 0 else set[str]()
        if not any(value.endswith("RUNNING") for value in values):
            return replace(clock, live=False, reason=STOPPED)
    elif "auto_activate" in param.keywords:
        if not (argument >= 0 and code.meanings.spelling(argument) == "true") and not _said(world, ACTIVATES):
            return replace(clock, live=False, reason="nothing activates the launch plan")
    elif argument >= 0 and code.meanings.spelling(argument) == ("false" if "enabled" in param.keywords else "true"):
        return replace(clock, live=False, reason="the schedule is paused")
    return clock


def _running(world: World, op: int, clock: Clock, started: dict[int, int], inside: bool) -> Clock:
    """Whether the code that sets the schedule up is run at all."""
    code = world.code
    if not clock.live or not clock.recurring:
        return clock
    holder = code.holder(op)
    if inside:
        dead = "" if holder in started else "nothing in this repository keeps the process of this clock running"
        return replace(clock, live=not dead, reason=dead)
    scope = code.program.scopes[code.program.scope_id(op)]
    called = scope.kind in ("module", "class") or bool(code.resolver.callers.get(code.program.scope_id(op)))
    if not called:
        return replace(clock, live=False, reason="the function that sets this schedule up is never called")
    return clock if holder in started else replace(clock, certain=False, reason=clock.reason or "set up by a script that a person runs")


def _decorator(world: World, definition: int, decorator: int, named: Meaning, started: dict[int, int], assets: Assets) -> None:
    """A schedule on a function or a class; `job=` names what it starts instead."""
    code, program = world.code, world.code.program
    scope = program.defined(definition)
    targets = [code.scope_node[scope]] if scope in code.scope_node else methods(world, scope, role="flow.task")
    is_call = program.ops[decorator].kind == "call"
    if is_call:
        job = code.program.keyword(decorator, "job", "target")
        targets += functions(code, job) + [node for node, _ in assets.of_job(job)]
    clock = Clock(kind="schedule" if "trigger.schedule" in named.roles else "event")
    if clock.kind == "schedule" and is_call and "@schedule" in named.arguments:
        spelled = code.meanings.spelling(named.arguments["@schedule"])
        clock = clock if spelled == "true" else clock_of(code, named.arguments["@schedule"])
    clock = _switched(world, decorator, named, clock)
    switch = named.entry is not None and named.entry.param("@start") is not None
    if switch and not is_call and named.entry is not None and "default_status" in named.entry.params[-1].keywords:
        clock = replace(clock, live=False, reason=STOPPED)
    if clock.live and switch and not assets.held(definition):
        clock = replace(clock, live=False, reason=UNHELD)
    if DEPLOYED_BY_COMMAND.match(named.api) and not _said(world, DEPLOYS):
        clock = replace(clock, live=False, reason="no command of this repository deploys the flow to a scheduler")
    elif IN_PROCESS.match(named.api):
        clock = _running(world, decorator, clock, started, True)
    add_trigger(world, clock, code.place(decorator), targets)


def _automated(world: World, assets: Assets) -> None:
    """Conditions by which assets are made: they fire while the sensor that looks at them is switched on."""
    code = world.code
    on = [op for op, m in code.meanings.all().items() if "trigger.event" in m.roles and "@steps" in m.arguments and _is_running(world, m)]
    for scope, decorator, _ in assets.decorators:
        given = code.program.keyword(decorator, *CONDITIONS) if code.program.ops[decorator].kind == "call" else -1
        if given < 0 or code.meanings.spelling(given) == "none" or scope not in code.scope_node:
            continue
        made = origin(code, given)
        first = code.program.args[made][1:2] if code.program.ops[made].kind == "call" else ()
        clock = clock_of(code, first[0]) if first else Clock(kind="event")
        clock = replace(clock, kind="schedule" if clock.text else "event", live=bool(on), reason="" if on else UNWATCHED)
        add_trigger(world, clock, code.place(decorator), [code.scope_node[scope]])


def _is_running(world: World, meaning: Meaning) -> bool:
    argument = meaning.arguments.get("@start", -1)
    return any(str(v[1]).endswith("RUNNING") for v in world.code.resolver.of(argument)) if argument >= 0 else False


def _said(world: World, pattern: re.Pattern[str]) -> bool:
    """Whether a command of the repository says something."""
    return any(pattern.search(world.graph.nodes[n].label) for n in world.graph.of_kind("command"))


def _steps_of_classes(world: World) -> None:
    """A flow that is a class runs its steps when it is made: `TrainFlow()` under `__main__`."""
    code = world.code
    for op, meaning in sorted(code.meanings.all().items()):
        if "flow.define" in meaning.roles and op in code.op_node:
            for value in sorted(code.resolver.targets.get(op, ()), key=repr):
                if value[0] == "class":
                    _connect(world, op, methods(world, number(value), role="flow.task"))
                    if any(DEPLOYED_BY_COMMAND.match(name) for name in code.resolver.mro(number(value))[1]):
                        _not_run(world, code.holder(op))


def _not_run(world: World, main: int) -> None:
    """Commands of the script that deploy the flow, show it or check it do not run it."""
    for command, invocation in world.starts:
        words = [word for word in invocation.all("argument") if not word.startswith("-")]
        if words and words[0] not in RUNNING and words[1:2] != ["trigger"]:
            for index in world.graph.outgoing[command]:
                if world.graph.edges[index].target == main and world.graph.edges[index].kind == "run":
                    world.graph.turn_edge(index, "declare")


def _connect(world: World, op: int, targets: Iterable[int]) -> None:
    for target in targets:
        world.graph.connect(world.code.holder(op), target, "call", world.code.place(op))
