"""Evidence for a test: which nodes answer its questions, how each is run, and what documents its result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from mlrubric.graph.automation import Automation
from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.graph.world import normal
from mlrubric.model.facts import FrontMatter, Heading
from mlrubric.model.graph import Node
from mlrubric.model.place import Place
from mlrubric.model.verdict import Broken
from mlrubric.rules.question import ask
from mlrubric.rules.rule import Table
from mlrubric.rules.shapes import Answer

STOPPING = frozenset({"test", "command", "step", "job", "workflow", "stage", "service", "trigger"})
RESULTS = (".json", ".csv", ".md", ".txt", ".html", ".yaml", ".yml", ".png")
MEASURES = frozenset({"model.evaluate", "model.slice", "model.tune", "data.validate", "data.drift", "feature.importance", "model.predict"})
RECORDS = re.compile(  # what trackers leave in the folder of a run, one file for each metric or one for all
    r"(^|/)mlruns/[^/]+/[^/]+/metrics/.|(^|/)wandb/(offline-)?run-[^/]+/files/wandb-summary\.json$|(^|/)dvclive/(metrics\.json$|plots/metrics/.)"
    r"|(^|/)lightning_logs/version_\d+/metrics\.csv$|(^|/)[^/]*events\.out\.tfevents\.[^/]+$"
)
INDEXED = re.compile(r"^model-index\[\d+\]\.results\[\d+\]\.metrics\[\d+\]\.value$")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e-?\d+)?%?")
OPEN = re.compile(
    r"more information needed|\bto ?do\b|\btb[ad]\b|\bn/?a\b|fill in|\|\s*(\.\.\.|-|\?)?\s*\|\s*$", re.IGNORECASE | re.MULTILINE
)
WHOLE = ("wandb-summary", "metrics", "events")
NOTIFYING = frozenset({"notify.send", "alert.rule", "alert.receiver", "slo.objective", "check.update"})
PROTECTING = frozenset({"data.anonymize", "data.digest", "data.access", "feature.define", "feature.serve"})  # these are the control itself


@dataclass(frozen=True, slots=True)
class Witness:
    """A node that answers a question, with how it is run. `effective`: a live recurring trigger runs it, a failure has a consequence."""

    node: int
    automation: Automation
    effective: bool
    executed: bool
    broken: Broken | None


@dataclass(slots=True)
class Answers:
    """The questions of one file, asked when first needed."""

    picture: Picture
    checks: dict[str, tuple[str, Table]]
    timed: bool = False
    belongs: Callable[[int], bool] | None = None  # which nodes are asked about; None: all
    _answers: dict[str, Answer] = field(default_factory=dict)
    _witness: dict[int, Witness] = field(default_factory=dict)
    _witnesses: dict[str, tuple[Witness, ...]] = field(default_factory=dict)

    def view(self, belongs: Callable[[int], bool]) -> Answers:
        """The same answers, as far as they are about nodes that belong to something."""
        return Answers(self.picture, self.checks, self.timed, belongs, self._answers, self._witness)

    def answer(self, name: str) -> Answer:
        if name not in self._answers:
            shape, table = self.checks[name]
            self._answers[name] = ask(self.picture, shape, table)
        return self._answers[name]

    def nodes(self, name: str) -> list[int]:
        """Nodes that stand for a condition: a check of this file, or `exists:role`."""
        if name.startswith("exists:"):
            return self._own(self.picture.graph.with_role(name.partition(":")[2]))
        answer = self.answer(name)
        if self.checks[name][0] == "must_pass" and self._own(hit.node for hit in answer.unmet):
            return []
        return self._own(hit.node for hit in answer.met)

    def _own(self, nodes: Iterable[int]) -> list[int]:
        return [n for n in nodes if self.belongs is None or self.belongs(n)]

    def witnesses(self, names: Iterable[str]) -> tuple[Witness, ...]:
        found: dict[int, Witness] = {}
        for name in names:
            if name not in self._witnesses:
                self._witnesses[name] = tuple(self._witness_of(n) for n in self.nodes(name))
            for one in self._witnesses[name]:
                found.setdefault(one.node, one)
        return tuple(sorted(found.values(), key=_merit))

    def _witness_of(self, node: int) -> Witness:
        if node not in self._witness:
            self._witness[node] = witness(self.picture, node, self.timed)
        return self._witness[node]


def _merit(one: Witness) -> tuple[int, bool, float, int]:
    order = ("kept", "lost", "skipped", "manual", "none").index(one.automation.level)
    recorded = one.automation.level == "kept" and one.broken is not None and one.broken.condition == "consequential"
    return (0 if one.effective else 1 + order, recorded, -one.automation.confidence, one.node)


def witness(picture: Picture, number: int, timed: bool) -> Witness:
    """How a node is run, and which condition of the six breaks first."""
    node = picture.graph.nodes[number]
    schedule = picture.schedule if node.kind in STOPPING or is_test_code(node.place.path) else picture.real
    automation = schedule.of(number)
    executed = automation.level in ("kept", "lost")
    broken = automation.broken
    if automation.level == "kept":
        if not consequential(node):
            said = node.attributes.get("untold") or "its result is only recorded: nothing stops and nobody is told"
            heard = picture.graph.successors(number, ("join",)) if node.kind == "monitor" else ()
            place = next((picture.graph.nodes[e.target].place for e in heard), node.place)
            broken = Broken("consequential", place, said)
        elif timed and not automation.timed:
            broken = Broken("live", node.place, "only a change of code starts it, while the world changes without commits")
    effective = automation.level == "kept" and broken is None
    return Witness(number, automation, effective, executed, broken)


def consequential(node: Node) -> bool:
    """Whether a failure at this node stops something or tells somebody."""
    if node.attributes.get("acts") == "none":
        return False
    if node.kind == "test":
        return node.attributes.get("asserts", "true") == "true"
    if node.attributes.get("chosen") == "true" or node.attributes.get("acts") == "tell":
        return True
    if node.attributes.get("receiver") == "none":
        return False
    if node.kind == "command" and "model.tune" in node.roles:
        return False  # its trials are recorded, and somebody picks one by hand
    return node.gate or node.kind in STOPPING or bool((NOTIFYING | PROTECTING) & set(node.roles))


def documented(picture: Picture, words: tuple[str, ...], witnesses: Iterable[Witness]) -> Place | None:
    """A documented and distributed result that belongs to one of the witnesses: a saved notebook, a committed report that the check
    writes, or a document's section that names the check and holds numbers. None when there is no code behind it."""
    there = list(witnesses)
    if not there:
        return None
    return _notebook(picture, there) or _report(picture, there) or _recorded(picture, there) or _section(picture, words)


