"""A comparison with the missing value becomes the test for it: `isna()` of a table's column, `math.isnan` or `numpy.isnan` of a value."""

from __future__ import annotations

import ast

from mlrubric.fix.names import known_as
from mlrubric.fix.site import Edits, Site

TABLE = "pandas"


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
    isna = f"{known_as(code, TABLE)}.isna" if known_as(code, TABLE) else ""
    module = code.said(missing[0]).rpartition(".")[0] or known_as(code, "math") or known_as(code, "numpy")
    column = isinstance(other, (ast.Attribute, ast.Subscript)) and isna
    if column:
        text = f"{said}.notna()" if different else f"{said}.isna()"
    elif isna:
        text = f"{isna.replace('.isna', '.notna' if different else '.isna')}({said})"
    elif module:
        text = f"{'not ' if different else ''}{module}.isnan({said})"
    else:
        return None
    if text.startswith("not ") and not isinstance(next(code.parents(compared), None), (ast.stmt, ast.IfExp)):
        text = f"({text})"
    return Edits((code.replaced(compared, text),))
