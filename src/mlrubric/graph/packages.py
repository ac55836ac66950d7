"""Pipelines that are compiled to a file, or written as one, and what a call that is given such a file means by it."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.graph.definitions import functions, origin
from mlrubric.graph.meaning import Meaning
from mlrubric.graph.values import texts
from mlrubric.graph.world import World, normal

WRITES = "file.write"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A function that is compiled: its node, the operation that does it, the paths and the operation of its file."""

    node: int
    op: int
    paths: frozenset[str]
    file: int


def _compiled(world: World, op: int, meaning: Meaning) -> list[Compiled]:
    if WRITES not in meaning.roles or not {"@function", "@sink"} <= meaning.arguments.keys():
        return []
    file = meaning.arguments["@sink"]
    paths = frozenset(normal(text) for text in texts(world.code.resolver.of(file)))
    return [Compiled(node, op, paths, file) for node in functions(world.code, meaning.arguments["@function"])]


def _source(world: World, op: int, meaning: Meaning) -> int:
    """The operation of the file: an argument of the call, or of the call that made the object it is a method of."""
    code = world.code
    if "@source" in meaning.arguments:
        return meaning.arguments["@source"]
    receiver = code.program.receiver(op)
    maker = code.meanings.of(origin(code, receiver)) if receiver >= 0 else None
    return maker.arguments.get("@source", -1) if maker is not None else -1


def _targets(world: World, op: int, source: int, compiled: list[Compiled]) -> list[tuple[int, bool]]:
    """What the file was compiled from, or the workflow that it is; the only pipeline of the module when the path is not known."""
    code, graph = world.code, world.graph
    paths = {normal(text) for text in texts(code.resolver.of(source))}
    same = [c.node for c in compiled if c.paths & paths or origin(code, c.file) == origin(code, source)]
    if same:
        return [(node, True) for node in dict.fromkeys(same)]
    names = {path.rpartition("/")[2] for path in paths}
    files = [n for (path, _), n in sorted(world.nodes.items()) if graph.nodes[n].kind == "workflow" and path.rpartition("/")[2] in names]
    if files:
        return [(node, len(set(files)) == 1) for node in dict.fromkeys(files)]
    alike = [c.node for c in compiled if {p.rpartition("/")[2] for p in c.paths} & names]
    here = [c.node for c in compiled if code.place(c.op).path == code.place(op).path] if not paths else []
    found = list(dict.fromkeys(alike or here))
    return [(node, False) for node in found] if len(found) == 1 else []


def packaged(world: World, op: int, meaning: Meaning) -> list[tuple[int, bool]]:
    """The pipelines that a call runs or schedules by their file, and whether that is certain."""
    source = _source(world, op, meaning)
    if source < 0:
        return []
    compiled = [one for maker, said in sorted(world.code.meanings.all().items()) for one in _compiled(world, maker, said)]
    return _targets(world, op, source, compiled)
