"""Names the commit that another place of the repository names for the same thing of a hub; there is no fix where none does."""

from __future__ import annotations

import ast
import re

from mlrubric.fix.calls import with_keyword
from mlrubric.fix.site import Edits, Shelf, Site
from mlrubric.graph.code import Code
from mlrubric.graph.meaning import Meaning

COMMIT = re.compile(r"[0-9a-f]{40}")


def remedy(site: Site) -> Edits | None:
    found, meaning = site.expression(ast.Call), site.meaning
    param = meaning.entry.param("@version") if meaning is not None and meaning.entry is not None else None
    if found is None or meaning is None or param is None or not param.keywords:
        return None
    commits = {commit for op, commit in site.shelf.once(_commits).get(_source(site.program, meaning), ()) if op != site.op}
    if len(commits) != 1:
        return None
    edit = with_keyword(*found, param.keywords[0], f'"{commits.pop()}"')
    return None if edit is None else Edits((edit,))


def _commits(shelf: Shelf) -> dict[str, list[tuple[int, str]]]:
    """By the name of a thing on a hub, the calls that name a commit of it, and which."""
    code, found = shelf.picture.world.code, dict[str, list[tuple[int, str]]]()
    for op, meaning in code.meanings.all().items():
        version = meaning.arguments.get("@version", -1)
        source = _source(code, meaning) if version >= 0 else ""
        for value in code.resolver.of(version) if source else ():
            if value[0] == "text" and COMMIT.fullmatch(str(value[1])):
                found.setdefault(source, []).append((op, str(value[1])))
    return found


def _source(code: Code, meaning: Meaning) -> str:
    """The one text that a call takes as its source."""
    source = meaning.arguments.get("@source", -1)
    values = list(code.resolver.of(source)) if source >= 0 else []
    return str(values[0][1]) if len(values) == 1 and values[0][0] == "text" else ""
