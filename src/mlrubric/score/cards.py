"""The 28 tests for a repository and for each of its models: what is asked of a model is judged by the evidence that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mlrubric.graph.build import Picture
from mlrubric.graph.owners import Owners
from mlrubric.graph.products import Product, products
from mlrubric.model.policy import DEFAULTS
from mlrubric.model.report import SECTIONS, Model
from mlrubric.model.verdict import TestResult
from mlrubric.rules.rule import Situation, TestRule
from mlrubric.score.credit import EARNED, score_of
from mlrubric.score.evidence import Answers
from mlrubric.score.ml_test import judge
from mlrubric.score.reading import reading

RANK = {"none": 0, "not_visible": 0, "not_applicable": 0, "present": 1, "manual": 2, "automated": 3}
MOST = 24  # cards, if not more models count
Results = tuple[TestResult, ...]


class UnknownModel(Exception):
    """No model has the name, or several may be meant."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        super().__init__(f"no model is called `{text}`; there are {', '.join(names)}" if names else "there is no model here")


@dataclass(frozen=True, slots=True)
class Judged:
    """The results for the repository as a whole, and one card for each model."""

    results: Results
    models: tuple[Model, ...] = ()

    def of(self, name: str) -> Results:
        """The results of one model; those of the repository for ""."""
        return next((one.tests for one in self.models if one.id == name), self.results) if name else self.results


class Cards:
    """The models of a repository, and how it and they are judged; on a changed picture of it the models stay the same."""

    def __init__(self, picture: Picture, situations: Iterable[Situation] = ()) -> None:
        self._made = products(picture)
        self._views = _Views(picture, self._made)
        self.reading = reading(picture, situations)

    def named(self, text: str, shown: Callable[[str], str] = str) -> str:
        """The model that is meant by its name as it is shown, or by a part of it that fits one alone; UnknownModel when there is none."""
        for name in self.names:
            if shown(name) == text:
                return name
        parts = [one.name for one in self._made if text.lower() in one.name.lower()]
        exact = [name for name in self.names if name == text] or [name for name in parts if name.lower() == text.lower()]
        if len(exact or parts) == 1:
            return (exact or parts)[0]
        raise UnknownModel(text, tuple(parts) or self.names)

    def concerns(self, name: str) -> Callable[[int], bool]:
        """Whether a node has to do with a model; all have with the repository."""
        one = next((one for one in self._made if one.name == name), None)
        return (lambda node: True) if one is None else self._views.belonging(one)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self._made)

    def judged(self, picture: Picture, tests: Sequence[TestRule], policy: Mapping[str, str] = DEFAULTS, only: str | None = None) -> Judged:
        """Shared tests are judged once; the others for each model, and the repository has the lowest of those that count. With `only`
        (a model, or "" for the repository) no more than that needs is judged."""
        wanted = [one for one in self._made if (one.name == only if only else one.main)]
        if only is None:  # what was tried has cards as well, unless it is a whole collection
            wanted += [one for one in self._made if not one.main][: max(0, MOST - len(wanted))]
        whole: list[TestResult] = []
        own: dict[str, list[TestResult]] = {one.name: [] for one in wanted}
        for test in tests:
            answers = Answers(picture, dict(test.checks), timed=test.cadence == "time")
            everything = self.reading.of(judge(picture, test, answers, policy))
            if test.specific != "model" or len(self._made) < 2:
                views = dict.fromkeys(own, everything)
            else:
                views = {one.name: self.reading.of(judge(picture, test, self._views.of(answers, one), policy)) for one in wanted}
            for name, result in views.items():
                own[name].append(result)
            counted = {one.name: views[one.name] for one in wanted if one.main}
            whole.append(_lowest(everything, counted) if len(counted) > 1 else everything)
        return Judged(tuple(whole), tuple(_card(picture, one, tuple(own.get(one.name, ())), policy) for one in self._made))


class _Views:
    """The answers to a test's questions as far as they are about one model."""

    def __init__(self, picture: Picture, made: Sequence[Product]) -> None:
        self._owners = Owners(picture, made)
        self._bit = {one.name: 1 << number for number, one in enumerate(made)}
        self._main = sum(self._bit[one.name] for one in made if one.main)

    def of(self, answers: Answers, one: Product) -> Answers:
        return answers.view(self.belonging(one))

    def belonging(self, one: Product) -> Callable[[int], bool]:
        """Evidence of others is left out; what belongs to no model that counts says something about each that does."""
        bit = self._bit[one.name]
        others = self._main if one.main else -1

        def belongs(node: int) -> bool:
            mask = self._owners.of(node)
            return bool(mask & bit) or not mask & others

        return belongs


def ceilings(tests: Sequence[TestRule]) -> tuple[tuple[str, float], ...]:
    """The most that a repository alone can show, by section: what is done outside of it is never seen to be automated."""
    return tuple((section, sum(EARNED.get(test.ceiling, 0.0) for test in tests if test.section == section)) for section in SECTIONS)


def _lowest(everything: TestResult, views: Mapping[str, TestResult]) -> TestResult:
    """The lowest result of several models, with the model that has it where they differ."""
    ordered = sorted(views, key=lambda name: (views[name].credit.observed, RANK[views[name].status], views[name].credit.lenient))
    worst, best = views[ordered[0]], views[ordered[-1]]
    if (worst.status, worst.credit) == (best.status, best.credit):
        return everything if (everything.status, everything.credit) == (worst.status, worst.credit) else worst
    return replace(worst, model=ordered[0])


def _card(picture: Picture, one: Product, results: Results, policy: Mapping[str, str]) -> Model:
    places = tuple(picture.graph.nodes[fit].place for fit in one.fits)
    return Model(one.name, one.release, one.place, places, results, score_of(results, policy) if results else None, one.main)
