"""How a model is asked where it serves: whether anything says what a request may hold."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.serving import Sides
from mlrubric.graph.world import World

CHECKS = frozenset({"data.validate", "data.schema"})
LOOSE = frozenset({"builtins.dict", "typing.Dict", "typing.Any", "typing.Mapping", "collections.abc.Mapping"})


def mark_asking(world: World, sides: Sides) -> None:
    """`open_request` (the node where the request comes in) on predictions of requests that nothing checks."""
    predictions = [n for n in world.graph.with_role("model.predict") if n in world.code.node_op]
    served = [n for n in predictions if world.code.holder(world.code.node_op[n]) in sides.serving]
    served = [n for n in served if world.code.holder(world.code.node_op[n]) not in sides.trains]
    if not served:
        return
    _mark_requests(world, sides, served)


# ---- requests -------------------------------------------------------------------------------------------------------


def _mark_requests(world: World, sides: Sides, served: list[int]) -> None:
    graph, code = world.graph, world.code
    handlers = {code.program.scope_id(op): node for op, node in _handler_params(world, sides)}
    loose = [op for op, _ in _handler_params(world, sides) if _is_loose(code, op)]
    bodies = [op for op, m in code.meanings.all().items() if "body" in code.meanings.traits(m) and not code.tested(op)]
    bodies += [op for op in range(len(code.program.ops)) if _is_body(code, op)] if handlers or bodies else []
    told: set[int] = set()
    for node in served:
        op = code.node_op[node]
        meaning = code.meanings.of(op)
        data = meaning.arguments.get("@data", -1) if meaning is not None else -1
        behind = code.flow.reach([data], back=True) if data >= 0 else {}
        found = [o for o in (*loose, *bodies) if o in behind and code.program.scope_id(o) not in told]
        if not found or any(CHECKS & code.meanings.roles(o) or _made_by_class(code, o) for o in behind):
            continue
        scope = code.program.scope_id(found[0])
        if any(code.program.scope_id(c) == scope for n, c in code.node_op.items() if n in code.check_of):
            continue
        told.add(scope)
        graph.nodes[node].attributes["open_request"] = str(code.node_for(graph, found[0], "request"))


def _handler_params(world: World, sides: Sides) -> Iterator[tuple[int, int]]:
    code = world.code
    nodes = {node: scope for scope, node in code.scope_node.items()}
    for node in sides.handlers:
        if node in nodes and "serve.handle" in world.graph.nodes[node].roles:
            for parameter in code.program.params(nodes[node]):
                yield parameter, node


def _is_loose(code: Code, parameter: int) -> bool:
    """Whether a handler takes a request as whatever map it is."""
    annotation = code.program.ops[parameter].extra
    if not isinstance(annotation, int) or annotation < 0:
        return False
    while code.program.ops[annotation].kind == "subscript":
        annotation = code.program.args[annotation][0]
    return any(v[0] == "external" and str(v[1]) in LOOSE for v in code.resolver.of(annotation))


def _is_body(code: Code, op: int) -> bool:
    """Whether an attribute is the body of a request: `request.json`."""
    facts = code.program.ops[op]
    return facts.kind == "attribute" and facts.name == "json" and any(
        v[0] in ("external", "object") and str(v[1]).endswith((".request", ".Request")) for v in code.resolver.of(code.program.args[op][0])
    )


def _made_by_class(code: Code, op: int) -> bool:
    """Whether a class of the project takes the values in: what its fields do not allow does not come through."""
    return code.program.ops[op].kind == "call" and any(v[0] == "class" for v in code.resolver.of(code.program.args[op][0]))
