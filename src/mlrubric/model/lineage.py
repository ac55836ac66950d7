"""Where the lineage of runs is sent."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place
from mlrubric.model.verdict import Step


@dataclass(frozen=True, slots=True)
class LineageSink:
    """The transport that a configuration names: http, kafka, file, console, ...; `off` when lineage is switched off. `runner` is what the
    configuration belongs to: "airflow", "spark", or "" for any client."""

    place: Place
    transport: str
    url: str = ""
    runner: str = ""
    off: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """Something on the way from the data: `depth` operations before the start; `toward` is the number of the hop that it feeds."""

    step: Step
    depth: int
    toward: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data comes in. `origin`: tracked, pinned, versioned, bundled, url, ...; `version` is empty when nothing fixes it."""

    step: Step
    name: str
    origin: str
    version: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything upstream of something, nearest first, with where it ends."""

    start: Step
    kind: str
    level: int
    hops: tuple[Hop, ...]
    sources: tuple[Source, ...]
    records: tuple[str, ...]  # what runs write down: param, metric, artifact, data
    columns: tuple[str, ...] = ()
