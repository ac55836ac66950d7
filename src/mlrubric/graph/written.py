"""Rows that are written into the code: a table of constants is no data that came from anywhere."""

from __future__ import annotations

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin
from mlrubric.graph.graph import Graph

MADE = "data.synthetic"
READ = "data.read"
HELD = ("container", "dict", "unary", "binary")
DEEP = 6


def mark_written(graph: Graph, code: Code) -> None:
    """`data.synthetic` on tables of constants, and instead of `data.read` on reads of a text that stands in the code."""
    for op, meaning in sorted(code.meanings.all().items()):
        if "@data" in meaning.arguments and not meaning.roles and meaning.entry is not None:
            if _is_table(code, op) and _constant(code, meaning.arguments["@data"]):
                code.node_for(graph, op, meaning.api, (MADE,), meaning.api)
        elif READ in meaning.roles and op in code.op_node and _text(code, meaning.arguments.get("@source", -1)):
            graph.take(code.op_node[op], READ)
            graph.give(code.op_node[op], MADE)


def _is_table(code: Code, op: int) -> bool:
    kinds = [code.meanings.catalogue.type(str(value[1])) for value in code.resolver.of(op) if value[0] == "object"]
    return any(kind is not None and kind.arithmetic for kind in kinds)


def _constant(code: Code, op: int, depth: int = DEEP) -> bool:
    """Whether a value is written out, down to its elements, and there is at least one."""
    op = origin(code, op) if op >= 0 else op
    if op < 0 or depth == 0:
        return False
    kind, args = code.program.ops[op].kind, code.program.args[op]
    if kind == "const":
        return True
    return kind in HELD and bool(args) and all(_constant(code, a, depth - 1) for a in args)


def _text(code: Code, op: int) -> bool:
    """Whether a source is a file in memory that holds a constant."""
    made = code.meanings.of(origin(code, op)) if op >= 0 else None
    if made is None or made.entry is None or made.entry.kind != "constructor" or "@data" not in made.arguments:
        return False
    held = made.arguments["@data"]
    return "io.IOBase" in code.meanings.catalogue.bases(made.entry.name) and code.program.ops[origin(code, held)].kind == "const"
