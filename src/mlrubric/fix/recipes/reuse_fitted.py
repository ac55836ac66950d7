"""`fit_transform` on test rows becomes `transform` where the same object was fitted before; a mere `fit` there is taken away."""

from __future__ import annotations

import ast

from mlrubric.fix.site import Edits, Site

FITS = ("fit", "fit_transform", "partial_fit")


def remedy(site: Site) -> Edits | None:
    op, code = site.op, site.code()
    call = code.find(site.place(op).span, ast.Call) if op is not None and code is not None else None
    if op is None or code is None or call is None or not isinstance(call.func, ast.Attribute) or not _fitted_before(site, op):
        return None
    if call.func.attr == "fit_transform" and len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred):
        end = code.end(call.func)
        return Edits((code.edit(end - len("fit_transform"), end, "transform"),))
    statement = code.statement(call)
    plain = call.func.attr == "fit" and isinstance(statement, ast.Expr) and statement.value is call
    if plain and isinstance(statement, ast.Expr) and code.alone(statement) and len(code.block(statement)) > 1:
        span = code.span(statement)
        return Edits((code.without(span.line, span.end_line),), safety="unsafe", title="Take the second `fit` away")
    return None


def _fitted_before(site: Site, op: int) -> bool:
    """Whether the receiver was fitted further up in the same function, and not on test rows."""
    program = site.program.program
    receiver = _receiver(site, op)
    if receiver is None:
        return False
    for other in program.of_kind("call"):
        if other >= op or program.scope_id(other) != program.scope_id(op):
            continue
        meaning, node = site.program.meanings.of(other), site.program.op_node.get(other)
        if meaning is None or not {"transform.fit", "transform.fit_apply"} & set(meaning.roles):
            continue
        if node is not None and site.picture.graph.nodes[node].attributes.get("part") == "test":
            continue
        if _same(site, receiver, _receiver(site, other)) and _always_before(site, other, op):
            return True
    return False


def _receiver(site: Site, op: int) -> int | None:
    program = site.program.program
    callee = program.args[op][0]
    if callee < 0 or program.ops[callee].kind != "attribute" or program.ops[callee].name not in FITS:
        return None
    return program.args[callee][0]


def _same(site: Site, one: int, other: int | None) -> bool:
    """The same variable with the same definitions, or the same attribute of such a one."""
    if other is None:
        return False
    program = site.program.program
    first, second = program.ops[one], program.ops[other]
    if first.kind != second.kind or first.name != second.name:
        return False
    if first.kind == "load":
        return program.args[one] == program.args[other]
    return first.kind == "attribute" and _same(site, program.args[one][0], program.args[other][0])


def _always_before(site: Site, first: int, second: int) -> bool:
    """Whether the block of the first is around the second: it ran whenever the second does."""
    program = site.program.program
    around = list(program.blocks_around(second))
    return next(iter(program.blocks_around(first)), None) in around
