"""A comparison with the missing value becomes the test for it: `isna` of the library for `tables`, which takes single values too, else
`isnan` of the one for `arrays` or for `numbers`."""

from __future__ import annotations

import ast

from mlrubric.fix.names import known_as
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found = site.expression(ast.Compare)
    if found is None or len(found[1].ops) != 1 or not isinstance(found[1].ops[0], (ast.Eq, ast.NotEq)):
        return None
    code, compared = found
    sides = [compared.left, compared.comparators[0]]
    missing = [one for one in sides if code.said(one).rpartition(".")[2] in ("nan", "NaN", "NAN")]
    if len(missing) != 1:
        return None
    other = sides[1 - sides.index(missing[0])]
    different = isinstance(compared.ops[0], ast.NotEq)
    said = code.said(other)
    own = code.said(missing[0]).rpartition(".")[0]
    tables, arrays, numbers = (known_as(code, site.option(one)) for one in ("tables", "arrays", "numbers"))
    if tables:
        text = f"{tables}.{'notna' if different else 'isna'}({said})"
    elif arrays:
        text = f"{'~' if different else ''}{arrays}.isnan({said})"
    elif own or numbers:
        text = f"{'not ' if different else ''}{own or numbers}.isnan({said})"
    else:
        return None
    if text.startswith("not ") and not isinstance(next(code.parents(compared), None), (ast.stmt, ast.IfExp)):
        text = f"({text})"
    return Edits((code.replaced(compared, text),))
