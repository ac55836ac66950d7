"""What the graph shows against the claim of an attestation, and whether its evidence defines the test for another system."""

from __future__ import annotations

import re
from collections.abc import Collection

from mlrubric.config import Attestation
from mlrubric.graph.build import Picture
from mlrubric.model.graph import Node
from mlrubric.model.place import Place
from mlrubric.model.verdict import TestResult
from mlrubric.rules.attesting import AttestRules, Denial
from mlrubric.rules.judge import fill
from mlrubric.rules.rule import TestRule
from mlrubric.rules.select import select
from mlrubric.score.attest_form import path_of
from mlrubric.score.evidence import Answers

CODE = (".py", ".ipynb", ".md", ".markdown", ".rst", ".txt", ".sh", ".r", ".qmd", ".mdx")
RUNNING = ("kept", "lost")
NAMED_KINDS = ("workflow", "job", "step", "command", "task", "stage")


def contradiction(
    picture: Picture, test: TestRule, result: TestResult, entry: Attestation, rules: AttestRules
) -> tuple[str, Place | None] | None:
    """Why the claim cannot be true, with the place that shows it."""
    if entry.status == "not_applicable":
        if not result.evidence:
            return None
        shown = result.evidence[0]
        place = shown.path[-1].place if shown.path else None
        return f"it applies: `{shown.pattern}` is there for it", place
    return _denied(picture, entry, rules) or (_breaks(picture, test) if entry.status == "automated" else None)


def _denied(picture: Picture, entry: Attestation, rules: AttestRules) -> tuple[str, Place | None] | None:
    for denial in rules.denials:
        if entry.test in denial.tests and entry.status in denial.status:
            node = _first(picture, denial, entry)
            if node is not None:
                values = {"label": node.label, "path": node.place.path, **node.attributes}
                return fill(denial.because, values), node.place
    return None


def _first(picture: Picture, denial: Denial, entry: Attestation) -> Node | None:
    if denial.besides is not None and select(picture, denial.besides):
        return None
    found = select(picture, denial.match)
    if denial.evidence:
        named = files_of(entry, picture.world.files)
        found = [n for n in found if picture.graph.nodes[n].place.path in named]
    if denial.live:
        found = [n for n in found if picture.real.of(n).level in RUNNING]
    return picture.graph.nodes[found[0]] if found else None


def _breaks(picture: Picture, test: TestRule) -> tuple[str, Place | None] | None:
    """A check of this very test that is here, that runs or would run, and whose failure is lost or that is skipped; unless another one
    is whole."""
    answers = Answers(picture, dict(test.checks), timed=test.cadence == "time")
    names = [name for name, (shape, _) in test.checks.items() if shape == "match"]
    effective = {name for grade in test.grades for name in grade.effective}
    there = answers.witnesses([name for name in names if name in effective])
    if any(one.effective for one in there):
        return None
    for one in there:
        if one.automation.level in ("lost", "skipped") and one.broken is not None:
            return f"the check of it that is here does not hold: {one.broken.message}", one.broken.place
    return None


def defines(picture: Picture, test: TestRule, entry: Attestation, rules: AttestRules) -> bool:
    """Whether a file among the evidence is the exported definition of the system that runs the test: something that the readers take for
    what the test asks, and no code or prose of this repository."""
    named = {path for path in files_of(entry, picture.world.files) if not path.lower().endswith(CODE)}
    if not named:
        return False
    nodes = picture.graph.nodes
    for definition in rules.definitions:
        if test.id in definition.tests:
            found = {nodes[n].place.path for n in select(picture, definition.match)} & named
            if definition.named:
                found = {path for path in found if _speaks(picture, test, path)}
            if found:
                return True
    return False


def _speaks(picture: Picture, test: TestRule, path: str) -> bool:
    """Whether a job, step or command of a file is named after the test."""
    words = (*test.unread, *test.documented)
    pattern = re.compile(rf"(?<![a-z])({'|'.join(words)})", re.IGNORECASE) if words else None
    if pattern is None:
        return False
    nodes = (picture.graph.nodes[n] for n in picture.graph.of_kind(*NAMED_KINDS))
    return any(node.place.path == path and pattern.search(node.label) for node in nodes)


def files_of(entry: Attestation, files: Collection[str]) -> frozenset[str]:
    """The files that the evidence names; a folder stands for those in it."""
    paths = {path_of(link) for link in entry.evidence if "://" not in link}
    return frozenset(path for path in files if path in paths or any(path.startswith(f"{folder}/") for folder in paths))
