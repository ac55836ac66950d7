"""Evidence for a test: which nodes answer its questions, and how each is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mlrubric.graph.automation import Automation
from mlrubric.graph.build import Picture
from mlrubric.graph.code import is_test_code
from mlrubric.model.graph import Node
from mlrubric.model.verdict import Broken
from mlrubric.rules.question import ask
from mlrubric.rules.rule import Table
from mlrubric.rules.shapes import Answer

STOPPING = frozenset({"test", "command", "step", "job", "workflow", "stage", "service", "trigger"})
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
    if node.attributes.get("vetoed") == "true":
        return True  # a person looks at it and may say no
    if node.attributes.get("chosen") == "true" or node.attributes.get("acts") == "tell":
        return True
    if node.attributes.get("receiver") == "none":
        return False
    if node.kind == "command" and "model.tune" in node.roles:
        return False  # its trials are recorded, and somebody picks one by hand
    return node.gate or node.kind in STOPPING or bool((NOTIFYING | PROTECTING) & set(node.roles))
