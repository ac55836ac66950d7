"""Documented and distributed results: what shows that a check was run, although nothing runs it by itself. Section 2.4 of the rubric.

A saved notebook, a committed file that the check writes, a metric of a recorded run, or a part of a document that names the check and
holds a measured value. Without code for the check there is no result of it, and a claim without a number is none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from mlrubric.graph.build import Picture
from mlrubric.graph.code import cell_of
from mlrubric.graph.world import normal
from mlrubric.model.facts import FrontMatter, Heading, NotebookInfo, Stage
from mlrubric.model.place import Place
from mlrubric.score.results_in_text import row_of_result, shows_result
from mlrubric.score.self_scored import results_only

RESULTS = (".json", ".csv", ".md", ".txt", ".html", ".yaml", ".yml", ".png")
MEASURES = frozenset({"model.evaluate", "model.slice", "model.tune", "data.validate", "data.drift", "feature.importance", "model.predict"})
RECORDS = re.compile(  # what trackers leave in the folder of a run, one file for each metric or one for all
    r"(^|/)mlruns/[^/]+/[^/]+/metrics/.|(^|/)wandb/(offline-)?run-[^/]+/files/wandb-summary\.json$|(^|/)dvclive/(metrics\.json$|plots/metrics/.)"
    r"|(^|/)lightning_logs/version_\d+/metrics\.csv$|(^|/)[^/]*events\.out\.tfevents\.[^/]+$"
)
WHOLE = ("wandb-summary", "metrics", "events")
INDEXED = re.compile(r"^model-index\[\d+\]\.results\[\d+\]\.metrics\[\d+\]\.value$")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e-?\d+)?%?")
OPEN = re.compile(
    r"more information needed|\bto ?do\b|\btb[ad]\b|\bn/?a\b|fill in|\|\s*(\.\.\.|-|\?)?\s*\|\s*$", re.IGNORECASE | re.MULTILINE
)
FIXED = re.compile(r"[A-Za-z]{3}")


def documented(picture: Picture, words: tuple[str, ...], nodes: Iterable[int]) -> Place | None:
    """The documented result that belongs to one of the nodes of a check, or None: also when there is no code behind it."""
    there = list(nodes)
    if not there:
        return None
    return _notebook(picture, there) or _report(picture, there) or _recorded(picture, there) or _section(picture, words)


def _notebook(picture: Picture, there: list[int]) -> Place | None:
    """A check in a notebook of which a cell that runs it, or shows what it gave, was saved with what it put out."""
    for node in there:
        place = picture.graph.nodes[node].place
        if place.path.endswith(".ipynb"):
            infos = [f for f in picture.world.of(place.path) if isinstance(f, NotebookInfo)]
            saved = {c[0] for info in infos for c in info.cells if c[3] and not c[4]}
            if saved and any(cell in saved for cell in _cells(picture, node)):
                return place
    return None


def _cells(picture: Picture, node: int) -> Iterator[int]:
    """The cell of an operation, those that call its function, and those that its value goes to."""
    graph, code = picture.graph, picture.world.code
    place = graph.nodes[node].place
    if place.cell is not None:
        yield place.cell
    holders = graph.sweep([node], ("call",), back=True)
    for edge in (e for holder in holders for e in graph.predecessors(holder, ("call",))):
        if edge.place is not None and edge.place.path == place.path and edge.place.cell is not None:
            yield edge.place.cell
    op = code.node_op.get(node)
    if op is None:
        return
    unit = code.program.unit(op)
    for after in code.flow.reach([op]):
        if code.program.unit(after).index == unit.index:
            facts = code.program.ops[after]
            cell = cell_of(unit, facts.line, facts.column)[0]
            if cell is not None:
                yield cell


def _report(picture: Picture, there: list[int]) -> Place | None:
    """A committed result file that the check, or what it looks at, writes."""
    graph = picture.graph
    starts = set(there)
    starts |= {n for n in graph.next_by_flow(starts, back=True) if MEASURES & set(graph.nodes[n].roles)}
    for node in graph.sweep(starts, ("flow",)):
        for edge in graph.successors(node, ("write",)):
            found = _committed(picture, edge.target)
            if found is not None:
                return found
    return None


def _committed(picture: Picture, artifact: int) -> Place | None:
    """The tracked result file of an artifact: not a model, not data that something reads again. Metrics of a stage that the lock file of
    its last run holds are committed as well."""
    node = picture.graph.nodes[artifact]
    path = normal(node.label)
    if node.kind == "model" or not path.endswith(RESULTS) or any(picture.graph.successors(artifact, ("read",))):
        return None
    if path in picture.world.files:
        return Place(path)
    if node.attributes.get("pinned_by_run") == "true" and _is_metric(picture, path):
        return node.place
    folder, name = posixpath.split(path)
    fixed = [part for part in (*folder.split("/"), name.rpartition(".")[0]) if FIXED.search(part.replace("*", " "))]
    if "*" in path.strip("*/") and fixed:
        return next((Place(f) for f in sorted(picture.world.files) if fnmatchcase(f, path)), None)
    return None


def _is_metric(picture: Picture, path: str) -> bool:
    return any(path in (normal(m) for m in stage.metrics) for _, stage in picture.world.every(Stage))


def _recorded(picture: Picture, there: list[int]) -> Place | None:
    """A metric of a run that is committed with the repository, under the name that what a check measures is logged by."""
    graph = picture.graph
    kept = _records(picture.world.files)
    if not kept:
        return None
    for node in graph.sweep(there, ("flow",)):
        one = graph.nodes[node]
        if "run.log_metric" not in one.roles:
            continue
        key = one.attributes.get("@key", "given")
        found = next((p for p in kept if key in ("given", "none") or p.rpartition("/")[2].partition(".")[0] in (key, *WHOLE)), None)
        if found is not None:
            return Place(found)
    return None


@lru_cache(maxsize=8)
def _records(files: frozenset[str]) -> tuple[str, ...]:
    return tuple(path for path in sorted(files) if RECORDS.search(path))


def _section(picture: Picture, words: tuple[str, ...]) -> Place | None:
    """A part of a document, or of a model card, that names the check and holds a result: under its heading, under one below it, or in the
    row of a table. The title of a README names the project."""
    if not words:
        return None
    pattern = re.compile(r"\b(" + "|".join(words) + r")\b", re.IGNORECASE)
    above: tuple[str, Heading] | None = None  # a heading that names the check and has no result yet
    for path, heading in results_only(picture.world.every(Heading)):
        if above is not None and (path != above[0] or heading.level <= above[1].level):
            above = None
        title = heading.level <= 1 and posixpath.basename(path).lower().startswith("readme")
        named = not title and pattern.search(heading.text) is not None
        if (named or above is not None) and OPEN.search(heading.body) is None and shows_result(heading):
            return (above[1] if above is not None and not named else heading).place
        if row_of_result(heading, pattern):
            return heading.place
        if named and above is None:
            above = path, heading
    return _front_matter(picture, pattern)


def _front_matter(picture: Picture, pattern: re.Pattern[str]) -> Place | None:
    """Results in the front matter of a model card: `model-index` with a number for a metric."""
    if pattern.search("evaluation results metrics") is None:
        return None
    for _, matter in picture.world.every(FrontMatter):
        if any(INDEXED.search(route) and NUMBER.fullmatch(value.strip()) for route, value in matter.values):
            return matter.place
    return None
