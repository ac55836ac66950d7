"""Skips the check: the test, the step or job that runs it, the stage, or the statement itself."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.model.verdict import Step
from mlrubric.prove.edit import Edit, first_line_of_code, indent, one, statement, with_lines
from mlrubric.prove.site import Site
from mlrubric.prove.yaml_edit import entry, last_line

CONDITION = "not_skipped"


MANY = 3  # tests that are skipped one by one; then the job that runs them is


def edits(site: Site) -> Iterator[Edit]:
    for step in site.steps("test") if site.broken < MANY else ():
        yield from _marked(site, step)
    for step in site.steps("job"):
        yield from _never(site, step)
    for step in site.steps("stage"):
        yield from _frozen(site, step)
    if site.check.kind == "op":
        yield from _dead(site, site.check)


def _marked(site: Site, step: Step) -> Iterator[Edit]:
    path, number = step.place.path, step.place.line
    text = site.text(path)
    if not path.endswith(".py"):
        return
    marked = with_lines(text, number, number - 1, [f"{indent(text, number)}@pytest.mark.skip"])
    first = first_line_of_code(text)
    yield one(path, number, "`@pytest.mark.skip` added", with_lines(marked, first, first - 1, ["import pytest"]))


def _never(site: Site, step: Step) -> Iterator[Edit]:
    """A condition that is never true in the map of a job."""
    path, text = step.place.path, site.text(step.place.path)
    found = entry(text, step.place.line)
    if found is None or ".circleci" in path:  # a job of CircleCI has no condition of its own
        return
    _, key, value = found
    words = "if: false" if path.startswith(".github/") else "condition: false" if "azure" in path else "rules: [{when: never}]"
    name = words.partition(":")[0]
    deep = " " * (value.entries[0][0].span.column - 1) if value.entries else " " * (key.span.column + 1)
    there = value.key(name)
    if there is not None:
        text = with_lines(text, there.span.line, last_line(text, there), [])
    yield one(path, key.span.line, f"`{words}` added", with_lines(text, key.span.line + 1, key.span.line, [f"{deep}{words}"]))


def _frozen(site: Site, step: Step) -> Iterator[Edit]:
    path, text = step.place.path, site.text(step.place.path)
    found = entry(text, step.place.line)
    if found is not None and path.endswith("dvc.yaml") and found[2].entries:
        deep = " " * (found[2].entries[0][0].span.column - 1)
        new = with_lines(text, found[1].span.line + 1, found[1].span.line, [f"{deep}frozen: true"])
        yield one(path, found[1].span.line, "`frozen: true` added", new)


def _dead(site: Site, step: Step) -> Iterator[Edit]:
    """The statement under `if False:`."""
    path, text = step.place.path, site.text(step.place.path)
    node = statement(text, step.place.line) if path.endswith(".py") else None
    if node is None or node.end_lineno is None:
        return
    rows = text.split("\n")[node.lineno - 1 : node.end_lineno]
    space = indent(text, node.lineno)
    if rows[0][: len(space)] != rows[0][: node.col_offset]:
        return  # something else stands before it on its line
    new = [f"{space}if False:", *(f"    {row}" for row in rows)]
    yield one(path, node.lineno, "put under `if False:`", with_lines(text, node.lineno, node.end_lineno, new))