def _notebook(picture: Picture, there: list[Witness]) -> Place | None:
    program = picture.world.code.program
    for one in there:
        place = picture.graph.nodes[one.node].place
        index = program.by_path.get(place.path) if place.path.endswith(".ipynb") else None
        if index is not None and picture.graph.nodes[picture.world.code.module_node[index]].attributes.get("executed") == "true":
            return place
    return None


def _report(picture: Picture, there: list[Witness]) -> Place | None:
    """A committed result file that a witness, or what it looks at, writes."""
    graph = picture.graph
    starts = {one.node for one in there}
    starts |= {n for n in graph.next_by_flow(starts, back=True) if MEASURES & set(graph.nodes[n].roles)}
    for node in graph.sweep(starts, ("flow",)):
        for edge in graph.successors(node, ("write",)):
            found = _committed(picture, edge.target)
            if found is not None:
                return found
    return None


def _recorded(picture: Picture, there: list[Witness]) -> Place | None:
    """A metric of a run that is committed with the repository, under the name that what a witness measures is logged by."""
    graph = picture.graph
    kept = [path for path in sorted(picture.world.files) if RECORDS.search(path)]
    if not kept:
        return None
    for node in graph.sweep({one.node for one in there}, ("flow",)):
        one = graph.nodes[node]
        if "run.log_metric" not in one.roles:
            continue
        key = one.attributes.get("@key", "given")
        found = next((p for p in kept if key in ("given", "none") or p.rpartition("/")[2].partition(".")[0] in (key, *WHOLE)), None)
        if found is not None:
            return Place(found)
    return None


def _committed(picture: Picture, artifact: int) -> Place | None:
    """The tracked result file of an artifact: not a model, not data that something reads again."""
    node = picture.graph.nodes[artifact]
    path = normal(node.label)
    if node.kind == "model" or not path.endswith(RESULTS) or any(picture.graph.successors(artifact, ("read",))):
        return None
    if path in picture.world.files:
        return Place(path)
    if "*" in path.strip("*/"):
        return next((Place(f) for f in sorted(picture.world.files) if fnmatchcase(f, path)), None)
    return None


def _section(picture: Picture, words: tuple[str, ...]) -> Place | None:
    """A part of a document, or of a model card, that names the check and holds numbers: under its heading, or under one below it."""
    if not words:
        return None
    pattern = re.compile(r"\b(" + "|".join(words) + r")\b", re.IGNORECASE)
    above: tuple[str, Heading] | None = None  # a heading that names the check and has no result yet
    for path, heading in picture.world.every(Heading):
        if above is not None and (path != above[0] or heading.level <= above[1].level):
            above = None
        tabled = heading.has_table and (heading.numbers > 0 or OPEN.search(heading.body) is None)
        results = tabled or heading.numbers >= 3 or "![" in heading.body
        named = pattern.search(heading.text) is not None
        if results and (named or above is not None):
            return (above[1] if above is not None and not named else heading).place
        if tabled and pattern.search(heading.body):
            return heading.place
        if named and above is None:
            above = path, heading
    return _front_matter(picture, pattern)


def _front_matter(picture: Picture, pattern: re.Pattern[str]) -> Place | None:
    """Results in the front matter of a model card: `model-index` with a number for a metric."""
    if pattern.search("evaluation results metrics") is None:
        return None
    for _, matter in picture.world.every(FrontMatter):
        if any(INDEXED.search(route) and NUMBER.fullmatch(value.strip()) for route, value in matter.values):
            return matter.place
    return None
