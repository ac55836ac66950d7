"""Gives a call a keyword: `keyword` is its name, or an argument role whose name the catalogue knows; `value` is what it gets.

`values` says it for keywords that take something else, "" where there is no fix. A constant of the file that is called like one of `named`
is taken instead of the value."""

from __future__ import annotations

import ast

from mlrubric.fix.calls import appended, with_keyword
from mlrubric.fix.code import Code
from mlrubric.fix.names import below_imports, call_of
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    op, meaning, found = site.op, site.meaning, site.expression(ast.Call)
    if found is None:
        return None
    code, call = found
    name, position, param = site.option("keyword"), -1, None
    if name.startswith("@"):
        if op is None or not _all_take(site, op, name):
            return None
        param = meaning.entry.param(name) if meaning is not None and meaning.entry is not None else None
        if param is None or not param.keywords:
            return None
        position = param.positions[0] if param.positions else -1
        name = next((one for one in param.keywords if any(k.arg == one for k in call.keywords)), param.keywords[0])
    others = site.rule.options.get("values")
    value = str(others.get(name, site.option("value"))) if isinstance(others, dict) else site.option("value")
    if not value:
        return None
    constant, needed = _constant(code, call, site.options("named")), ""
    if constant:
        value = constant if value == site.option("value") else value.replace(f"={site.option('value')}", f"={constant}")
    if "." in value:
        value, needed = call_of(code, value, call.lineno)
    if needed and (code.cell is not None or not below_imports(code, call.lineno)):
        return None
    if position == 0 and not call.args and not call.keywords and param is not None and param.role == "@seed":
        edit = appended(code, call, value)  # `seed(0)`, as everybody writes it
    else:
        edit = with_keyword(code, call, name, value, position)
    if edit is None:
        return None
    edits = (edit, code.below(below_imports(code, call.lineno), needed)) if needed else (edit,)
    return Edits(edits, title=site.rule.title.replace("{keyword}", name).replace("{value}", value))


def _constant(code: Code, call: ast.Call, names: tuple[str, ...]) -> str:
    """A name that the file gives a whole number, once, at its top, above the call."""
    assigned: dict[str, list[ast.Assign]] = {}
    for statement in code.tree.body:
        for one in ast.walk(statement):
            if isinstance(one, (ast.Name, ast.arg)) and not isinstance(getattr(one, "ctx", ast.Store()), ast.Load):
                said = one.id if isinstance(one, ast.Name) else one.arg
                if said in names and not (isinstance(statement, ast.Assign) and one in statement.targets):
                    return ""
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and statement.targets[0].id in names:
            assigned.setdefault(statement.targets[0].id, []).append(statement)
    for name in names:
        found = assigned.get(name, [])
        value = found[0].value if len(found) == 1 and found[0].lineno < call.lineno else None
        if isinstance(value, ast.Constant) and type(value.value) is int:
            return name
    return ""


def _all_take(site: Site, op: int, role: str) -> bool:
    """Whether everything that the call may enter has the argument: a class that is chosen at run time may lack it."""
    catalogue = site.program.meanings.catalogue
    for target in site.program.resolver.targets.get(op, ()):
        api = None
        if target[0] == "external":
            api = catalogue.api(str(target[1]))
        elif target[0] == "method":
            api = catalogue.method(str(target[1]), str(target[2]))
        if api is None or api.param(role) is None:
            return False
    return True
