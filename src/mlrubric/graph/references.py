"""How serving code names the model it loads: by something that moves, or by something that stays."""

from __future__ import annotations

import re

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import RUNS
from mlrubric.graph.values import HOLE, texts
from mlrubric.graph.world import World

MOVING = re.compile(r"(^|[/:@_.-])latest($|[/:@_.-])|^models:/[^/]+/(production|staging|none|archived)$", re.IGNORECASE)
VERSIONED = re.compile(r"\d|\{|\*|" + HOLE)
STORES = ("s3://", "gs://", "gcs://", "abfs://", "abfss://", "wasbs://", "hdfs://", "http://", "https://", "pvc://", "minio://", "az://")
ROOT = re.compile(r"^[a-z0-9]+://[^/]+/?")
HASH = re.compile(r"[0-9a-f]{12,}")


def mark_references(world: World) -> None:
    """`reference` on the loads of serving code: moving (a word that is pointed elsewhere), overwritten (a path that training of this
    repository writes again), unpinned (a name on a hub without a revision)."""
    graph = world.graph
    serving = serving_code(world)
    for node in graph.with_role("model.load"):
        op = world.code.node_op.get(node)
        path = graph.nodes[node].place.path
        if op is None or is_test_code(path) or path.endswith(".ipynb") or world.code.holder(op) not in serving:
            continue
        reason = _reason(world, node, op)
        if reason and (reason == "unpinned" or _predicts(world, node)):  # a tokenizer of another revision spoils the model, too
            graph.nodes[node].attributes["reference"] = reason


def serving_code(world: World) -> set[int]:
    """What handlers and prediction code run, and the modules of handlers, whose loads happen at the start of the service."""
    graph = world.graph
    handlers = [n for n in graph.with_role("serve.handle", "serve.app", "code.predict") if not is_test_code(graph.nodes[n].place.path)]
    functions = [n for n in handlers if graph.nodes[n].kind == "function"]
    found = set(graph.sweep(functions, frozenset({"call"})))
    program = world.code.program
    for path in {graph.nodes[n].place.path for n in handlers}:
        index = program.by_path.get(path)
        if index is not None:
            module = world.code.module_node[index]
            found.add(module)
            found |= {e.target for e in graph.successors(module, RUNS) if graph.nodes[e.target].kind == "function"}
    return found


def _predicts(world: World, node: int) -> bool:
    """Whether what is loaded may be the model itself, not a transformer beside it."""
    following = {role for n in world.graph.next_by_flow([node]) for role in world.graph.nodes[n].roles}
    return "model.predict" in following or not any(role.startswith("transform.") for role in following)


def _reason(world: World, node: int, op: int) -> str:
    graph, meaning = world.graph, world.code.meanings.of(op)
    if meaning is None or "@source" not in meaning.arguments:
        return ""
    names = texts(world.code.resolver.of(meaning.arguments["@source"]))
    if any(MOVING.search(name) for name in names):
        return "moving"
    takes_version = meaning.entry is not None and meaning.entry.param("@version") is not None
    for edge in graph.predecessors(node, ("read",)):
        artifact = graph.nodes[edge.source]
        committed = artifact.attributes.get("exists") == "true" and artifact.attributes.get("pinned") != "true"
        if (
            artifact.attributes.get("produced")
            and not committed
            and not VERSIONED.search(artifact.label.rpartition("/")[2].rpartition(".")[0])
        ):
            return "overwritten"
    if takes_version and "@version" not in meaning.arguments and names and not any(n.startswith((".", "/")) or HOLE in n for n in names):
        return "unpinned"
    return ""


def unversioned(source: str) -> bool:
    """Whether the address of a stored model names no version anywhere below its bucket: the next training writes there again."""
    if not source.startswith(STORES):
        return False
    inner = ROOT.sub("", source)
    return bool(inner) and not VERSIONED.search(inner) and "$" not in inner and not HASH.search(inner)
