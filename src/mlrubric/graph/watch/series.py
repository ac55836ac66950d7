"""The series that expressions read: who emits them, which recording rules make them, and what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mlrubric.graph.watch.emitted import Emission
from mlrubric.knowledge.metrics import Metrics
from mlrubric.source.syntax.promql import HOLE, Expr, PromqlProblem, parse, selectors

DEPTH = 8
AGES = frozenset({"age", "source"})
WORDS_DECIDE = frozenset({"performance", "moment", "prediction"})


@dataclass(slots=True)
class Series:
    """One metric of an expression. `origin`: emitted, exporter, recorded, unseen (a template hides its name), unknown."""

    metric: str
    origin: str
    subjects: frozenset[str] = frozenset()
    emissions: tuple[Emission, ...] = ()


@dataclass(slots=True)
class Names:
    """Everything that is known of names of series in one repository."""

    metrics: Metrics
    emissions: list[Emission]
    records: dict[str, list[Expr]] = field(default_factory=dict)

    def record(self, name: str, expression: str) -> None:
        self.records.setdefault(name, [])
        try:
            self.records[name].append(parse(expression))
        except PromqlProblem:
            return

    def of(self, selector: Expr, depth: int = 0) -> Series:
        """What a selector reads."""
        metric = selector.name
        if not metric.strip(HOLE + "_"):
            return Series(metric, "unseen")
        pattern = metric.replace(HOLE, "*")
        emitted = tuple(e for e in self.emissions if e.known and (e.has(pattern) or _covers(pattern, e.series)))
        if emitted:
            return Series(pattern, "emitted", frozenset(s for e in emitted for s in self.subjects(e, selector)), emitted)
        if metric in self.records and depth < DEPTH:
            inner = [self.of(s, depth + 1) for expr in self.records[metric] for s in selectors(expr)]
            subjects = frozenset(s for one in inner for s in one.subjects) or self.words(metric, selector)
            known = all(one.origin != "unknown" for one in inner)
            return Series(metric, "recorded" if known else "unknown", subjects, tuple(e for one in inner for e in one.emissions))
        exporter = self.metrics.exporter(pattern)
        if exporter is not None:
            subject = exporter.subject
            return Series(pattern, "exporter", frozenset({subject}) - {"none"} if subject else self.words(metric, selector))
        return Series(pattern, "unseen" if HOLE in metric or self._recorded_elsewhere(metric) else "unknown", self.words(metric, selector))

    def _recorded_elsewhere(self, metric: str) -> bool:
        """Whether a name looks like one of a recording rule that may be kept anywhere: nothing here begins like it."""
        first, colon, _ = metric.lower().partition(":")
        known = (*self.records, *(one for e in self.emissions for one in e.series))
        return bool(colon) and not any(name.lower().startswith(f"{first}:") for name in known)

    def subjects(self, emission: Emission, selector: Expr | None = None) -> frozenset[str]:
        """What a metric of the code is about: by what flows into it, by its name where that says nothing or too little."""
        named = self.words(emission.name, selector)
        found = set[str]()
        for subject in emission.subjects or named:
            if subject in WORDS_DECIDE and (named & AGES or (subject == "prediction" and named & {"performance", "numeric", "quality"})):
                found |= named
            elif subject == "drift" and "quality" in named:
                found.add("quality")
            elif subject == "validated":
                found |= named or {"drift"}
            elif subject == "moment":
                found |= named - {"performance"} or {"age"}
            else:
                found.add(subject)
        return frozenset(found)

    def words(self, metric: str, selector: Expr | None = None) -> frozenset[str]:
        """The subject by the words of the name; the labels of a selector may say more of predictions."""
        subject = self.metrics.subject(metric.replace(HOLE, "_"))
        if selector is not None and subject in ("throughput", ""):
            labels = " ".join(f"{label} {value}" for label, _, value in selector.matchers)
            if self.metrics.subject(labels) == "prediction":
                subject = "prediction"
        return frozenset({subject}) if subject else frozenset()


def _covers(pattern: str, series: Iterable[str]) -> bool:
    return "*" in pattern and any(fnmatchcase(name, pattern) for name in series)


def read(expressions: Iterable[str]) -> Iterator[Expr]:
    """The expressions that can be read."""
    for text in expressions:
        try:
            yield parse(text)
        except PromqlProblem:
            continue
