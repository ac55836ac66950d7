"""Text files that are opened by hand and learnt from: `open("train.txt")` is a read of data when its lines come to a fit."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.values import texts

ENDINGS = (".txt", ".csv", ".tsv", ".jsonl", ".ndjson", ".data", ".dat")
LEARNS = frozenset({"transform.fit", "transform.fit_apply", "model.fit"})
ELSEWHERE = frozenset({"config.read", "model.load", "model.build", "data.read"})


def mark_opened(graph: Graph, code: Code) -> None:
    """`data.read` on such files."""
    learnt: set[int] = set()
    for node in graph.with_role(*LEARNS):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if meaning is not None and "@data" in meaning.arguments:
            learnt.add(meaning.arguments["@data"])
    for node in graph.with_role("file.open") if learnt else ():
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        if op is None or meaning is None or code.meanings.spellings(meaning).get("@mode", "r")[:1] not in ("r", "g"):
            continue
        named = texts(code.resolver.of(meaning.arguments.get("@source", -1))) if "@source" in meaning.arguments else ()
        if not any(name.endswith(ENDINGS) for name in named):
            continue
        reached = code.flow.reach([op], stop=lambda o: bool(ELSEWHERE & code.meanings.roles(o)))
        if learnt & reached.keys():
            graph.give(node, "data.read")
