"""Verdicts, findings and evidence: what the judges say."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from mlrubric.model.place import Place
from mlrubric.model.remedy import Remedy


class Outcome(Enum):
    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Step:
    """A hop of an evidence path: the node's place, kind and label, and the kind of the edge that leads to it."""

    place: Place
    kind: str
    label: str
    edge: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer to one rule about one subject, with the path that shows it. `values` fill the message."""

    rule: str
    outcome: Outcome
    place: Place
    path: tuple[Step, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[Place, str], ...] = ()
    subject: str = ""  # stable name of the subject, for the fingerprint
    node: int = -1  # the subject in the graph of this run


@dataclass(frozen=True, slots=True)
class Related:
    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect with one primary place. `level`: error, warning, note. `confidence`: high, medium, low. `fix`: safe, unsafe or None.
    `advice` says what to do. Where several of a file are told as one (`rules/fold.py`), `others` are those that it stands for, `fold` is
    what they have in common and `pattern` the message without their number."""

    rule: str
    name: str
    level: str
    confidence: str
    message: str
    place: Place
    tests: tuple[str, ...] = ()
    fix: str | None = None
    flow: tuple[Step, ...] = ()
    related: tuple[Related, ...] = ()
    fingerprint: str = ""
    advice: str = ""
    suppressed: str | None = None  # reason of an inline ignore ("" when none was given); None = not suppressed
    remedy: Remedy | None = None  # what `fix` speaks of
    counted: tuple[str, ...] = ()  # what it counts up: one more is another finding
    fold: str = ""
    pattern: str = ""
    others: tuple[Finding, ...] = ()
    node: int = field(default=-1, compare=False)  # the subject in the graph of this run


@dataclass(frozen=True, slots=True)
class Evidence:
    pattern: str
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first broken condition: live, wired, not_skipped, consequential, right_data, covering, documented."""

    condition: str
    place: Place | None
    message: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """A next step. `gain` is in points; `score` is the final score once this step and those before it are done; `tests` are what
    it makes real or lifts; `fix` that `check --fix` can do it; `edits` in how many places somebody has to write something."""

    gain: float
    action: str
    place: Place | None = None
    score: float | None = None
    tests: tuple[str, ...] = ()
    fix: bool = False
    edits: int = 1


@dataclass(frozen=True, slots=True)
class Credit:
    observed: float = 0.0
    attested: float = 0.0
    lenient: float = 0.0


@dataclass(frozen=True, slots=True)
class Attested:
    """What a person vouches for: a valid attestation. `counts` says whether it lifts the attested number. `expires` is its last day."""

    status: str
    claim: str
    owner: str
    date: str
    expires: str
    place: Place
    evidence: tuple[str, ...] = ()
    cadence: str = ""
    reviewer: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class TestResult:
    """One of the 28. `status`: none, present, manual, automated, not_visible, not_applicable. `attestation` says who attests it and since
    when, `attested` all of it. `sight`: what there is was read (seen: `none` is absent then), it would live in another repository
    (elsewhere), or something that may be it, or may run it, could not be read (not_analysed); `visible_by` would make it visible."""

    __test__ = False

    id: str
    title: str
    section: str
    status: str
    mode: str = "none"  # none | manual | automated
    quality: str = "full"  # full | partial
    credit: Credit = Credit()
    confidence: float = 1.0
    attestation: str | None = None
    evidence: tuple[Evidence, ...] = ()
    broken: Broken | None = None
    next: tuple[NextStep, ...] = ()
    model: str = ""  # the model whose result this is, where others of the repository have a better one
    reading: str = ""  # how the test is read here, where no model is fitted by the project itself
    document: Place | None = None  # the documented result that a half point rests on
    attested: Attested | None = None
    sight: str = "seen"  # seen | elsewhere | not_analysed
    visible_by: str = ""


@dataclass(frozen=True, slots=True)
class Capability:
    """A capability of a maturity model; `status`: met, partial, missing, not_visible."""

    id: str
    title: str
    level: int
    required: bool
    status: str
    evidence: tuple[Step, ...] = ()
    message: str = ""
    place: Place | None = None  # where it breaks, when that is known


@dataclass(frozen=True, slots=True)
class CapabilityStep:
    """What makes a capability met, and in about how many places somebody has to write something for it."""

    id: str
    edits: int
    action: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the required capabilities of a level are met."""

    level: int
    met: int
    required: int


@dataclass(frozen=True, slots=True)
class Maturity:
    level: int
    capabilities: tuple[Capability, ...] = ()
    missing: tuple[str, ...] = ()  # required capabilities of the next level that are not met
    reason: str = ""
    progress: tuple[Progress, ...] = ()
    next: tuple[CapabilityStep, ...] = ()  # the missing ones, the fewest edits first
    not_assessed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """A row of capabilities that is counted: the registry's gate, the closed loop. `subject` is what it is asked of, None for the
    repository as a whole."""

    title: str
    links: tuple[Capability, ...]
    subject: Step | None = None
    context: str = ""

    @property
    def held(self) -> int:
        return sum(link.status == "met" for link in self.links)

    @property
    def missing(self) -> Capability | None:
        """The first link that does not hold."""
        return next((link for link in self.links if link.status != "met"), None)


@dataclass(frozen=True, slots=True)
class Break:
    """One place whose mending makes several tests real."""

    place: Place
    message: str
    tests: tuple[str, ...]
    path: tuple[Step, ...] = field(default=())
