"""Gives the call that keeps a model what says which columns it takes: `value` over `{model}` and the `{data}` that it was fitted on."""

from __future__ import annotations

import ast

from mlrubric.fix.calls import with_keyword
from mlrubric.fix.code import Code
from mlrubric.fix.names import call_of
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found, program = site.expression(ast.Call), site.program.program
    here = [op for op in site.ops_here() if program.ops[op].kind == "call"]
    meaning = site.program.meanings.of(here[0]) if here else None
    model_op = meaning.arguments.get("@model", -1) if meaning is not None else -1
    if found is None or model_op < 0:
        return None
    code, call = found
    model = program.ops[model_op]
    if model.kind != "load" or model.name not in code.said(call):
        return None
    data = _fitted_on(site, code, model_op, here[0])
    if not data:
        return None
    value = site.option("value").replace("{model}", model.name).replace("{data}", data)
    written, needed = call_of(code, value, call.lineno)
    edit = with_keyword(code, call, site.option("keyword"), written) if not needed else None
    return None if edit is None else Edits((edit,))


def _fitted_on(site: Site, code: Code, model: int, kept: int) -> str:
    """The rows that a variable was fitted on in the same function, above, when they are only named: a part of a table at most."""
    program = site.program.program
    name = program.ops[model].name
    for fit in site.picture.graph.with_role("model.fit"):
        op = site.program.node_op.get(fit)
        if op is None or program.scope_id(op) != program.scope_id(model) or op > kept:
            continue
        call = code.find(site.place(op).span, ast.Call) if site.place(op).cell == code.cell else None
        func = call.func if call is not None else None
        if call is None or not isinstance(func, ast.Attribute) or not call.args or not _named(call.args[0]):
            continue
        receiver = code.said(func.value)
        statement = code.statement(call)
        bound = isinstance(statement, ast.Assign) and code.said(statement.targets[0]) == name
        if receiver == name or bound:
            return code.said(call.args[0])
    return ""


def _named(rows: ast.expr) -> bool:
    return not any(isinstance(one, (ast.Call, ast.Await, ast.NamedExpr, ast.comprehension)) for one in ast.walk(rows))
