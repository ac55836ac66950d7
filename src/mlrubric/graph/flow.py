"""The flow of data between operations: one compact adjacency.

An edge a -> b says that b's value may depend on a's value. Calls into the project go through parameters and returns; library calls
carry their arguments and their receiver to the result; what a call changes in place reaches the later loads of the same variable.
Edges that leave a function or enter one are kept apart as jumps: a way that enters a function by a call may not leave it by another
(`sweeps.py` walks that way, `summaries.py` says which arguments come back).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mlrubric.graph import sweeps
from mlrubric.graph.meaning import Meanings
from mlrubric.graph.program import LOOPS, Program
from mlrubric.graph.resolve import Resolver
from mlrubric.graph.summaries import LEAVING, Summaries
from mlrubric.graph.sweeps import DOWN, OVER, UP
from mlrubric.graph.values import number

SINKS = frozenset(
    {"data.write", "file.write", "model.save", "model.register", "run.log_model", "run.log_data", "artifact.upload", "run.log_metric"}
)


class Flow:
    """Forward and backward adjacency over the program's operations; `jumps` and `jumps_back` hold (operation, kind of jump)."""

    def __init__(self, program: Program, resolver: Resolver, meanings: Meanings) -> None:
        self.program, self.resolver, self.meanings = program, resolver, meanings
        count = len(program.ops)
        self.forward: list[list[int]] = [[] for _ in range(count)]
        self.backward: list[list[int]] = [[] for _ in range(count)]
        self._summaries: Summaries | None = None
        self.jumps: dict[int, list[tuple[int, int]]] = {}
        self.jumps_back: dict[int, list[tuple[int, int]]] = {}
        self.handed: set[tuple[int, int]] = set()  # edges by which an orchestrator hands a value over
        for op in range(count):
            self._edges_of(op)
        for edges, kind in ((resolver.sources, DOWN), (resolver.results, UP), (resolver.reads, OVER)):
            for target, sources in sorted(edges.items()):
                for source in sorted(sources):
                    self.jump(source, target, self._kind(source, target, kind))

    def connect(self, source: int, target: int) -> None:
        self.forward[source].append(target)
        self.backward[target].append(source)

    def jump(self, source: int, target: int, kind: int) -> None:
        self.jumps.setdefault(source, []).append((target, kind))
        self.jumps_back.setdefault(target, []).append((source, kind))

    def after(self, op: int) -> list[int]:
        """All that directly follows an operation."""
        jumps = self.jumps.get(op)
        return [*self.forward[op], *(target for target, _ in jumps)] if jumps else self.forward[op]

    def before(self, op: int) -> list[int]:
        """All operations that an operation follows, whatever the kind of edge."""
        jumps = self.jumps_back.get(op)
        return [*self.backward[op], *(source for source, _ in jumps)] if jumps else self.backward[op]

    def _kind(self, source: int, target: int, kind: int) -> int:
        """What is read from a generator leaves it; what a framework hands from one function to another outlives both."""
        if self.program.ops[source].kind in LEAVING:
            return OVER if kind == DOWN else UP
        return kind

    def _edges_of(self, op: int) -> None:
        facts, args = self.program.ops[op], self.program.args[op]
        kind = facts.kind
        if kind == "call":
            self._call_edges(op)
        elif kind in ("store_subscript", "store_attribute"):
            if args and args[0] >= 0 and len(args) > 1:
                for source in args[1:]:
                    if source >= 0:
                        self.connect(source, op)
                self.changed(args[0], op)
        elif kind in ("function", "class", "lambda", "import"):
            return
        elif kind == "binary" and facts.extra == "augmented":
            for source in args:
                if source >= 0:
                    self.connect(source, op)
        elif kind == "unpack" and args and (chosen := self.program.element(args[0], facts.value)) is not None:
            self.connect(chosen, op)
        else:
            for source in args:
                if source >= 0:
                    self.connect(source, op)
            if kind == "comprehension" and isinstance(facts.extra, tuple):
                base = self.program.unit(op).base
                for test in facts.extra:
                    self.connect(int(test) + base, op)

    def _call_edges(self, op: int) -> None:
        args = self.program.args[op]
        targets = self.resolver.targets.get(op, ())
        inside = any(t[0] == "function" for t in targets)
        outside = any(t[0] in ("external", "method") for t in targets) or not targets
        made = any(t[0] == "class" for t in targets)
        meaning = self.meanings.of(op)
        callee, receiver = args[0], self.program.receiver(op)
        if receiver < 0 and any(t[0] == "method" and t[2] == "__call__" for t in targets):
            receiver = callee  # the object itself is called
        flows = meaning.flows if meaning is not None else "args"
        if outside and flows != "none":
            if callee >= 0 and not inside and flows in ("args", "receiver"):
                self.connect(callee, op)
            chosen = {"args": args[1:], "first": args[1:2], "receiver": ()}[flows]
            for argument in chosen:
                if argument >= 0:
                    self.connect(argument, op)
        elif outside and meaning is not None and SINKS & set(meaning.roles):
            for role in ("@data", "@target", "@model", "@value"):  # it gives nothing back, but what it writes depends on what it gets
                if role in meaning.arguments:
                    self.connect(meaning.arguments[role], op)
        elif made:
            for argument in args[1:]:
                if argument >= 0:
                    self.connect(argument, op)
        if receiver < 0 and meaning is not None and meaning.changes:
            receiver = callee  # an object that is called
        in_place = self._in_place(op)
        if receiver >= 0 and (in_place or (meaning is not None and meaning.changes)):
            if flows != "args" and not in_place:
                for argument in args[1:]:
                    if argument >= 0:
                        self.connect(argument, op)
            self.changed(receiver, op)
        for scope in sorted(number(target) for target in targets if target[0] == "callback"):
            self._callback_edges(op, scope, receiver)

    def _in_place(self, op: int) -> bool:
        """Whether a call says `inplace=True`."""
        given = self.program.keyword(op, "inplace")
        return given >= 0 and self.program.ops[given].value is True

    def _callback_edges(self, op: int, scope: int, receiver: int) -> None:
        """A library calls the project's function with what it was given: receiver and data arguments reach the parameters."""
        meaning = self.meanings.of(op)
        named = meaning.arguments.get("@params", -1) if meaning is not None else -1
        if not any(v[0] == "made" for v in self.resolver.of(named)):  # else the resolver knows which parameter takes which entry
            named = -1
        handed = [a for a in self.program.args[op][1:] if a >= 0 and a != named]
        for parameter in self.program.params(scope):
            if receiver >= 0:
                self.jump(receiver, parameter, DOWN)
            for argument in handed:
                if not any(v[0] in ("function", "bound", "partial") for v in self.resolver.of(argument)):
                    self.jump(argument, parameter, DOWN)
        for returned in self.program.returns(scope):
            self.jump(returned, op, UP)

    def changed(self, receiver: int, by: int) -> None:
        """What `by` puts into an object in place reaches the later loads of the variable that holds it."""
        facts = self.program.ops[receiver]
        holder = receiver
        while facts.kind in ("attribute", "subscript") and self.program.args[holder] and not self.resolver.reads.get(holder):
            holder = self.program.args[holder][0]
            facts = self.program.ops[holder]
        if facts.kind == "load":
            loop = self.loop(by)
            for definition in (*self.program.args[holder], *sorted(self.resolver.reads.get(holder, ()))):
                for use in self.resolver.uses[definition]:
                    if use == holder or self.program.ops[use].kind != "load":
                        continue
                    elsewhere = self.program.scope_id(use) != self.program.scope_id(by)
                    if use > by or elsewhere or (loop >= 0 and self.loop(use) == loop):
                        self.connect(by, use)
        elif facts.kind == "attribute":
            for stored in self._stored(holder):
                for use in self.resolver.uses[stored]:
                    if use != holder and self.program.ops[use].kind in ("attribute", "slot"):
                        self.connect(by, use)

    def _stored(self, attribute: int) -> Iterable[int]:
        """What an attribute follows: definitions, and those behind the slots of classes."""
        for source in sorted(self.resolver.reads.get(attribute, ())):
            if self.program.ops[source].kind == "slot":
                yield from sorted(self.resolver.reads.get(source, ()))
            else:
                yield source

    def loop(self, op: int) -> int:
        """The outermost loop block around an operation, or -1."""
        found = -1
        for block in self.program.blocks_around(op):
            kind = self.program.blocks[block].kind
            if kind == "scope":
                break
            if kind in LOOPS:
                found = block
        return found

    # ---- sweeps -------------------------------------------------------------------------------------------------

    def reach(self, starts: Iterable[int], *, back: bool = False, stop: Callable[[int], bool] | None = None) -> dict[int, int]:
        """Every operation reached, with the one it was reached from (-1 for a start). A `stop` operation is reached but not passed."""
        return sweeps.reach(self, starts, self.summaries, back=back, stop=stop)

    def carry(self, labels: Mapping[int, int], block: Mapping[int, int] | None = None) -> list[int]:
        """Bit sets carried forward until nothing changes: what flows into each operation, itself included. `block` are the bits that do
        not pass beyond an operation."""
        return sweeps.carry(self, labels, block or {})

    @property
    def summaries(self) -> Summaries:
        """Which arguments come back from a call, whatever they pass on their way."""
        if self._summaries is None:
            self._summaries = Summaries(self)
        return self._summaries
