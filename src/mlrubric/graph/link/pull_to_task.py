"""What a task asks for by the name of another task is what that one returned or pushed: XCom of Airflow, in code and in templates."""

from __future__ import annotations

import re

from mlrubric.graph.definitions import functions, origin
from mlrubric.graph.handover import Handover, hand_over
from mlrubric.graph.values import number, texts
from mlrubric.graph.world import World

ORDER = 82
RETURNED = "return_value"
TEMPLATE = re.compile(r"xcom_pull\(([^)]*)\)")
QUOTED = re.compile(r"(?:(task_ids|key)\s*=\s*)?\[?\s*['\"]([\w.\-]+)['\"]")


def link(world: World) -> None:
    """From the values that a task gives to where another takes them."""
    code = world.code
    tasks = _tasks(world)
    if not tasks:
        return
    pushed: dict[int, list[tuple[frozenset[str], int]]] = {}  # scope -> keys and values
    pulls: list[int] = []
    for op, meaning in sorted(code.meanings.all().items()):
        if "flow.pass" in meaning.roles and "@value" in meaning.arguments:
            keys = _texts(world, meaning.arguments.get("@key", -1))
            pushed.setdefault(code.program.scope_id(op), []).append((frozenset(keys), meaning.arguments["@value"]))
        elif "flow.take" in meaning.roles:
            pulls.append(op)
    found: list[Handover] = []
    for op in pulls:
        arguments = code.meanings.all()[op].arguments
        names, keys = _texts(world, arguments.get("@name", -1)), _texts(world, arguments.get("@key", -1))
        given = _given(world, _near(world, tasks, names, op), keys, pushed)
        if given:
            found.append(Handover(given, (op,), op))
    for op, meaning in sorted(code.meanings.all().items()):
        if "flow.task" in meaning.roles and "@params" in meaning.arguments:
            found.extend(_templates(world, op, tasks, pushed))
    for op, facts in enumerate(code.program.ops):
        if facts.kind == "attribute" and facts.name == "output":
            task = origin(code, code.program.args[op][0])
            scopes = _scopes(world, task) if task in code.op_node else []
            given = tuple(r for scope in scopes for r in code.program.returns(scope))
            if given:
                found.append(Handover(given, (op,), op))
    hand_over(world, found)


def _tasks(world: World) -> dict[str, list[tuple[int, int]]]:
    """Name of a task -> the operation that declares it and the function that it runs; decorated functions go by their own name."""
    code, found = world.code, dict[str, list[tuple[int, int]]]()
    for op, meaning in sorted(code.meanings.all().items()):
        if "flow.task" in meaning.roles and "@name" in meaning.arguments:
            for name in _texts(world, meaning.arguments["@name"]):
                found.setdefault(name, []).extend((op, scope) for scope in _scopes(world, op))
    for scope, node in sorted(code.scope_node.items()):
        if "flow.task" in world.graph.nodes[node].roles:
            found.setdefault(code.program.scopes[scope].name, []).append((code.program.definition(scope), scope))
    return found


def _scopes(world: World, op: int) -> list[int]:
    meaning = world.code.meanings.of(op)
    nodes = functions(world.code, meaning.arguments.get("@function", -1)) if meaning is not None and "flow.task" in meaning.roles else []
    return [scope for scope, node in sorted(world.code.scope_node.items()) if node in nodes] if nodes else []


def _near(world: World, tasks: dict[str, list[tuple[int, int]]], names: list[str], pull: int) -> list[int]:
    """The functions of the tasks of these names; those declared in the file that runs the pulling function, if there are any."""
    code = world.code
    scope = code.program.scope_id(pull)
    files = {code.program.unit_of[op] for known in tasks.values() for op, runs in known if runs == scope} or {code.program.unit_of[pull]}
    candidates = [(op, runs) for name in names for op, runs in tasks.get(name.rpartition(".")[2], ())]
    here = [runs for op, runs in candidates if code.program.unit_of[op] in files]
    return here or [runs for _, runs in candidates if len(candidates) == len(names)]


def _given(world: World, scopes: list[int], keys: list[str], pushed: dict[int, list[tuple[frozenset[str], int]]]) -> tuple[int, ...]:
    """What the functions give under the keys: values that they push, else what they return."""
    wanted = set(keys) - {RETURNED}
    found = [value for scope in scopes for known, value in pushed.get(scope, ()) if wanted & known]
    return tuple(found or [r for scope in scopes for r in world.code.program.returns(scope)])


def _templates(
    world: World, op: int, tasks: dict[str, list[tuple[int, int]]], pushed: dict[int, list[tuple[frozenset[str], int]]]
) -> list[Handover]:
    """`op_kwargs={"rows": "{{ ti.xcom_pull(task_ids='read') }}"}`: the parameter takes what the template asks for."""
    code, program = world.code, world.code.program
    found: list[Handover] = []
    made = [number(v) for v in sorted(code.resolver.of(code.program.keyword(op, "op_kwargs")), key=repr) if v[0] == "made"]
    for container in made:
        args = program.args[container] if program.ops[container].kind == "dict" else ()
        for key, value in zip(args[::2], args[1::2], strict=True):
            for text in _texts(world, value):
                match = TEMPLATE.search(text)
                if match is None:
                    continue
                spelled = QUOTED.findall(match[1])
                names = [name for kind, name in spelled if kind != "key"]
                given = _given(world, _near(world, tasks, names, op), [name for kind, name in spelled if kind == "key"], pushed)
                taken = [p for s in _scopes(world, op) for p in program.params(s) if program.ops[p].name in _texts(world, key)]
                if given and taken:
                    found.append(Handover(given, tuple(taken), value))
    return found


def _texts(world: World, op: int) -> list[str]:
    """The texts that an argument is, alone or in a written list."""
    values = world.code.resolver.of(op)
    found = set(texts(values))
    for made in (number(v) for v in values if v[0] == "made"):
        if world.code.program.ops[made].kind == "container":
            for item in world.code.program.args[made]:
                found.update(texts(world.code.resolver.of(item)))
    return sorted(found)
