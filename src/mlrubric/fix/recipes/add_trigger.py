"""Lets a workflow run by time as well: `cron` says when."""

from __future__ import annotations

import re

from mlrubric.fix.site import Edits, Site
from mlrubric.fix.yaml import documents, last_line

WORKFLOW = re.compile(r"(^|/)\.github/workflows/[^/]+\.ya?ml$")


def remedy(site: Site) -> Edits | None:
    lines = site.lines()
    roots = documents(lines.text) if WORKFLOW.search(site.path) else ()
    key, on = (roots[0].key("on"), roots[0].get("on")) if len(roots) == 1 else (None, None)
    if key is None or on is None or on.get("schedule") is not None:
        return None
    rows = ("schedule:", f'  - cron: "{site.option("cron")}"')
    events = on.strings()
    if events and key.span.line == on.span.end_line:  # `on: push`, `on: [push, pull_request]`
        new = "".join(f"\n  {row}" for row in (*(f"{event}:" for event in events), *rows))
        start, end = lines.span(on.span)
        return (
            Edits((lines.edit(lines.text.index(":", lines.offset(key.span.line, key.span.end_column)) + 1, end, new),)) if start else None
        )
    if on.kind != "map" or not on.entries or on.entries[0][0].span.line == key.span.line:
        return None
    indent = " " * (on.entries[0][0].span.column - 1)
    return Edits((lines.inserted_after(last_line(lines, key), *(indent + row for row in rows)),))
