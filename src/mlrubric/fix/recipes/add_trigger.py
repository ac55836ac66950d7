"""Lets a workflow run by time as well: `cron` says when."""

from __future__ import annotations

from mlrubric.fix.site import Edits, Site
from mlrubric.fix.workflows import is_workflow
from mlrubric.fix.yaml import documents, last_line


def remedy(site: Site) -> Edits | None:
    lines = site.lines()
    roots = documents(lines.text) if is_workflow(site.path) else ()
    key, on = (roots[0].key("on"), roots[0].get("on")) if len(roots) == 1 else (None, None)
    if key is None or on is None or on.get("schedule") is not None:
        return None
    rows = ("schedule:", f'  - cron: "{site.option("cron")}"')
    events = on.strings()
    if events and key.span.line == on.span.end_line:  # `on: push`, `on: [push, pull_request]`
        new = "".join(f"\n  {row}" for row in (*(f"{event}:" for event in events), *rows))
        start = lines.text.index(":", lines.offset(key.span.line, key.span.end_column)) + 1
        return Edits((lines.edit(start, lines.offsets_of(on.span)[1], new),))
    if on.kind != "map" or not on.entries or on.entries[0][0].span.line == key.span.line:
        return None
    indent = " " * (on.entries[0][0].span.column - 1)
    return Edits((lines.inserted_after(last_line(lines, key), *(indent + row for row in rows)),))
