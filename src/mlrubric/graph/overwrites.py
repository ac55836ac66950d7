"""Saving a model over the file that a service loads is a release: where nothing else in the repository releases it, and no check of quality
stands before it."""

from __future__ import annotations

import posixpath

from mlrubric.graph.causes import perhaps
from mlrubric.graph.code import is_test_code
from mlrubric.graph.gates import free_ways, releases
from mlrubric.graph.graph import RUNS
from mlrubric.graph.references import overwritten
from mlrubric.graph.trained import Trained
from mlrubric.graph.values import texts
from mlrubric.graph.world import World


def mark_overwrites(world: World, models: Trained) -> None:
    """`release` = overwrite on saves, or on the calls that lead to them, that replace what a service loads, unguarded."""
    graph, code = world.graph, world.code
    loads = [n for n in graph.with_role("model.load") if graph.nodes[n].attributes.get("reference") == "overwritten"]
    loads = [n for n in loads if _serves(world, n)] if loads else []
    loads += [n for n in _handed_out(world) if n not in loads]
    if not loads:
        return
    others = [models.core.get(node, 0) for node in releases(world)]
    done: set[int] = set()
    for load in loads:
        for read in graph.predecessors(load, ("read",)):
            label = graph.nodes[read.source].label
            for write in list(graph.predecessors(read.source, ("write",))):
                op, path = code.node_op.get(write.source), graph.nodes[write.source].place.path
                saves = "model.save" in graph.nodes[write.source].roles and not is_test_code(path) and not path.endswith(".ipynb")
                own = models.core.get(write.source, 0)
                if op is not None and saves and op not in done and not any(not other or other & own for other in others):
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


def _handed_out(world: World) -> list[int]:
    """Loads of functions that predict and that nothing here calls: they are there for a service that imports them."""
    graph, code = world.graph, world.code
    found: list[int] = []
    for load in graph.with_role("model.load"):
        op, path = code.node_op.get(load), graph.nodes[load].place.path
        if op is None or is_test_code(path) or path.endswith(".ipynb"):
            continue
        scope = code.program.scope_id(op)
        asked = any(not code.tested(call) for call in code.resolver.callers.get(scope, ()))
        if asked or scope in code.trains or "code.predict" not in graph.nodes[code.holder(op)].roles:
            continue
        if any(overwritten(world, edge.source) for edge in graph.predecessors(load, ("read",))):
            found.append(load)
    return found


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
