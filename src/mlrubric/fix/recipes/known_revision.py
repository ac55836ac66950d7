"""Names the commit that another place of the repository names for the same thing of a hub; there is no fix where none does."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.calls import with_keyword
from mlrubric.fix.site import Edits, Site

COMMIT = re.compile(r"[0-9a-f]{40}")


def remedy(site: Site) -> Edits | None:
    found, meaning = site.expression(ast.Call), site.meaning
    param = meaning.entry.param("@version") if meaning is not None and meaning.entry is not None else None
    named = _source(site, site.op)
    if found is None or param is None or not param.keywords or not named:
        return None
    commits = set()
    for op, other in site.program.meanings.all().items():
        version = other.arguments.get("@version", -1)
        if version < 0 or op == site.op or _source(site, op) != named:
            continue
        texts = {str(value[1]) for value in site.program.resolver.of(version) if value[0] == "text"}
        commits |= {text for text in texts if COMMIT.fullmatch(text)}
    if len(commits) != 1:
        return None
    edit = with_keyword(*found, param.keywords[0], f'"{commits.pop()}"')
    return None if edit is None else Edits((edit,))


def _source(site: Site, op: int | None) -> str:
    """The one text that a call takes as its source."""
    meaning = site.program.meanings.of(op) if op is not None else None
    source = meaning.arguments.get("@source", -1) if meaning is not None else -1
    values = list(site.program.resolver.of(source)) if source >= 0 else []
    return str(values[0][1]) if len(values) == 1 and values[0][0] == "text" else ""
