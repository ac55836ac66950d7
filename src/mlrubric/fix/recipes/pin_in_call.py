"""Pins the open texts of a list of requirements that a call is given as `keyword`."""

from __future__ import annotations

import ast

from mlrubric.fix.pins import pinned
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found = site.expression(ast.Call)
    if found is None:
        return None
    code, call = found
    given = next((one.value for one in call.keywords if one.arg == site.option("keyword")), None)
    if not isinstance(given, (ast.List, ast.Tuple)):
        return None
    edits = []
    for one in given.elts:
        if not isinstance(one, ast.Constant) or not isinstance(one.value, str):
            return None
        if "==" in one.value or "://" in one.value:
            continue
        new = pinned(site, one.value)
        said = code.said(one)
        if new is None or one.value not in said:
            return None
        edits.append(code.replaced(one, said.replace(one.value, new[0])))
    return Edits(tuple(edits))
