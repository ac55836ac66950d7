"""Takes a keyword out of a call: `keyword` is its name. With `kept` only where the result has a place to stay (a name, a return, an
argument), and is not called on at once."""

from __future__ import annotations

import ast

from mlrubric.fix.calls import without_keyword
from mlrubric.fix.code import Code
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found = site.expression(ast.Call)
    if found is None or (site.rule.options.get("kept") is True and not _kept(*found)):
        return None
    edit = without_keyword(*found, site.option("keyword"))
    return None if edit is None else Edits((edit,))


def _kept(code: Code, call: ast.Call) -> bool:
    return not isinstance(next(code.parents(call), None), (ast.Attribute, ast.Subscript))
