"""Lets a verdict stop the run: behind a check whose catalogue entry says how it tells that all is well (`passed`), or on the failing side
of a comparison that only prints."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.code import Code
from mlrubric.fix.site import Edits, Site

STOP = "raise SystemExit(1)"
NAMES = ("result", "checked", "verdict", "outcome")
LOWER_IS_BETTER = re.compile(r"loss|err|rmse|\bmae\b|\bmse\b|mape|perplex|latency|drift|\bwer\b|\bcer\b|brier|distance", re.IGNORECASE)


def remedy(site: Site) -> Edits | None:
    comparison = site.node.attributes.get("toothless", "")
    if comparison.isdigit():
        return _behind_comparison(site, int(comparison))
    meaning, op, code = site.meaning, site.op, site.code()
    passed = meaning.entry.passed if meaning is not None and meaning.entry is not None else ""
    call = code.find(site.place(op).span, ast.Call) if op is not None and code is not None else None
    return _behind_call(code, call, passed) if passed and code is not None and call is not None else None


def _behind_call(code: Code, call: ast.Call, passed: str) -> Edits | None:
    statement = code.statement(call)
    if statement is None or not code.alone(statement):
        return None
    span, edits = code.span(statement), []
    if "{receiver}" in passed:
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, (ast.Name, ast.Attribute)):
            return None
        passed = passed.replace("{receiver}", code.said(call.func.value))
    elif isinstance(statement, ast.Assign) and statement.value is call and _name(statement):
        passed = passed.replace("{result}", _name(statement))
    elif isinstance(statement, ast.Expr) and statement.value is call:
        name = next((one for one in NAMES if not re.search(rf"\b{one}\b", code.text)), "")
        if not name:
            return None
        start = code.start(call)
        edits.append(code.edit(start, start, f"{name} = "))
        passed = passed.replace("{result}", name)
    else:
        return None
    indent = code.lines.indent(span.line)
    condition = passed.removeprefix("not ") if passed.startswith("not ") else f"not {passed}" if _plain(passed) else _opposite(passed)
    edits.append(code.below(span.end_line, f"{indent}if {condition}:", f"{indent}{_step(code)}{STOP}"))
    return Edits(tuple(edits))


def _name(statement: ast.Assign) -> str:
    target = statement.targets[0]
    return target.id if len(statement.targets) == 1 and isinstance(target, ast.Name) else ""


def _plain(passed: str) -> bool:
    return " == " not in passed


def _opposite(passed: str) -> str:
    return passed.replace(" == ", " != ")


def _step(code: Code) -> str:
    """One step of indentation, as the file has it."""
    for one in ast.walk(code.tree):
        if isinstance(one, (ast.If, ast.FunctionDef, ast.With, ast.For, ast.ClassDef, ast.Try)) and one.body[0].lineno > one.lineno:
            inner, outer = code.lines.indent(one.body[0].lineno), code.lines.indent(one.lineno)
            if inner.startswith(outer) and len(inner) > len(outer):
                return inner[len(outer) :]
    return "    "


def _behind_comparison(site: Site, node: int) -> Edits | None:
    op = site.program.node_op.get(node)
    place = site.picture.graph.nodes[node].place
    code = site.code(place)
    if op is None or code is None or place.repository:
        return None
    compared = code.find(place.span, ast.Compare)
    if compared is None:
        return None
    decided = next((one for one in code.parents(compared) if isinstance(one, ast.stmt)), None)
    if not isinstance(decided, ast.If) or decided.test is not compared or len(compared.ops) != 1:
        return None
    weak = _weak_when_true(code, compared)
    block = decided.body if weak else decided.orelse
    if weak is None or not block or isinstance(block[0], ast.If) or any(isinstance(one, (ast.Raise, ast.Return)) for one in block):
        return None
    last = block[-1]
    if not code.alone(last):
        return None
    span = code.span(last)
    return Edits((code.below(span.end_line, f"{code.lines.indent(code.first_line(last))}{STOP}"),))


def _weak_when_true(code: Code, compared: ast.Compare) -> bool | None:
    """Whether the model is too weak where the comparison holds; None when nobody can tell."""
    left, right = compared.left, compared.comparators[0]
    less = isinstance(compared.ops[0], (ast.Lt, ast.LtE))
    if not less and not isinstance(compared.ops[0], (ast.Gt, ast.GtE)):
        return None
    if isinstance(left, ast.Constant):
        left, right, less = right, left, not less
    return less != (LOWER_IS_BETTER.search(code.said(left)) is not None)
