"""Records the parameters of the estimator that a tracked run fits, below the fit; `codes` gives the call for each tracker,
`estimator` the class whose heirs tell their parameters."""

from __future__ import annotations

import ast

from mlrubric.fix.code import Code
from mlrubric.fix.names import call_of
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    codes, code, op = site.rule.options.get("codes"), site.code(), site.op
    written = codes.get(site.node.api.partition(".")[0]) if isinstance(codes, dict) else None
    opened = code.find(site.finding.place.span, ast.Call) if code is not None else None
    if not isinstance(written, str) or code is None or op is None or opened is None:
        return None
    run = next((one for one in code.parents(opened) if isinstance(one, (ast.With, ast.FunctionDef, ast.Module))), None)
    for fit in sorted(site.picture.graph.with_role("model.fit")):
        place = site.picture.graph.nodes[fit].place
        fitted = code.find(place.span, ast.Call) if (place.path, place.cell) == (site.path, code.cell) else None
        if fitted is None or run is None or run not in set(code.parents(fitted)):
            continue
        name = _estimator(site, fit, fitted)
        statement = code.statement(fitted)
        if name and statement is not None and code.alone(statement) and not hasattr(statement, "body"):
            return _below(code, statement, written.replace("{model}", name))
    return None


def _estimator(site: Site, fit: int, call: ast.Call) -> str:
    """The variable that is fitted, when it holds an estimator that can tell its parameters."""
    op, program = site.program.node_op.get(fit), site.program.program
    if op is None or not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return ""
    receiver = program.receiver(op)
    values = site.program.resolver.of(receiver) if receiver >= 0 else frozenset()
    catalogue = site.program.meanings.catalogue
    known = bool(values) and all(value[0] == "object" and site.option("estimator") in catalogue.bases(str(value[1])) for value in values)
    return call.func.value.id if known else ""


def _below(code: Code, statement: ast.stmt, written: str) -> Edits | None:
    call, needed = call_of(code, written, statement.lineno)
    span = code.span(statement)
    return None if needed else Edits((code.below(span.end_line, code.lines.indent(span.line) + call),))
