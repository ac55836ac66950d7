"""What names of metrics say: `rules/knowledge/metrics/`: well-known exporters, subjects by words, units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from mlrubric.knowledge.location import rules_directory
from mlrubric.knowledge.toml import entries, read


@dataclass(frozen=True, slots=True)
class Exporter:
    """`subject` is "" when the words of the name decide, "none" when it says nothing about a model or its service."""

    name: str
    metrics: tuple[str, ...]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A metric of this unit has values `below` or `above` a limit: what it is compared with should too."""

    name: str
    pattern: re.Pattern[str]
    what: str
    below: float | None = None
    above: float | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """How the series of a metric are called that calls of these names make; `strip` is a suffix that the name may have already, `prefix`
    what an exporter may put before it."""

    apis: tuple[str, ...]
    suffixes: tuple[str, ...]
    strip: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Metrics:
    families: tuple[Family, ...]
    exporters: tuple[Exporter, ...]
    instruments: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]  # api patterns, metric patterns
    subjects: tuple[tuple[str, re.Pattern[str]], ...]
    words: dict[str, re.Pattern[str]]
    units: tuple[Unit, ...]
    makers: frozenset[str]
    dropping: frozenset[str]
    offering: frozenset[str]
    targets: dict[str, re.Pattern[str]]

    def exporter(self, metric: str) -> Exporter | None:
        return next((e for e in self.exporters if any(fnmatchcase(metric, p) for p in e.metrics)), None)

    def drops(self, exporter: str) -> bool:
        """Whether an exporter of spans keeps none."""
        return exporter in self.dropping

    def foreign(self, target: str) -> bool:
        """Whether a scrape target is a server of monitoring itself and no program that is watched."""
        return self.targets["own"].search(target) is not None and self.targets["pushed"].search(target) is None

    def series(self, api: str, name: str) -> tuple[str, ...]:
        """Patterns of the series of a metric."""
        family = next(f for f in self.families if any(fnmatchcase(api, p) for p in f.apis))
        base = re.sub(r"[^\w:*]", "_", name.removesuffix(family.strip) if family.strip else name)
        return tuple(family.prefix + base + suffix for suffix in family.suffixes)

    def emitted_by(self, api: str) -> tuple[str, ...]:
        """The metrics that a call of an instrumentation brings."""
        return next((metrics for apis, metrics in self.instruments if any(fnmatchcase(api, p) for p in apis)), ())

    def subject(self, text: str) -> str:
        """The subject that the words of a name speak of; "" when they speak of none."""
        name = _words(text)
        return next((subject for subject, pattern in self.subjects if pattern.search(name)), "")

    def has_word(self, word: str, text: str) -> bool:
        return self.words[word].search(_words(text)) is not None

    def unit(self, metric: str) -> Unit | None:
        return next((u for u in self.units if u.pattern.search(metric)), None)


def _words(text: str) -> str:
    """A name in any spelling as lower-case words joined by `_`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")


@cache
def load_metrics() -> Metrics:
    folder = rules_directory() / "knowledge" / "metrics"
    path = folder / "exporters.toml"
    text, tables = read(path)
    exporters = []
    for entry in entries(path, text, tables, "exporter"):
        entry.only(frozenset(("name", "metrics", "subject")))
        exporters.append(Exporter(entry.text("name"), entry.texts("metrics"), entry.text("subject", "")))
    instruments = [(e.texts("api"), e.texts("metrics")) for e in entries(path, text, tables, "instrument")]
    families = [
        Family(e.texts("api"), e.texts("suffixes"), e.text("strip", ""), e.text("prefix", ""))
        for e in entries(path, text, tables, "family")
    ]
    makers = frozenset(name for e in entries(path, text, tables, "maker") for name in e.texts("name"))
    dropping = frozenset(name for e in entries(path, text, tables, "dropping") for name in e.texts("name"))
    targets = {e.text("name"): re.compile(e.text("pattern"), re.IGNORECASE) for e in entries(path, text, tables, "target")}
    offering = frozenset(name for e in entries(path, text, tables, "offering") for name in e.texts("name"))
    path = folder / "words.toml"
    text, tables = read(path)
    subjects = [(e.text("name"), re.compile(e.text("pattern"))) for e in entries(path, text, tables, "subject")]
    words = {e.text("name"): re.compile(e.text("pattern")) for e in entries(path, text, tables, "word")}
    units = []
    for entry in entries(path, text, tables, "unit"):
        below = entry.number("below", 0) if "below" in entry else None
        above = entry.number("above", 0) if "above" in entry else None
        units.append(Unit(entry.text("name"), re.compile(entry.text("pattern")), entry.text("what"), below, above))
    return Metrics(
        tuple(families), tuple(exporters), tuple(instruments), tuple(subjects), words, tuple(units), makers, dropping, offering, targets
    )
