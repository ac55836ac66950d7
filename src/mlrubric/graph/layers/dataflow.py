"""The flow of data between operations that mean something: `mlrubric-dataflow/1`."""

from __future__ import annotations

from mlrubric.graph.build import Picture
from mlrubric.graph.code import Code

NEAR = 40


def dataflow_layer(picture: Picture) -> dict[str, object]:
    """For each file its operations with a role, and which of them feeds which; an edge stands with the file of its target."""
    code, graph = picture.world.code, picture.graph
    files: dict[str, tuple[list[dict[str, object]], list[list[int]]]] = {}
    means = {op: node for op, node in code.op_node.items() if graph.nodes[node].roles}
    for op, node in sorted(means.items()):
        facts = graph.nodes[node]
        nodes, edges = files.setdefault(facts.place.path, ([], []))
        before = code.flow.reach([op], back=True, stop=means.__contains__)
        columns = _columns(code, [o for o in before if o not in means or o == op])
        nodes.append({"id": node, "line": facts.place.line, "role": facts.roles[0], "api": facts.api or facts.label, "columns": columns})
        edges.extend([means[source], node] for source in sorted(before) if source in means and source != op)
    return {"format": "mlrubric-dataflow/1", "files": {path: {"nodes": files[path][0], "edges": files[path][1]} for path in sorted(files)}}


def _columns(code: Code, ops: list[int]) -> list[str]:
    """Columns that are picked by name on the way to an operation."""
    found: dict[str, None] = {}
    for op in sorted(ops):
        facts, args = code.program.ops[op], code.program.args[op]
        if facts.kind != "subscript" or len(args) < 2 or args[1] < 0:
            continue
        index = args[1]
        parts = code.program.args[index] if code.program.ops[index].kind == "container" else (index,)
        for part in parts:
            found.update((str(v[1]), None) for v in sorted(code.resolver.of(part), key=repr) if v[0] == "text")
    return list(found)[:NEAR]
