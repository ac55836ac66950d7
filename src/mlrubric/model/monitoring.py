"""What files of monitoring say: who looks at which metrics, what loads the rules, and whom an alert reaches."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Watch:
    """Something that looks at metrics again and again.

    `kind`: "alert" (a condition), "record" (a rule that makes a new series called `name`), "panel" (of a dashboard), "objective" (a
    service level). `expressions` are in `language` ("promql", "sql", "words" for what a cloud spells out). `limit` is a condition that
    stands outside the expression (`> 0.5`). `labels` decide about its route, `receivers` are those it names itself, `off` says why it
    never runs. `holder` is the entry of a manifest that carries its file (`ConfigMap/rules/alerts.yml`), empty for a file of its own.
    `target` is an objective's share as written, with `%` where percent are meant; `template` that the text is one.

    `comes` says how it gets to what evaluates it: "config" (a configuration must name the file that holds it), "selector" (labels are
    chosen by an operator), "operator" (any object is taken), "given" (the file itself is handed over), "made" (a command must make rules
    of it). `routes` is the family of routes (the `tool` of AlertRoute) that its labels walk; without one only `receivers` are told.
    """

    place: Place
    kind: str
    name: str
    tool: str
    expressions: tuple[str, ...]
    language: str = "promql"
    labels: tuple[tuple[str, str], ...] = ()
    receivers: tuple[str, ...] = ()
    limit: str = ""
    off: str = ""
    holder: str = ""
    target: str = ""
    template: bool = False
    comes: str = "given"
    routes: str = ""


@dataclass(frozen=True, slots=True)
class WatchServer:
    """The configuration of what evaluates rules: the rule files it loads and the alert managers it tells, as written."""

    place: Place
    tool: str
    loads: tuple[str, ...] = ()
    lines: tuple[Place, ...] = ()  # where each of these stands
    managers: tuple[str, ...] = ()
    holder: str = ""
    selects: bool = False  # it is an object that takes rule objects by their labels
    loads_all: bool = False  # it says which


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """Which rule objects a Prometheus of the operator takes: those with all these labels."""

    place: Place
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Scrape:
    """A job that collects the metrics of what it names: addresses, or the labels of services and pods."""

    place: Place
    job: str
    tool: str
    targets: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told. `channels` are what it sends by ("slack", "email", "webhook", ...); without one it tells nobody. `urls` are those of
    its webhooks."""

    place: Place
    name: str
    tool: str
    channels: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    holder: str = ""


@dataclass(frozen=True, slots=True)
class AlertRoute:
    """One node of a tree of routes. `matchers` are (label, operator, value); `above` is the symbol of the route it stands in, "" for the
    root; `receiver` may be empty: the one above is meant. `goes_on` says that routes after it are tried too, `muted` that it is silent at
    all times, `apart` that its receivers may stand in other files."""

    place: Place
    tool: str
    receiver: str
    matchers: tuple[tuple[str, str, str], ...] = ()
    above: str = ""
    goes_on: bool = False
    muted: str = ""
    holder: str = ""
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Mount:
    """What a workload of a cluster puts where: a ConfigMap or Secret at a path, with the keys that it takes (all when none) and the name of
    the file below the path that each becomes ("" when the path itself is the file)."""

    place: Place
    owner: str
    source: str  # "ConfigMap/name", "Secret/name"
    path: str
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TelemetryPipeline:
    """A pipeline of a telemetry collector: what comes in and where it goes."""

    place: Place
    signal: str  # traces, metrics, logs
    receivers: tuple[str, ...]
    exporters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadTest:
    """A script of a load generator. `limits` are the conditions that fail it, as written; without one it only measures."""

    place: Place
    tool: str
    limits: tuple[tuple[str, str], ...] = ()  # metric, condition
    urls: tuple[str, ...] = ()
