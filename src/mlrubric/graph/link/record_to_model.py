"""A registry of the project's own: records in a collection or table, by which what serves finds the model that it loads. Who writes such a
record of what it has trained or saved registers a model, whatever the database is called."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.values import HOLE, texts
from mlrubric.graph.world import World

ORDER = 66  # behind the names of registries
MODELS = frozenset({"model.fit", "model.save", "model.build"})


def link(world: World) -> None:
    """`model.register` on the writes of such records."""
    code = world.code
    written: dict[str, list[int]] = {}
    for op, meaning in sorted(code.meanings.all().items()):
        if "data.write" in meaning.roles and op in code.op_node and not code.tested(op):
            for name in _collection(code, op):
                written.setdefault(name, []).append(op)
    asked = _asked(world) if written else set()
    for name in sorted(asked & written.keys()):
        for op in written[name]:
            if _of_model(code, op):
                world.graph.give(code.op_node[op], "model.register")


def _asked(world: World) -> set[str]:
    """The collections out of which the place of a model comes that is loaded."""
    code, starts = world.code, list[int]()
    for node in world.graph.with_role("model.load"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is not None and meaning is not None and not code.tested(op):
            starts.append(meaning.arguments.get("@source", op))
    behind = code.flow.reach(starts, back=True) if starts else {}
    reads = [op for op in behind if "data.read" in code.meanings.roles(op)]
    return {name for op in reads for name in _collection(code, op)}


def _collection(code: Code, op: int) -> set[str]:
    """The names of the collection that a method is called on: `db["models"]`, `db.models`, `db.get_collection("models")`."""
    program, meaning = code.program, code.meanings.of(op)
    receiver = program.receiver(op) if meaning is not None and "records" in code.meanings.traits(meaning) else -1
    for _ in range(6):
        if receiver < 0:
            return set()
        facts, args = program.ops[receiver], program.args[receiver]
        if facts.kind == "subscript" and len(args) == 2:
            return _names(code, args[1])
        if facts.kind == "call" and program.called(receiver) == "get_collection":
            return {name for given in program.positional(receiver)[:1] for name in _names(code, given)}
        if facts.kind == "attribute" and facts.name and program.ops[args[0]].name != "self" and not code.resolver.reads.get(receiver):
            return {facts.name}
        given = [*code.resolver.reads.get(receiver, ()), *(args if facts.kind in ("load", "assign") else ())]
        receiver = given[0] if len(given) == 1 else -1
    return set()


def _names(code: Code, op: int) -> set[str]:
    return {name for name in texts(code.resolver.of(op)) if name and HOLE not in name}


def _of_model(code: Code, op: int) -> bool:
    """Whether a record is written where a model is saved, or of what a training gave."""
    scope = code.program.scope_id(op)
    beside = any(code.program.scope_id(o) == scope and "model.save" in m.roles for o, m in code.meanings.all().items())
    return beside or any(MODELS & set(code.meanings.roles(o)) for o in code.flow.reach([op], back=True))
