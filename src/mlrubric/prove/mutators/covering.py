"""Opens a way around: unchecked rows go into the fit, or a model is released without the gate."""

from __future__ import annotations

from collections.abc import Iterator

from mlrubric.graph.causes import RELEASES
from mlrubric.model.place import Place, Span
from mlrubric.prove.edit import Edit, covered, first_line_of_code, one, replaced, with_lines
from mlrubric.prove.site import Site

CONDITION = "covering"
WORKFLOW = """\
name: Around
on: push
jobs:
  around:
    runs-on: ubuntu-latest
    steps:
      - run: {command}
"""
AROUND = ".github/workflows/around.yml"


def edits(site: Site) -> Iterator[Edit]:
    if site.test == "data-1":
        yield from _unchecked_rows(site)
    else:
        yield from _ungated_release(site)


def _unchecked_rows(site: Site) -> Iterator[Edit]:
    """A second read beside what a fit is given."""
    code, graph = site.analysis.picture.world.code, site.analysis.graph
    for node in graph.with_role("model.fit", "model.tune"):
        op = code.node_op.get(node)
        meaning = code.meanings.of(op) if op is not None else None
        argument = meaning.arguments.get("@data", -1) if meaning is not None else -1
        place = code.place(argument) if argument >= 0 else None
        if place is None or not place.path.endswith(".py"):
            continue
        text = site.text(place.path)
        said = covered(text, place.span)
        mixed = replaced(text, place.span, f'unchecked.concat([{said}, unchecked.read_csv("data/unchecked.csv")])')
        first = first_line_of_code(text)
        yield one(
            place.path,
            place.line,
            "rows of an unchecked file put beside",
            with_lines(mixed, first, first - 1, ["import pandas as unchecked"]),
        )


def _ungated_release(site: Site) -> Iterator[Edit]:
    """Another workflow that releases without the gate, by the command or the call by which it is released now."""
    graph = site.analysis.graph
    for node in graph.with_role(*RELEASES):
        release = graph.nodes[node]
        if release.kind == "command" and not release.place.path.endswith(".py"):
            command = covered(site.text(release.place.path), release.place.span).strip()
            if command and "\n" not in command:
                yield Edit(
                    Place(AROUND, Span(1)), f"a workflow that runs `{command[:40]}` alone", {AROUND: WORKFLOW.format(command=command)}
                )
        elif release.kind == "op" and release.place.path.endswith(".py"):
            call = covered(site.text(release.place.path), release.place.span).strip()
            root = release.api.partition(".")[0]
            if root and "(" in call:
                code = f"import {root}\n\n{release.api}({call.partition('(')[2]}\n"
                texts = {AROUND: WORKFLOW.format(command="python around.py"), "around.py": code}
                yield Edit(Place("around.py", Span(3)), f"a script that calls {release.api} alone, on push", texts)
