"""The library calls `fit` and `transform` of the project's own transformers: by `fit_transform`, and as steps of a pipeline."""

from __future__ import annotations

from mlrubric.graph.definitions import methods
from mlrubric.graph.feature_code import is_transformer
from mlrubric.graph.values import number
from mlrubric.graph.world import World

ORDER = 38
CALLS = {
    "transform.fit_apply": ("fit", "transform"),
    "transform.fit": ("fit", "transform"),
    "transform.apply": ("transform",),
    "model.fit": ("fit", "transform"),
    "model.predict": ("transform",),
}
ENDS = frozenset({"data.read", "data.split", "model.evaluate"})


def link(world: World) -> None:
    """Call edges from what fits or applies to the methods of the transformers that it is made of."""
    code, graph = world.code, world.graph
    own = {scope for scope, facts in enumerate(code.program.scopes) if facts.kind == "class" and is_transformer(code, scope)}
    if not own:
        return
    roles = code.meanings.roles
    for op in sorted(code.op_node):
        names = {name for role in roles(op) for name in CALLS.get(role, ())}
        receiver = code.program.receiver(op) if names else -1
        if receiver < 0:
            continue
        for back in code.flow.reach([receiver], back=True, stop=lambda o: bool(ENDS & roles(o))):
            for value in code.resolver.of(back):
                if value[0] in ("instance", "class") and number(value) in own:
                    for name in sorted(names):
                        for method in methods(world, number(value), name=name):
                            graph.connect(code.holder(op), method, "call", code.place(op))
