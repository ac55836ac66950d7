"""The report: everything the output formats print, nothing computed here."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.measures import Measures
from mlrubric.model.place import Place
from mlrubric.model.remedy import Fixed
from mlrubric.model.verdict import Break, Credit, Finding, Maturity, NextStep, Step, TestResult

SECTIONS = ("data", "model", "infra", "monitor")


@dataclass(frozen=True, slots=True)
class Message:
    """A notice of the run: unreadable file, limit, missing information. `level`: note, warning, error."""

    level: str
    message: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Another repository of the system; `root` leads there from the root of the one that was analysed."""

    name: str
    root: str
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """What was analysed. `kind`: pipeline, service, research, library, template, notebooks, none."""

    root: str
    name: str
    commit: str | None
    as_of: str | None
    kind: str
    files: tuple[tuple[str, int], ...] = ()  # format -> number of files
    triggers: tuple[Step, ...] = ()  # live ones first
    unreadable: tuple[Message, ...] = ()
    serving_visible: bool = False
    analysed: int | None = None  # files of which something could be read; None when it was not counted
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Rescaled:
    """A section with tests that do not apply, counted as a share of the others: in the lenient number, with `observed` in all."""

    section: str
    left_out: int
    observed: bool


@dataclass(frozen=True, slots=True)
class Score:
    """`sections` and the totals are sums of credit; `observed` etc. on top are the minimum over sections."""

    observed: float
    attested: float
    lenient: float
    band: str
    points: float
    exist: int
    enforced: int
    sections: tuple[tuple[str, Credit], ...]
    edition: int = 2017
    rescaled: tuple[Rescaled, ...] = ()
    absent: int = 0  # tests without a check, of what was read
    not_visible: int = 0  # tests that would be seen in another repository
    not_analysed: int = 0  # tests that something may be which could not be read


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the repository with its card. `release`: serving, batch, registry, artifact, none; `counts`: it is one of those whose
    lowest result is the repository's."""

    id: str
    release: str
    place: Place
    fits: tuple[Place, ...] = ()
    tests: tuple[TestResult, ...] = ()
    score: Score | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Release:
    """A release (upload, registration, deployment, served model) that no blocking check of quality guards."""

    place: Place
    path: tuple[Step, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    repository: Repository
    score: Score
    tests: tuple[TestResult, ...]
    google: Maturity
    findings: tuple[Finding, ...]
    models: tuple[Model, ...] = ()
    breaks: tuple[Break, ...] = ()
    released_unchecked: tuple[Release, ...] = ()
    steps: tuple[NextStep, ...] = ()  # the plan, best first
    notices: tuple[Message, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    audit: str = "off"
    policy: tuple[tuple[str, str], ...] = ()  # the switches that differ from their defaults
    model: str = ""  # the model that score and tests speak of; "": the repository
    ceilings: tuple[tuple[str, float], ...] = ()  # the most that a repository alone can show, by section
    azure: Maturity | None = None  # when it was asked for
    measures: Measures | None = None
    fixed: tuple[Fixed, ...] = ()  # what this run mended
    unsafe_asked: bool = False  # unsafe fixes were asked for: they need no hint
