"""Names a rule file in the only configuration of Prometheus that could load it."""

from __future__ import annotations

import posixpath

from mlrubric.fix.site import Edits, Site
from mlrubric.fix.yaml import appended, documents
from mlrubric.model.facts import WatchServer


def remedy(site: Site) -> Edits | None:
    path = site.node.attributes.get("lacking_in", "")
    if {server for server, _ in site.picture.world.every(WatchServer)} != {path} or site.path == path:
        return None
    inner = posixpath.relpath(site.path, posixpath.dirname(path) or ".")
    lines = site.lines(path)
    roots = documents(lines.text)
    if inner.startswith("..") or len(roots) != 1 or roots[0].kind != "map" or not roots[0].entries:
        return None
    files = roots[0].get("rule_files")
    title = f"Name `{inner}` under `rule_files` of {path}"
    if files is None:
        first = roots[0].entries[0][0]
        return Edits((lines.inserted_before(first.span.line, "rule_files:", f"  - {inner}"),), title=title)
    edit = appended(lines, files, inner)
    return None if edit is None else Edits((edit,), title=title)
