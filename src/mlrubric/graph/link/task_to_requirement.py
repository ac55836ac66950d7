"""Tasks that are classes: what a task's `requires` gives has run before it, and what builds a task runs all of it."""

from __future__ import annotations

from mlrubric.graph.values import Value, number
from mlrubric.graph.world import World

ORDER = 83
REQUIRED = "required"
RUN, REQUIRES = "run", "requires"


def link(world: World) -> None:
    """Edges between the `run` methods of such classes, and from what builds them."""
    code, program = world.code, world.code.program
    classes = {scope: methods for scope in range(len(program.scopes)) if (methods := methods_of(world, scope))}
    if not classes:
        return
    for scope, methods in sorted(classes.items()):
        for needed in sorted(_required(world, scope, methods, set(classes))):
            earlier = classes[needed].get(RUN)
            if RUN in methods and earlier is not None and earlier != methods[RUN]:
                code.tasks.follow(methods[RUN], earlier)
                world.graph.connect(code.scope_node[methods[RUN]], code.scope_node[earlier], "run", code.place(program.definition(needed)))
    for op, meaning in sorted(code.meanings.all().items()):
        if "flow.run" in meaning.roles and op in code.op_node:
            built = {s for argument in program.args[op][1:] if argument >= 0 for s in _classes(world, argument, set(classes))}
            unit = program.unit(op).index
            here = {s for s in classes if program.scope_unit[s] == unit} if meaning.entry and meaning.entry.gives == REQUIRED else set()
            for scope in sorted(built or here):
                if RUN in classes[scope]:
                    node = code.scope_node[classes[scope][RUN]]
                    world.graph.connect(code.op_node[op], node, "run", code.place(op), certain=bool(built) or len(here) == 1)


def methods_of(world: World, scope: int) -> dict[str, int]:
    """The methods by name of a class of tasks; nothing for any other."""
    code, program = world.code, world.code.program
    if program.scopes[scope].kind != "class":
        return {}
    own, outer = code.resolver.mro(scope)
    catalogue = code.resolver.catalogue
    kinds = [kind for name in outer if (kind := catalogue.type(catalogue.canonical(name))) is not None]
    if not any(kind.constructor.gives == REQUIRED for kind in kinds):
        return {}
    found: dict[str, int] = {}
    for one in (scope, *own):
        for inner in code.scope_node:
            if program.parent_scope(inner) == one and program.scopes[inner].kind == "function":
                found.setdefault(program.scopes[inner].name, inner)
    return found or {"": -1}


def _required(world: World, scope: int, methods: dict[str, int], classes: set[int]) -> set[int]:
    """The classes that a task asks for: in what its method gives, or in a decorator."""
    code, program = world.code, world.code.program
    found: set[int] = set()
    asked = methods.get(REQUIRES, -1)
    for op, targets in code.resolver.targets.items() if asked >= 0 else ():
        if program.scope_id(op) == asked:
            found |= {number(t) for t in targets if t[0] == "class"} & classes
    for decorator in program.decorators(program.definition(scope)):
        if program.ops[decorator].kind == "call":
            found |= {s for argument in program.args[decorator][1:] for s in _classes(world, argument, classes)}
    return found - {scope}


def _classes(world: World, op: int, classes: set[int]) -> set[int]:
    """The classes of tasks that a value is, or an instance of, also inside of a list."""
    code = world.code
    values: list[Value] = list(code.resolver.of(op))
    for value in code.resolver.of(op):
        if value[0] == "made" and code.program.ops[number(value)].kind == "container":
            values += [inner for item in code.program.args[number(value)] for inner in code.resolver.of(item)]
    return {number(v) for v in values if v[0] in ("class", "instance")} & classes
