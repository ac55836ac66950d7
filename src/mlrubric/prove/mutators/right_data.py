"""Feeds the check constants: what it looks at is written down beside it instead of being read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlrubric.model.place import Span
from mlrubric.prove.edit import Edit, covered, one, replaced
from mlrubric.prove.site import Site

CONDITION = "right_data"
CHECKED = ("@data", "@current", "@actual", "@predicted", "@new")
LITERAL = "{module}.DataFrame({{'a': [1, 2, 3], 'b': [0, 1, 0]}})"


def edits(site: Site) -> Iterator[Edit]:
    """The argument of the check's call; else the reads behind it, the nearest first."""
    code = site.analysis.picture.world.code
    for node in site.nodes_at(site.check.place):
        op = code.node_op.get(node.id)
        if op is None:
            continue
        meaning = code.meanings.of(op)
        for role in CHECKED if meaning is not None else ():
            argument = meaning.arguments.get(role, -1) if meaning is not None else -1
            if argument >= 0:
                yield from _constant(site, code.place(argument).path, code.place(argument).span)
        reached = code.flow.reach([op, *(code.check_of[node.id].conditions if node.id in code.check_of else ())], back=True)
        for read in sorted(op for op in reached if "data.read" in code.meanings.roles(op)):
            place = code.place(read)
            yield from _constant(site, place.path, place.span)


def _constant(site: Site, path: str, span: Span) -> Iterator[Edit]:
    text = site.text(path)
    module = _pandas(text) if path.endswith(".py") else ""
    said = covered(text, span)
    if module and said:
        short = " ".join(said.split())[:40]
        yield one(path, span.line, f"`{short}` became a literal frame", replaced(text, span, LITERAL.format(module=module)))


def _pandas(text: str) -> str:
    """The name under which a module knows pandas."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ""
    imported = [alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names = [alias.asname or alias.name for alias in imported if alias.name == "pandas"]
    return names[0] if names else ""
