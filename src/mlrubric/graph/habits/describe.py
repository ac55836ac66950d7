"""What an expression is like, as attributes that any rule can ask for, in groups: only what is asked for is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mlrubric.graph.code import Code
from mlrubric.graph.graph import Graph
from mlrubric.graph.habits.flows import Flows
from mlrubric.graph.habits.nearby import Nearby
from mlrubric.graph.habits.repetition import Repetition
from mlrubric.graph.habits.rounds import Rounds
from mlrubric.graph.habits.shape import Shape
from mlrubric.graph.habits.traits import Traits
from mlrubric.graph.habits.uses import Uses

_GROUPS: dict[str, tuple[str, ...]] = {
    "arguments": ("given.", "@", "arguments", "open", "called"),
    "shape": ("key", "value", "operator", "operand", "augmented", "module", "alias", "customary", "usual", "origin"),
    "receiver": ("receiver", "on."),
    "result": ("result",),
    "round": ("in_loop", "over.", "grows", "later", "repeated", "conditional"),
    "op": ("op.",),
    "near": ("from.", "to.", "operand.from.", "operand.to."),
    "around": ("loop.", "scope.", "file.", "program.", "class."),
    "far": ("fed.", "feeds."),
}
"""Group -> what the names of its attributes begin with, the cheapest first; all other attributes are in "own"."""

_DEAR = frozenset({"near", "around", "far"})  # what asks more than the expression itself


class Describer:
    """Attributes of operations of one program; what was asked is kept."""

    def __init__(self, graph: Graph, code: Code, traits: Traits) -> None:
        self._code, self._traits = code, traits
        self._shape, self._uses, self._nearby = Shape(code, traits), Uses(code), Nearby(code, traits)
        self._repetition = Repetition(code)
        self._rounds, self._flows = Rounds(code, traits), Flows(graph, code, traits)
        self._known: dict[tuple[str, int], dict[str, str]] = {}
        self._makers: dict[str, Callable[[int], Iterable[tuple[str, str]]]] = {
            "own": self._own,
            "arguments": self._shape.arguments,
            "shape": self._shape.own,
            "receiver": self._shape.receiver,
            "result": self._uses.result,
            "round": self._round,
            "op": self._flows.known,
            "near": self._near,
            "around": self._around,
            "far": self._flows.of,
        }

    def group(self, name: str, op: int) -> Mapping[str, str]:
        """One group of attributes of an expression."""
        known = self._known.get((name, op))
        if known is None:
            known = self._known[name, op] = dict(self._makers[name](op))
        return known

    def attributes(self, op: int, keys: Iterable[str]) -> dict[str, str]:
        """The attributes of an expression that cost little, and those of the groups of some more keys."""
        wanted = {group_of(key) for key in keys}
        names = [name for name in self._makers if name in wanted or name not in _DEAR]
        return {key: value for name in names for key, value in self.group(name, op).items()}

    def _own(self, op: int) -> Iterable[tuple[str, str]]:
        program, facts = self._code.program, self._code.program.ops[op]
        yield "form", facts.kind
        yield "certain", "false" if self._traits.guessed(op) else "true"
        yield "name", (program.ops[program.args[op][0]] if facts.kind == "call" else facts).name
        yield from ((f"trait.{t}", "true") for t in sorted(self._traits.of(op)))
        yield from ((f"role.{r}", "true") for r in sorted(self._code.meanings.roles(op)))

    def _round(self, op: int) -> Iterable[tuple[str, str]]:
        yield from self._rounds.of(op, self._shape.subject(op), self._code.program.innermost_loop(op))
        repeated = self._repetition.of(op)
        if repeated:
            yield "repeated", repeated
        yield "conditional", "false" if self._repetition.unconditional(op) else "true"
        if self._code.program.ops[op].kind == "call":
            yield "grows", "true" if self._repetition.grows(op) else "false"

    def _near(self, op: int) -> Iterable[tuple[str, str]]:
        subject, nearby = self._shape.subject(op), self._nearby
        if subject >= 0:
            yield from ((f"from.{t}", "true") for t in sorted(nearby.before(subject)))
        yield from ((f"to.{t}", "true") for t in sorted(nearby.after(op)))
        if self._code.program.ops[op].kind in ("compare", "binary"):
            sides = self._code.program.args[op]
            meant = [d for a in sides for d in (self._code.program.args[a] if self._code.program.ops[a].kind == "load" else (a,))]
            yield from ((f"operand.from.{t}", "true") for t in sorted({t for a in sides for t in nearby.before(a)}))
            yield from ((f"operand.to.{t}", "true") for t in sorted({t for d in meant for t in nearby.after(d)}))

    def _around(self, op: int) -> Iterable[tuple[str, str]]:
        for where, names in self._nearby.around(op, self._code.program.innermost_loop(op)):
            yield from ((f"{where}.{name}", "true") for name in sorted(names))
        yield from ((f"class.{trait}", "true") for trait in sorted(self._traits.of_class(op)))


def group_of(key: str) -> str:
    """The group that an attribute belongs to."""
    if key.startswith(("operand.from.", "operand.to.")):
        return "near"
    return next((name for name, begins in _GROUPS.items() if key.startswith(begins)), "own")


def in_order(keys: Iterable[str]) -> list[str]:
    """Keys by the cost of their groups."""
    order = ["own", *_GROUPS]
    return sorted(keys, key=lambda key: (order.index(group_of(key)), key))
