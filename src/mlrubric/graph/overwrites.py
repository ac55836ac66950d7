"""Saving a model over the file that a service loads is a release: where nothing else in the repository releases it, and no check of quality
stands before it."""

from __future__ import annotations

import posixpath

from mlrubric.graph.causes import perhaps
from mlrubric.graph.code import is_test_code
from mlrubric.graph.gates import free_ways, releases
from mlrubric.graph.graph import RUNS
from mlrubric.graph.values import texts
from mlrubric.graph.world import World


def mark_overwrites(world: World) -> None:
    """`release` = overwrite on saves, or on the calls that lead to them, that replace what a service loads, unguarded."""
    graph, code = world.graph, world.code
    loads = [n for n in graph.with_role("model.load") if graph.nodes[n].attributes.get("reference") == "overwritten"]
    loads = [n for n in loads if _serves(world, n)] if loads else []
    if not loads or releases(world):
        return
    done: set[int] = set()
    for load in loads:
        for read in graph.predecessors(load, ("read",)):
            label = graph.nodes[read.source].label
            for write in list(graph.predecessors(read.source, ("write",))):
                op, path = code.node_op.get(write.source), graph.nodes[write.source].place.path
                saves = "model.save" in graph.nodes[write.source].roles and not is_test_code(path) and not path.endswith(".ipynb")
                if op is not None and saves and op not in done:
                    done.add(op)
                    _mark(world, op, label, load)


def _serves(world: World, load: int) -> bool:
    """Whether a service, a page or a pipeline answers with what is loaded; a checkpoint that a person samples from is no release."""
    graph = world.graph
    own = {graph.nodes[n].place.path for n in graph.with_role("serve.handle", "serve.app")}
    if graph.nodes[load].place.path in own:
        return True
    above = graph.sweep([world.code.holder(world.code.node_op[load])], RUNS, back=True, stop=graph.of_kind("test"))
    return any(graph.nodes[n].kind in ("task", "service") or "serve.handle" in graph.nodes[n].roles for n in above)


def _mark(world: World, op: int, label: str, load: int) -> None:
    code, graph = world.code, world.graph
    ways = free_ways(world, op)
    calls = [c for c in sorted(code.resolver.callers.get(code.program.scope_id(op), ())) if not code.tested(c)]
    if ways == [op] and len(calls) > 1:
        ways = [c for c in calls if _names(world, c, label)] or ways
    for way in ways[:1]:
        if not perhaps(code, way):
            node = code.op_node.get(way) or code.node_for(graph, way, graph.nodes[code.op_node[op]].label)
            graph.nodes[node].attributes.update(
                guarded="false", first="true", release="overwrite", file=label, onward=str(load), onward_words="what serves it"
            )


def _names(world: World, call: int, label: str) -> bool:
    """Whether a call hands over a part of the file's name."""
    name = posixpath.basename(label)
    given = [a for a in world.code.program.args[call][1:] if a >= 0]
    return any(
        len(text) > 2 and text in (name, label, posixpath.splitext(name)[0]) for a in given for text in texts(world.code.resolver.of(a))
    )
