"""`fit_transform` on test rows becomes `transform` where the same object was fitted before; a mere `fit` there is taken away."""

from __future__ import annotations

import ast

from mlrubric.fix.site import Edits, Site
from mlrubric.graph.order import passes


def remedy(site: Site) -> Edits | None:
    op, found = site.op, site.call()
    if op is None or found is None or not _fitted_before(site, op):
        return None
    code, call = found
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name == "fit_transform" and len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred):
        end = code.end(call.func)
        return Edits((code.edit(end - len("fit_transform"), end, "transform"),))
    statement = code.statement(call)
    plain = name == "fit" and isinstance(statement, ast.Expr) and statement.value is call
    if plain and isinstance(statement, ast.Expr) and code.alone(statement) and len(code.block(statement)) > 1:
        span = code.span(statement)
        return Edits((code.without(span.line, span.end_line),), title="Take the second `fit` away")
    return None


def _fitted_before(site: Site, op: int) -> bool:
    """Whether the receiver was fitted further up in the same function, and not on test rows."""
    program = site.program.program
    receiver = program.receiver(op)
    if receiver < 0:
        return False
    for other in range(program.unit(op).base, op):
        if program.ops[other].kind != "call" or program.scope_id(other) != program.scope_id(op):
            continue
        meaning, node = site.program.meanings.of(other), site.program.op_node.get(other)
        if meaning is None or not {"transform.fit", "transform.fit_apply"} & set(meaning.roles):
            continue
        if node is not None and site.picture.graph.nodes[node].attributes.get("part") == "test":
            continue
        if _same(site, receiver, program.receiver(other)) and passes(site.program, other, op):
            return True
    return False


def _same(site: Site, one: int, other: int) -> bool:
    """The same variable with the same definitions, or the same attribute of such a one."""
    if other < 0:
        return False
    program = site.program.program
    first, second = program.ops[one], program.ops[other]
    if first.kind != second.kind or first.name != second.name:
        return False
    if first.kind == "load":
        return program.args[one] == program.args[other]
    return first.kind == "attribute" and _same(site, program.args[one][0], program.args[other][0])
