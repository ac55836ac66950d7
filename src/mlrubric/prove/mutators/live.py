"""Kills the trigger: only people can start it from then on, or it is switched off."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mlrubric.fix.yaml import documents
from mlrubric.model.place import Span
from mlrubric.model.verdict import Step
from mlrubric.prove.edit import Edit, covered, line, one, replaced, with_lines
from mlrubric.prove.site import Site
from mlrubric.prove.yaml_edit import entry, last_line

CONDITION = "live"
SCHEDULES = (
    "schedule", "schedule_interval", "cron", "cron_schedule", "cron_expression", "interval", "interval_seconds", "interval_second", "rrule",
    "timetable", "schedules",
)  # fmt: skip


def edits(site: Site) -> Iterator[Edit]:
    trigger = site.path[0]
    path, text = trigger.place.path, site.text(trigger.place.path)
    if trigger.kind != "trigger":
        return
    if path.startswith(".github/workflows/"):
        yield from _workflow(path, text)
    elif path.rpartition("/")[2].startswith(("dependabot", "renovate")):
        yield from _beside(path, text, trigger, "open-pull-requests-limit: 0", inside=True)
    elif path.endswith((".yml", ".yaml")):
        yield from _job_by_hand(site, path, text)
        yield from _without_rules(path, text)
        yield from _beside(path, text, trigger, "suspend: true")
    elif path.endswith(".py"):
        yield from _schedule(path, text, trigger)
    elif path.endswith(".tf"):
        yield one(path, trigger.place.line, "`count = 0` added", _inserted(text, trigger.place.line, "  count = 0"))
    elif line(text, trigger.place.line).strip():
        here = trigger.place.line
        yield one(path, here, "the line commented out", with_lines(text, here, here, [f"# {line(text, here)}"]))


def _workflow(path: str, text: str) -> Iterator[Edit]:
    root = documents(text)
    key = root[0].key("on") if root else None
    if key is not None:
        new = with_lines(text, key.span.line, last_line(text, key), ["on: workflow_dispatch"])
        yield one(path, key.span.line, "`on: workflow_dispatch`", new)


def _beside(path: str, text: str, trigger: Step, words: str, inside: bool = False) -> Iterator[Edit]:
    """A key beside the one on the trigger's line, or in the item that begins there."""
    number = trigger.place.line
    found = entry(text, number)
    if found is not None:
        column = found[1].span.column - 1
        yield one(path, number, f"`{words}` added", _inserted(text, number if inside else last_line(text, found[1]), " " * column + words))


def _inserted(text: str, after: int, new: str) -> str:
    return with_lines(text, after + 1, after, [new])


def _job_by_hand(site: Site, path: str, text: str) -> Iterator[Edit]:
    """`when: manual` for the job of a GitLab pipeline, `trigger: none` for one of Azure."""
    if "gitlab-ci" in path or path.startswith(".gitlab"):
        for job in site.steps("job"):
            found = entry(site.text(job.place.path), job.place.line)
            if found is not None:
                inner = site.text(job.place.path)
                first, last = found[1].span.line, last_line(inner, found[1])
                rows = inner.split("\n")[first:last]
                kept = _without(rows, ("rules:", "only:", "except:", "when:"))
                deep = " " * (found[1].span.column + 1)
                yield one(job.place.path, first, "`when: manual`", with_lines(inner, first + 1, last, [f"{deep}when: manual", *kept]))
    elif "azure-pipelines" in path or "/.azure" in f"/{path}":
        root = documents(text)
        rows = text.split("\n")
        for name in ("trigger", "pr", "schedules"):
            key = root[0].key(name) if root else None
            if key is not None:
                rows[key.span.line - 1 : last_line("\n".join(rows), key)] = [""] * (last_line("\n".join(rows), key) - key.span.line + 1)
        yield one(path, 1, "`trigger: none`, `pr: none`", "\n".join(["trigger: none", "pr: none", *rows]))


def _without(rows: list[str], names: tuple[str, ...]) -> list[str]:
    """Lines of a map without the entries of some names."""
    kept: list[str] = []
    depth = -1
    for row in rows:
        deep = len(row) - len(row.lstrip())
        if depth >= 0 and row.strip() and (deep > depth or (deep == depth and row.lstrip().startswith("- "))):
            continue
        depth = deep if row.strip().startswith(names) else -1
        if depth < 0:
            kept.append(row)
    return kept


def _without_rules(path: str, text: str) -> Iterator[Edit]:
    """A Prometheus that loads no rule."""
    root = documents(text)
    key = root[0].key("rule_files") if root else None
    if key is not None:
        yield one(path, key.span.line, "`rule_files: []`", with_lines(text, key.span.line, last_line(text, key), ["rule_files: []"]))


def _schedule(path: str, text: str, trigger: Step) -> Iterator[Edit]:
    """A schedule of a call or a decorator set to None."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= trigger.place.line <= (node.end_lineno or node.lineno):
            for keyword in node.keywords:
                if keyword.arg in SCHEDULES and keyword.value.end_lineno:
                    value = keyword.value
                    span = Span(value.lineno, value.col_offset + 1, value.end_lineno or 0, (value.end_col_offset or 0) + 1)
                    was = re.sub(r"\s+", " ", covered(text, span))
                    yield one(path, value.lineno, f"`{keyword.arg}={was}` became `{keyword.arg}=None`", replaced(text, span, "None"))
