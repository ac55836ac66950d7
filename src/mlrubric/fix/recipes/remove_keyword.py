"""Takes a keyword out of a call: `keyword` is its name."""

from __future__ import annotations

import ast

from mlrubric.fix.calls import without_keyword
from mlrubric.fix.site import Edits, Site


def remedy(site: Site) -> Edits | None:
    found = site.expression(ast.Call)
    if found is None:
        return None
    edit = without_keyword(*found, site.option("keyword"))
    return None if edit is None else Edits((edit,))
