"""Seeds the generator that a finding draws from: below the seed of another generator, else below the imports of its file.

The table `calls` gives the call for each generator, with whole names; `0` in it becomes what the other seed is given."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.code import Code
from mlrubric.fix.names import below_imports, call_of, imports, known_as
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    calls = site.rule.options.get("calls")
    generator = site.node.attributes.get("generator", "")
    written = calls.get(generator) if isinstance(calls, dict) else None
    code, op = site.code(), site.op
    if not isinstance(written, str) or code is None or op is None:
        return None
    here = code.inside(site.place(op).span).line
    draw = code.find(site.place(op).span, ast.Call)
    beside = _other_seed(site, code, draw, generator) if draw is not None else None
    if beside is None:
        return _below_imports(site, code, written, here)
    statement, value = beside
    call, needed = call_of(code, written, statement.lineno)
    indent = code.lines.indent(statement.lineno)
    rows = [indent + row for row in (needed, call.replace("(0)", f"({value})")) if row]
    return Edits((code.below(statement.end_lineno or statement.lineno, *rows),), title=f"Seed it as well: `{rows[-1].strip()}`")


def _below_imports(site: Site, code: Code, written: str, here: int) -> Edits | None:
    """Below the imports of the file; in a notebook below those of the last cell that imports the library, or the first that imports."""
    where, before = code, _top(code, here)
    if code.cell is not None:
        notebook = site.shelf.cells(site.path)
        earlier = list(notebook.before(code.cell)) if notebook is not None else []
        library = written.partition("(")[0]
        importing = [one for one in (*earlier, code) if known_as(one, library, alone=True)] or [
            one for one in (*earlier, code) if any(imports(one))
        ][:1]
        if importing and importing[-1] is not code:
            where = importing[-1]
            before = len(where.lines) + 1
    line = below_imports(where, before)
    call, needed = call_of(where, written, before)
    title = f"Seed its generator: `{call}`"
    if line:
        return Edits((where.below(line, *([needed] if needed else []), "", call),), title=title)
    if not where.tree.body:
        return None
    return Edits((where.above(where.first_line(where.tree.body[0]), *([needed, ""] if needed else []), call, ""),), title=title)


def _top(code: Code, line: int) -> int:
    """The first line of the statement at the top level that a line belongs to."""
    return next((code.first_line(one) for one in code.tree.body if code.first_line(one) <= line <= (one.end_lineno or line)), line)


def _other_seed(site: Site, code: Code, draw: ast.Call, generator: str) -> tuple[ast.stmt, str] | None:
    """A statement of this file that seeds another generator on every way to the draw, or in a helper for seeds, and what it seeds with."""
    for node in site.picture.graph.with_role("random.seed"):
        op = site.program.node_op.get(node)
        meaning = site.program.meanings.of(op) if op is not None else None
        place = site.picture.graph.nodes[node].place
        if (
            meaning is None
            or meaning.entry is None
            or generator in meaning.entry.seeds
            or (place.path, place.cell) != (site.path, code.cell)
        ):
            continue
        call = code.find(place.span, ast.Call)
        statement = code.statement(call) if call is not None else None
        if call is None or not isinstance(statement, ast.Expr) or not code.alone(statement) or not _comes_first(code, statement, draw):
            continue
        if len(call.args) == 1 and isinstance(call.args[0], (ast.Name, ast.Constant, ast.Attribute)):
            return statement, code.said(call.args[0])
    return None


def _comes_first(code: Code, statement: ast.stmt, draw: ast.Call) -> bool:
    block, around = code.block(statement), {id(one) for one in code.parents(draw)}
    if any(id(one) in around for one in block[block.index(statement) + 1 :]):
        return True
    holder = next(code.parents(statement), None)
    return isinstance(holder, ast.FunctionDef) and re.search(r"seed|reproduc|determin", holder.name, re.IGNORECASE) is not None
