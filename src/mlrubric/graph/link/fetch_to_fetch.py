"""Features that training and serving fetch from one store by the same names: what a model learns from is what it is asked with."""

from __future__ import annotations

from mlrubric.graph.definitions import origin
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import HOLE, number
from mlrubric.graph.world import World

ORDER = 67
FETCH = "feature.serve"
READ = "data.read"
Key = tuple[str, str]


def link(world: World) -> None:
    """`code.shared` on fetches at serving whose features are all among those of a fetch for training."""
    code, graph = world.code, world.graph
    training: list[set[Key]] = []
    serving: list[tuple[int, set[Key]]] = []
    for op, node in sorted(code.op_node.items()):
        meaning = code.meanings.of(op)
        if meaning is None or FETCH not in meaning.roles or code.tested(op):
            continue
        keys = _keys(world, op, meaning)
        if READ in meaning.roles:
            training.append(keys)
        elif keys:
            serving.append((node, keys))
    for node, keys in serving:
        shared = any(keys <= known for known in training)
        graph.nodes[node].attributes["fetched"] = "as trained" if shared else "other" if training else "alone"
        if shared:
            graph.give(node, "code.shared")


def _keys(world: World, op: int, meaning: Meaning) -> set[Key]:
    """The names that a fetch asks for: of its service or view, or of the features of its list."""
    code = world.code
    argument = meaning.arguments.get("@columns", -1)
    found: set[Key] = set()
    if argument >= 0:
        for value in code.resolver.of(argument):
            if value[0] == "text":
                found.add(("name", str(value[1])))
            elif value[0] == "made":
                for item in code.program.args[number(value)]:
                    found |= {("name", str(v[1])) for v in code.resolver.of(item) if v[0] == "text"} if item >= 0 else set()
        found |= _named(world, argument)
    receiver = code.program.receiver(op)
    if not found and receiver >= 0:
        found = _named(world, receiver)
    return {key for key in found if HOLE not in key[1]}


def _named(world: World, op: int) -> set[Key]:
    """The name under which a service or view is declared, or is asked for from the store."""
    code = world.code
    found: set[Key] = set()
    made = origin(code, op)
    for maker in {made, *(o for o in code.flow.reach([op], back=True, stop=lambda o: code.program.ops[o].kind == "call"))}:
        meaning = code.meanings.of(maker)
        if meaning is not None and "@name" in meaning.arguments:
            found |= {("service", str(v[1])) for v in code.resolver.of(meaning.arguments["@name"]) if v[0] == "text"}
    return found
