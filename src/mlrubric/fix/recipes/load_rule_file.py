"""Names a rule file in the only configuration of Prometheus that could load it."""

from __future__ import annotations

import posixpath
import re

from mlrubric.fix.site import Edits, Site
from mlrubric.fix.yaml import documents
from mlrubric.model.facts import WatchServer

SAID = re.compile(r"(?P<path>\S+) has no rule_files that name this file")


def remedy(site: Site) -> Edits | None:
    found = SAID.search(site.node.attributes.get("reason", ""))
    servers = sorted({path for path, _ in site.picture.world.every(WatchServer)})
    if found is None or servers != [found["path"]] or site.path in servers:
        return None
    path = found["path"]
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
    if files.kind != "list" or not files.items:
        return None
    last = files.items[-1]
    if lines.row(last.span.line).lstrip().startswith("- "):
        return Edits((lines.inserted_after(last.span.line, f"{lines.indent(last.span.line)}- {inner}"),), title=title)
    end = lines.span(last.span)[1]
    return Edits((lines.edit(end, end, f", {inner}"),), title=title)
