"""Seeds the generator that a finding draws from: below the seed of another generator, else below the imports of its file.

The table `calls` gives the call for each generator, with whole names; `0` in it becomes what the other seed is given."""

from __future__ import annotations

import ast

from mlrubric.fix.code import Code
from mlrubric.fix.names import below_imports, call_of
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    calls = site.rule.options.get("calls")
    generator = site.node.attributes.get("generator", "")
    written = calls.get(generator) if isinstance(calls, dict) else None
    code, op = site.code(), site.op
    if not isinstance(written, str) or code is None or op is None:
        return None
    here = code.inside(site.place(op).span).line
    beside = _other_seed(site, code, here)
    if beside is None:
        return _below_imports(code, written, here)
    statement, value = beside
    call, needed = call_of(code, written, statement.lineno)
    indent = code.lines.indent(statement.lineno)
    rows = [indent + row for row in (needed, call.replace("(0)", f"({value})")) if row]
    return Edits((code.below(statement.end_lineno or statement.lineno, *rows),), title=f"Seed it as well: `{rows[-1].strip()}`")


def _below_imports(code: Code, written: str, here: int) -> Edits | None:
    """Only where the file imports the library at its top: what is imported late is not there yet."""
    line = below_imports(code, _top(code, here))
    call, needed = call_of(code, written, _top(code, here))
    if not line and needed:
        return Edits((code.above(_first(code), needed, "", call, ""),), title=f"Seed its generator: `{call}`")
    if not line:
        return Edits((code.above(_first(code), call),), title=f"Seed its generator: `{call}`") if code.tree.body else None
    rows = ([needed] if needed else []) + ["", call]
    return Edits((code.below(line, *rows),), title=f"Seed its generator: `{call}`")


def _top(code: Code, line: int) -> int:
    """The first line of the statement at the top level that a line belongs to."""
    return next((code.first_line(one) for one in code.tree.body if code.first_line(one) <= line <= (one.end_lineno or line)), line)


def _first(code: Code) -> int:
    return code.first_line(code.tree.body[0]) if code.tree.body else 1


def _other_seed(site: Site, code: Code, here: int) -> tuple[ast.stmt, str] | None:
    """A statement of this file that seeds another generator, above the draw, and what it seeds with."""
    for node in site.picture.graph.with_role("random.seed"):
        op = site.program.node_op.get(node)
        place = site.picture.graph.nodes[node].place
        if op is None or place.path != site.path or place.cell != code.cell:
            continue
        call = code.find(place.span, ast.Call)
        statement = code.statement(call) if call is not None else None
        if call is None or not isinstance(statement, ast.Expr) or not code.alone(statement) or statement.lineno >= here:
            continue
        if len(call.args) == 1 and isinstance(call.args[0], (ast.Name, ast.Constant, ast.Attribute)):
            return statement, code.said(call.args[0])
    return None
