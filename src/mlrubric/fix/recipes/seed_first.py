"""Moves the seed above what draws before it, in one block."""

from __future__ import annotations

import ast

from mlrubric.fix.code import Code
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found = site.call()
    if found is None:
        return None
    code, draw = found
    later = (
        seed
        for _, seed in site.seeds(site.node.attributes.get("generator", ""))
        if (seed.lineno, seed.col_offset) > (draw.lineno, draw.col_offset)
    )
    seed = next(later, None)
    return None if seed is None else _moved(code, draw, seed)


def _moved(code: Code, call: ast.Call, seed: ast.Call) -> Edits | None:
    statement = code.statement(seed)
    if not isinstance(statement, ast.Expr) or statement.value is not seed or not code.alone(statement):
        return None
    block = code.block(statement)
    parents = {id(call), *(id(one) for one in code.parents(call))}
    draws = next((one for one in block if id(one) in parents), None)
    if draws is None or not code.alone(draws):
        return None
    between = block[block.index(draws) : block.index(statement)]
    assigned = {
        one.asname or one.name.partition(".")[0] for part in between for one in ast.walk(part) if isinstance(one, ast.alias)
    }  # and whatever is stored to, in a variable or below one
    for part in between:
        for one in ast.walk(part):
            if isinstance(one, (ast.Name, ast.Attribute, ast.Subscript)) and not isinstance(one.ctx, ast.Load):
                assigned |= {inner.id for inner in ast.walk(one) if isinstance(inner, ast.Name)}
    if any(isinstance(one, ast.Name) and one.id in assigned for one in ast.walk(seed)):
        return None
    rows = code.lines.text.split("\n")[statement.lineno - 1 : statement.end_lineno]
    last = statement.end_lineno or statement.lineno
    return Edits((code.above(code.first_line(draws), *rows), code.without(statement.lineno, last)))
