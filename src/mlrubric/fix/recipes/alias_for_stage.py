"""`transition_model_version_stage(name, version, "Production")` becomes `set_registered_model_alias(name, "production", version)`."""

from __future__ import annotations

import ast

from mlrubric.fix.site import Edits, Site

OLD, NEW = "transition_model_version_stage", "set_registered_model_alias"
GIVEN = ("name", "version", "stage", "archive_existing_versions")
NOT_RELEASED = ("none", "archived")


def remedy(site: Site) -> Edits | None:
    found = site.expression(ast.Call)
    if found is None or not isinstance(found[1].func, ast.Attribute) or found[1].func.attr != OLD:
        return None
    code, call = found
    given: dict[str, ast.expr] = {**dict(zip(GIVEN, call.args, strict=False)), **{one.arg or "**": one.value for one in call.keywords}}
    stage = given.get("stage")
    if not {"name", "version", "stage"} <= given.keys() <= set(GIVEN) or not isinstance(stage, ast.Constant):
        return None
    alias = str(stage.value).lower()
    if alias in NOT_RELEASED or "#" in code.said(call):
        return None
    name = call.func
    func = code.said(name)[: -len(OLD)] + NEW if isinstance(name, ast.Attribute) else NEW
    open_, close, join = "(", ")", ", "
    arguments_given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    first = min(arguments_given, key=lambda one: (one.lineno, one.col_offset))
    if code.span(first).line != code.span(call).line:  # one argument a line
        inner, outer = code.lines.indent(code.span(first).line), code.lines.indent(code.span(call).end_line)
        open_, close, join = f"(\n{inner}", f",\n{outer})", f",\n{inner}"
    if call.keywords and not call.args:
        arguments = [f"name={code.said(given['name'])}", f'alias="{alias}"', f"version={code.said(given['version'])}"]
    else:
        arguments = [code.said(given["name"]), f'"{alias}"', code.said(given["version"])]
    return Edits((code.replaced(call, f"{func}{open_}{join.join(arguments)}{close}"),), title=f"Set the alias `{alias}` instead")
