"""Lets a verdict stop the run: behind a check whose catalogue entry says how it tells that all is well (`passed`), or on the failing side
of a comparison that only prints."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.code import Code
from mlrubric.fix.site import Edits, Site
from mlrubric.graph.directions import weak_where

STOP = "raise SystemExit(1)"
TELLS = frozenset({"log.write", "file.open", "file.write"})
NAMES = ("result", "checked", "verdict", "outcome")


def remedy(site: Site) -> Edits | None:
    comparison = site.node.attributes.get("toothless", "")
    if comparison.isdigit():
        return _behind_comparison(site, int(comparison))
    meaning, found = site.meaning, site.call()
    passed = meaning.entry.passed if meaning is not None and meaning.entry is not None else ""
    return _behind_call(site, *found, passed) if passed and found is not None else None


def _behind_call(site: Site, code: Code, call: ast.Call, passed: str) -> Edits | None:
    statement = code.statement(call)
    if statement is None or not code.alone(statement):
        return None
    span, edits = code.span(statement), []
    if "{receiver}" in passed:
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, (ast.Name, ast.Attribute)):
            return None
        said = code.said(call.func.value)
    elif isinstance(statement, ast.Assign) and statement.value is call and _name(statement):
        said = _name(statement)
    elif isinstance(statement, ast.Expr) and statement.value is call:
        said = next((one for one in NAMES if not re.search(rf"\b{one}\b", code.text)), "")
        if not said:
            return None
        start = code.start(call)
        edits.append(code.edit(start, start, f"{said} = "))
    else:
        return None
    passed = passed.replace("{receiver}", said).replace("{result}", said)
    indent = code.lines.indent(span.line)
    last = _told(site, code, statement, said)
    condition = passed.removeprefix("not ") if passed.startswith("not ") else f"not {passed}" if _plain(passed) else _opposite(passed)
    edits.append(code.below(code.span(last).end_line, f"{indent}if {condition}:", f"{indent}{_step(code)}{STOP}"))
    return Edits(tuple(edits))


def _told(site: Site, code: Code, statement: ast.stmt, name: str) -> ast.stmt:
    """The last of the statements that follow and only say what came of it: the run stops behind them."""
    said = re.compile(rf"(?<![\w.]){re.escape(name)}\b")
    block, last = code.block(statement), statement
    for following in block[block.index(statement) + 1 :] if statement in block else ():
        if not said.search(code.said(following)) or not code.alone(following) or not _only_tells(site, code, following):
            break
        last = following
    return last


def _only_tells(site: Site, code: Code, statement: ast.stmt) -> bool:
    """Whether nothing is done but to print, log or save: by calls of libraries that mean nothing else."""
    if isinstance(statement, ast.For):
        return not statement.orelse and all(_only_tells(site, code, one) for one in statement.body)
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    program, span = site.program, code.span(statement.value)
    for op in site.shelf.ops(code.path, span):
        meaning = program.meanings.of(op)
        ours = any(target[0] == "function" for target in program.resolver.targets.get(op, ()))
        if ours or not TELLS.issuperset(meaning.roles if meaning is not None else ()):
            return False
    return True


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
    weak = weak_where(site.program, op)
    block = decided.body if weak else decided.orelse
    if weak is None or not block or isinstance(block[0], ast.If) or any(isinstance(one, (ast.Raise, ast.Return)) for one in block):
        return None
    last = block[-1]
    if not code.alone(last):
        return None
    span = code.span(last)
    return Edits((code.below(span.end_line, f"{code.lines.indent(code.first_line(last))}{STOP}"),))
