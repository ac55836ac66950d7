"""Breaks each condition of each automated test in the texts, asks again, and compares with the prediction."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from mlrubric.analyze import Analysis, Memory, analyze_tree
from mlrubric.config import Settings
from mlrubric.model.proof import CONDITIONS, Prediction, Proof, Trial
from mlrubric.model.verdict import TestResult
from mlrubric.prove import mutators
from mlrubric.prove.edit import Edit
from mlrubric.prove.site import Site
from mlrubric.source.overlay import OverlayTree
from mlrubric.source.tree import Tree

MOST_WAYS = 16  # by which one test may be earned: each is broken in its turn
NO_EDIT = "no change is known that would break this at a hop of the path"
TOO_MANY = "it is earned by more ways than a change is known for"
Texts = dict[str, str | None]


class Mutator(Protocol):
    """A module of `prove/mutators/`."""

    CONDITION: str

    def edits(self, site: Site) -> Iterator[Edit]: ...


@cache
def mutator_of() -> dict[str, Mutator]:
    modules = [importlib.import_module(f"{mutators.__name__}.{info.name}") for info in pkgutil.iter_modules(mutators.__path__)]
    return {module.CONDITION: module for module in modules}


@dataclass(slots=True)
class Prover:
    """The repository with the settings of a run; facts of files that a change leaves alone are read once."""

    tree: Tree
    name: str
    settings: Settings
    predictions: Sequence[Prediction]
    _memory: Memory = field(default_factory=Memory)

    def prove(self, only: Collection[str] = ()) -> Proof:
        """The proof for all automated tests, or for some."""
        first = self._analysed({})
        automated = tuple(one.id for one in first.report.tests if one.status == "automated" and (not only or one.id in only))
        asked = {one.condition: one for one in self.predictions}
        trials = [self._trial(first, test, asked[condition]) for test in automated for condition in CONDITIONS if condition in asked]
        return Proof(self.name, automated, tuple(trials))

    def _analysed(self, texts: Texts) -> Analysis:
        self._memory.picture = None
        return analyze_tree(OverlayTree(self.tree, texts), self.name, self.settings, None, self._memory)

    def _trial(self, first: Analysis, test: str, wanted: Prediction) -> Trial:
        if spared := wanted.spared(test):
            return Trial(test, wanted.condition, "not_tried", spared)
        mutator = mutator_of()[wanted.condition]
        texts: Texts = {}
        made: list[Edit] = []
        now = first
        for _ in range(MOST_WAYS):
            if _result(now, test).status != "automated":
                break
            step = self._one_more(now, test, mutator, texts, len(made))
            if step is None:
                break
            edit, texts, now = step
            made.append(edit)
        edits = tuple((edit.place, edit.words) for edit in made)
        if not made:
            return Trial(test, wanted.condition, "not_tried", NO_EDIT)
        seen = _result(now, test)
        if seen.status == "automated" and (len(made) == MOST_WAYS or not self._more(now, test, mutator, texts, len(made))):
            return Trial(test, wanted.condition, "not_tried", TOO_MANY, edits)
        broken = seen.broken.condition if seen.broken is not None else ""
        back = _result(self._analysed(self._repaired(texts)), test)
        repaired = back == _result(first, test)
        problem = _problem(seen, broken, wanted) or ("" if repaired else "the first answer does not come back when it is repaired")
        return Trial(test, wanted.condition, "wrong" if problem else "ok", problem, edits, seen.status, broken, repaired)

    def _more(self, now: Analysis, test: str, mutator: Mutator, texts: Texts, broken: int) -> bool:
        """Whether a change is known, beside those that were made, for a way by which the test is still earned."""
        for evidence in _result(now, test).evidence:
            for edit in mutator.edits(Site(now, test, evidence, broken)) if evidence.path else ():
                if any(path not in texts for path in edit.texts):
                    return True
        return False

    def _one_more(self, now: Analysis, test: str, mutator: Mutator, texts: Texts, broken: int) -> tuple[Edit, Texts, Analysis] | None:
        """The first change, of all that the paths of evidence offer, after which the test is earned by less than before."""
        before = _result(now, test)
        tried: set[tuple[object, str]] = set()
        for evidence in before.evidence:
            if not evidence.path:
                continue
            for edit in mutator.edits(Site(now, test, evidence, broken)):
                if (edit.place, edit.words) in tried or all(now.texts(path) == text for path, text in edit.texts.items()):
                    continue
                tried.add((edit.place, edit.words))
                changed = {**texts, **edit.texts}
                after = self._analysed(changed)
                result = _result(after, test)
                if result.status != "automated" or _ways(result) != _ways(before):
                    return edit, changed, after
        return None

    def _repaired(self, texts: Texts) -> Texts:
        """The texts as they were: read again, and what was put beside is taken away."""
        there = {entry.path for entry in self.tree.files}
        return {path: self.tree.read(path).decode("utf-8", "surrogateescape") if path in there else None for path in texts}


def _result(analysis: Analysis, test: str) -> TestResult:
    return next(result for result in analysis.report.tests if result.id == test)


def _ways(result: TestResult) -> list[tuple[str, ...]]:
    """By which paths a test is earned, without line numbers, which a change moves."""
    return [tuple(f"{step.place.path} {step.kind} {step.label}" for step in evidence.path) for evidence in result.evidence]


def _problem(seen: TestResult, broken: str, wanted: Prediction) -> str:
    if seen.status == "automated":
        return "it is automated all the same"
    if seen.status not in wanted.status:
        return f"the status is {seen.status}, predicted was {' or '.join(wanted.status)}"
    if broken not in wanted.broken:
        return f"the broken condition is {broken or 'none'}, predicted was {' or '.join(wanted.broken)}"
    return ""
