"""Seeds the generator that a finding draws from: below the seed of another generator, else at the top of the test that draws, else below
the imports of its file.

The table `calls` gives the call for each generator, with whole names; `0` in it becomes what the other seed is given."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.code import Code
from mlrubric.fix.names import below_imports, call_of, imports, known_as
from mlrubric.fix.site import Edits, Site
from mlrubric.graph.code import is_test_code
from mlrubric.graph.seeds import SETS_UP


def remedy(site: Site) -> Edits | None:
    calls = site.rule.options.get("calls")
    generator = site.node.attributes.get("generator", "")
    written, found = calls.get(generator) if isinstance(calls, dict) else None, site.call()
    code = site.code()
    if not isinstance(written, str) or code is None or site.op is None:
        return None
    beside = _other_seed(site, *found, generator) if found is not None else None
    if beside is not None:
        return _below(code, *beside, written)
    test = _holder(*found) if found is not None and is_test_code(site.path) else None
    if test is not None:
        return _in_test(code, test, written) if _is_run_for_itself(code, test) else None
    return _below_imports(site, code, written, code.inside(site.place(site.op).span).line)


def _below(code: Code, statement: ast.stmt, value: str, written: str) -> Edits:
    """Below the seed of another generator, with what that one is given."""
    call, needed = call_of(code, written, statement.lineno)
    indent = code.lines.indent(statement.lineno)
    rows = [indent + row for row in (needed, call.replace("(0)", f"({value})")) if row]
    return Edits((code.below(statement.end_lineno or statement.lineno, *rows),), title=f"Seed it as well: `{rows[-1].strip()}`")


def _holder(code: Code, draw: ast.Call) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The outermost function that a draw is in the body of."""
    inner: ast.AST = draw
    found = None
    for one in code.parents(draw):
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner in one.body:
            found = one
        inner = one
    return found


def _is_run_for_itself(code: Code, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the runner of tests calls a function: a test, a fixture, what sets up a test."""
    fixture = any(code.said(one).partition("(")[0].endswith("fixture") for one in function.decorator_list)
    return fixture or function.name.startswith("test") or function.name in SETS_UP


def _in_test(code: Code, function: ast.FunctionDef | ast.AsyncFunctionDef, written: str) -> Edits | None:
    """At the top of the test: a seed at the top of the file would hold for the first test that draws, and not for one that runs alone."""
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(function.body) > 1:
        first = function.body[1]  # below the docstring
    if not code.alone(first):
        return None
    line = code.first_line(first)
    call, needed = call_of(code, written, line)
    top = below_imports(code, line)
    if needed and not top:
        return None
    edits = (code.above(line, code.lines.indent(line) + call), *([code.below(top, needed)] if needed else []))
    return Edits(edits, title=f"Seed its generator in the test: `{call}`")


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
    for _, call in site.seeds(generator, instead=True):
        statement = code.statement(call)
        if not isinstance(statement, ast.Expr) or not code.alone(statement) or not _comes_first(code, statement, draw):
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
