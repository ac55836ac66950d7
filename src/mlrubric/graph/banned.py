"""Columns that the configuration forbids as features, among those that a training picks by name."""

from __future__ import annotations

from collections.abc import Collection

from mlrubric.graph.world import World


def mark_banned(world: World, forbidden: Collection[str]) -> None:
    """`banned` on what picks columns for a training: the forbidden ones among them, in their order; `fits` is the training."""
    graph, code = world.graph, world.code
    if not forbidden:
        return
    names = world.column_names
    for fit, behind in sorted(world.columns.feeding.items()):
        for op in sorted(behind):
            args = code.program.args[op]
            if code.program.ops[op].kind != "subscript" or len(args) != 2:
                continue
            picked = [name for name in names.several(args[1]) or () if name in forbidden]
            if picked:
                node = code.node_for(graph, op, "select")
                graph.nodes[node].attributes.update(banned=", ".join(f"`{name}`" for name in picked), fits=str(fit))
