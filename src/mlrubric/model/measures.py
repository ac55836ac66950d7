"""What is measured beside the rubric and the levels: how near the data is checked, objectives, latency by layer, importance, lineage."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place
from mlrubric.model.verdict import Capability, Links


@dataclass(frozen=True, slots=True)
class CheckedRead:
    """A read of data: how many hops to the first check of it (None: there is none), and how much of what it reaches is behind checks."""

    label: str
    place: Place
    distance: int | None
    checked_by: Place | None
    dominated: int
    downstream: int


@dataclass(frozen=True, slots=True)
class Objective:
    """A service level. `stands`: objective (of a tool for that), alert (a limit that an alert watches), load test, documented (only a text
    speaks of it). `target` is as written, `unit` what the metric is measured in; `joined` the places of the code that emits the metric."""

    name: str
    stands: str
    place: Place
    target: str = ""
    unit: str = ""
    about: str = ""
    metrics: tuple[str, ...] = ()
    joined: tuple[Place, ...] = ()
    serves: bool = False  # what emits the metric also serves
    live: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """A time that is measured in serving. `layer`: features, inference, post-processing, or whole."""

    layer: str
    by: str  # metric or span
    name: str
    place: Place
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Importance:
    """An explanation or importance that is computed where the model serves; `goes`: metric, answer, log, or nowhere that is seen."""

    api: str
    place: Place
    goes: str


@dataclass(frozen=True, slots=True)
class AlertAction:
    name: str
    severity: str
    about: str
    action: str
    place: Place


@dataclass(frozen=True, slots=True)
class Traced:
    """A model or a feature with its depth of lineage, 0 to 4; `columns` are those that are picked by name on the way to it."""

    kind: str
    name: str
    level: int
    place: Place
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measures:
    reads: tuple[CheckedRead, ...] = ()
    objectives: tuple[Objective, ...] = ()
    latency: tuple[Latency, ...] = ()
    importance: tuple[Importance, ...] = ()
    alerts: tuple[AlertAction, ...] = ()
    traced: tuple[Traced, ...] = ()
    gate: tuple[Links, ...] = ()  # one for each promotion
    loop: Links | None = None
    lineage: tuple[Capability, ...] = ()

    @property
    def shift_left(self) -> float | None:
        """The share of what the reads reach that stands behind a check; None when nothing is read."""
        downstream = sum(read.downstream for read in self.reads)
        return round(sum(read.dominated for read in self.reads) / downstream, 3) if downstream else None
