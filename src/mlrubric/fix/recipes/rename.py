"""Puts the name that means the same in the place of one that the installed version lacks: of an attribute, an import, a keyword, a
command."""

from __future__ import annotations

import ast

from mlrubric.fix.code import Code
from mlrubric.fix.names import known_as
from mlrubric.fix.site import Edits, Site
from mlrubric.model.remedy import TextEdit

BUILTIN = "builtins."


def remedy(site: Site) -> Edits | None:
    given = site.node.attributes
    old, becomes = given.get("lacking", ""), given.get("becomes", "").split(" ") if given.get("becomes") else []
    if not becomes or given.get("moved") == "early":
        return None
    if site.node.kind == "command":
        return _command(site, old, given["becomes"])
    code, op = site.code(), site.op
    if code is None or op is None:
        return None
    span = site.place(op).span
    if given.get("renamed"):
        return _keyword(code, code.find(span, ast.Call), given["renamed"].split(" "), becomes)
    if site.program.program.ops[op].kind == "import":
        return _import(code, code.inside(span).line, code.inside(span).column, old, becomes[0])
    node: ast.AST | None = code.find(span, ast.Call) or code.find(span, ast.Attribute)
    called = node.func if isinstance(node, ast.Call) else node
    return _attribute(code, called, old, becomes[0]) if isinstance(called, ast.Attribute) else None


def _command(site: Site, old: str, new: str) -> Edits | None:
    lines, span = site.lines(), site.finding.place.span
    start, end = lines.offsets_of(span)
    at = lines.text.find(old, start, end)
    return None if at < 0 else _titled((lines.edit(at, at + len(old), new),), new)


def _keyword(code: Code, call: ast.Call | None, old: list[str], new: list[str]) -> Edits | None:
    """The keyword's name; none when the call has the new one too."""
    given = [one for one in call.keywords if one.arg in old] if call is not None else []
    if call is None or len(given) != 1:
        return None
    name = str(given[0].arg)
    renamed = new[old.index(name)] if len(new) == len(old) else new[0]
    if any(one.arg == renamed for one in call.keywords):
        return None
    start = code.start(given[0])
    return _titled((code.edit(start, start + len(name), renamed),), f"{renamed}=")


def _attribute(code: Code, node: ast.Attribute, old: str, new: str) -> Edits | None:
    end = code.end(node)
    if "." not in new or new.rpartition(".")[0] == old.rpartition(".")[0]:
        name = new.rpartition(".")[2]
        return _titled((code.edit(end - len(node.attr), end, name),), name) if code.text[end - len(node.attr) : end] == node.attr else None
    name = new.removeprefix(BUILTIN) if new.startswith(BUILTIN) else known_as(code, new, node.lineno)
    if not name or (new.startswith(BUILTIN) and name in _bound(code)):
        return None
    return _titled((code.replaced(node, name),), name)


def _bound(code: Code) -> set[str]:
    """Every name that a file gives a meaning of its own."""
    found = {one.id for one in ast.walk(code.tree) if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)}
    found |= {one.arg for one in ast.walk(code.tree) if isinstance(one, ast.arg)}
    found |= {one.name for one in ast.walk(code.tree) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    return found | {one.asname or one.name.partition(".")[0] for one in ast.walk(code.tree) if isinstance(one, ast.alias)}


def _import(code: Code, line: int, column: int, old: str, new: str) -> Edits | None:
    for statement in ast.walk(code.tree):
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        for alias in statement.names:
            at = code.span(alias)
            if (at.line, at.column) != (line, column) and not (at.line <= line <= at.end_line and len(statement.names) == 1):
                continue
            if isinstance(statement, ast.ImportFrom):
                return _import_from(code, statement, alias, old, new)
            if alias.asname and (alias.name == old or alias.name.startswith(f"{old}.")):
                start = code.start(alias)
                return _titled((code.edit(start, start + len(old), new),), new)
    return None


def _import_from(code: Code, statement: ast.ImportFrom, alias: ast.alias, old: str, new: str) -> Edits | None:
    module = statement.module or ""
    if module == old or module.startswith(f"{old}."):  # the module has moved, and all names with it
        start = code.text.find(module, code.start(statement))
        return _titled((code.edit(start, start + len(old), new),), new + module[len(old) :])
    if f"{module}.{alias.name}" != old and "*" not in old:
        return None
    if "*" in new:
        new = new.replace("*", alias.name)
    target, _, name = new.rpartition(".") if "." in new else (module, "", new)
    bound = alias.asname or alias.name
    wanted = name if name == bound else f"{name} as {bound}"
    if target == module:
        return _titled((code.replaced(alias, wanted),), new)
    line = f"from {target} import {wanted}" if target else f"import {wanted}"
    if len(statement.names) == 1:
        return _titled((code.replaced(statement, line),), new)
    if not code.alone(statement):
        return None
    above = code.above(statement.lineno, code.lines.indent(statement.lineno) + line)
    return _titled((above, _without_alias(code, statement, alias)), new)


def _without_alias(code: Code, statement: ast.ImportFrom, alias: ast.alias) -> TextEdit:
    """One of several names taken out, with a comma."""
    number = statement.names.index(alias)
    if number + 1 < len(statement.names):
        return code.edit(code.start(alias), code.start(statement.names[number + 1]), "")
    return code.edit(code.end(statement.names[number - 1]), code.end(alias), "")


def _titled(edits: tuple[TextEdit, ...], name: str) -> Edits:
    return Edits(edits, title=f"Use `{name}`")
