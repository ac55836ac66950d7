"""Keeps what a call gives under the name of what it was called on: `frame.dropna()` becomes `frame = frame.dropna()`."""

from __future__ import annotations

import ast

from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found = site.expression(ast.Call)
    if found is None or not isinstance(found[1].func, ast.Attribute):
        return None
    code, call = found
    statement = code.statement(call)
    if not isinstance(statement, ast.Expr) or statement.value is not call:
        return None
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else call
    if not isinstance(receiver, (ast.Name, ast.Attribute)) and not (isinstance(receiver, ast.Subscript) and _plain(receiver)):
        return None
    start = code.start(call)
    return Edits((code.edit(start, start, f"{code.said(receiver)} = "),))


def _plain(node: ast.Subscript) -> bool:
    """A column of a table, not some of its rows."""
    return isinstance(node.slice, ast.Constant) and isinstance(node.value, (ast.Name, ast.Attribute))
