"""Swallows the failure: on the command that runs the check, at the statement that raises, or in the alert's way to people."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.fix.yaml import documents
from mlrubric.model.verdict import Step
from mlrubric.prove.edit import Edit, covered, indent, one, replaced, statement, with_lines
from mlrubric.prove.site import Site
from mlrubric.prove.yaml_edit import last_line

CONDITION = "consequential"


def edits(site: Site) -> Iterator[Edit]:
    for step in site.steps("command"):
        if not step.place.path.endswith((".py", ".ipynb")):
            yield from _or_true(site, step)
            break
    if site.check.kind == "op":
        yield from _caught(site, site.check)
    for step in site.steps("step"):
        yield from _goes_on(site, step)
    if site.check.kind == "monitor":
        yield from _nobody_told(site)


def _or_true(site: Site, step: Step) -> Iterator[Edit]:
    path, span = step.place.path, step.place.span
    text = site.text(path)
    said = covered(text, span)
    if said.strip() and "\n" not in said.rstrip("\n"):
        yield one(path, span.line, "`|| true` added", replaced(text, span, f"{said.rstrip()} || true"))


def _caught(site: Site, step: Step) -> Iterator[Edit]:
    path, text = step.place.path, site.text(step.place.path)
    node = statement(text, step.place.line) if path.endswith(".py") else None
    if node is None or node.end_lineno is None:
        return
    rows = text.split("\n")[node.lineno - 1 : node.end_lineno]
    space = indent(text, node.lineno)
    if len(space) != node.col_offset:
        return
    new = [f"{space}try:", *(f"    {row}" for row in rows), f"{space}except BaseException:", f"{space}    pass"]
    yield one(path, node.lineno, "put under `try` with `except BaseException: pass`", with_lines(text, node.lineno, node.end_lineno, new))


def _goes_on(site: Site, step: Step) -> Iterator[Edit]:
    path, text = step.place.path, site.text(step.place.path)
    if not path.startswith(".github/"):
        return
    row = text.split("\n")[step.place.line - 1]
    space = " " * (len(row) - len(row.lstrip()) + (2 if row.lstrip().startswith("- ") else 0))
    new = with_lines(text, step.place.line + 1, step.place.line, [f"{space}continue-on-error: true"])
    yield one(path, step.place.line, "`continue-on-error: true` added", new)


def _nobody_told(site: Site) -> Iterator[Edit]:
    """A Prometheus that hands its alerts to nobody, an alertmanager whose receivers are empty."""
    for entry in site.analysis.graph.of_kind("monitor", "service", "trigger", "document"):
        path = site.analysis.graph.nodes[entry].place.path
        if not path.endswith((".yml", ".yaml")):
            continue
        text = site.text(path)
        for name in ("alerting", "route"):
            key = next((k for root in documents(text)[:1] if (k := root.key(name)) is not None), None)
            if key is not None:
                yield one(path, key.span.line, f"`{name}` taken out", with_lines(text, key.span.line, last_line(text, key), []))
