"""Two samples: whether they are data of two origins, a reference and what came later, by their names or by where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.definitions import origin
from mlrubric.graph.derive import run_by
from mlrubric.graph.distances import Distances
from mlrubric.graph.graph import Graph

REFERENCE = frozenset(
    {"ref", "reference", "train", "training", "baseline", "base", "expected", "historical", "history", "old", "previous", "initial"}
)
CURRENT = frozenset(
    {"cur", "curr", "current", "live", "prod", "production", "actual", "recent", "new", "latest", "incoming", "serving", "served"}
    | {"observed", "inference", "requests", "today"}
)
PLAINLY = frozenset({"ref", "reference"})
OTHERWISE = frozenset(
    {"test", "val", "valid", "validation", "holdout", "pred", "predicted", "prediction", "predictions", "candidate", "y", "norm"}
)
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
READS = frozenset({"data.read", "feature.serve", "artifact.download", "run.read"})
EQUAL = frozenset({"==", "!=", "in", "not in"})
DEPTH = 5


class Origins:
    """Whether two operands are data of two origins, by names or by flow."""

    def __init__(self, graph: Graph, code: Code, distances: Distances) -> None:
        self.graph, self.code, self.distances = graph, code, distances
        self.program = code.program

    def two(self, first: int, second: int, depth: int = DEPTH) -> bool:
        given = first, second
        first, second = self._column(first), self._column(second)
        if self._law(first) or self._law(second) or self._by_label(first, second):
            return False
        if self._names(first, second) or self._names(*given):
            return True
        one, other = self._sources(first), self._sources(second)
        if one and other and one != other:
            return True
        params = self.parameters(first, second)
        if depth and params is not None:
            return any(self.two(a, b, depth - 1) for a, b in self.handed(*params))
        return False

    def said(self, first: int, second: int, depth: int = DEPTH) -> str:
        """`same` when all callers hand one value to both sides, `made up` when only tests call, else `two`."""
        params = self.parameters(self._column(first), self._column(second))
        if params is None or not depth:
            return "two"
        pairs = list(self.handed(*params))
        if not pairs:
            callers = self.code.resolver.callers.get(self.program.scope_id(params[0]), ())
            return "made up" if callers and all(self.code.tested(call) for call in callers) else "two"
        if all(origin(self.code, a) == origin(self.code, b) or self._alike(a, b) for a, b in pairs):
            return "same"
        deeper = {self.said(a, b, depth - 1) for a, b in pairs}
        return deeper.pop() if len(deeper) == 1 else "two"

    def _alike(self, first: int, second: int) -> bool:
        """The same column of the same value."""
        one, other = self.distances.path(first), self.distances.path(second)
        if not one or one != other or self.program.ops[first].kind != "subscript":
            return False
        bases = [self.program.args[op][0] for op in (first, second)]
        keys = [self.program.ops[self.program.args[op][1]] for op in (first, second)]
        known = [(k.kind, k.value if k.kind == "const" else k.name) for k in keys]
        return origin(self.code, bases[0]) == origin(self.code, bases[1]) and known[0] == known[1]

    def _column(self, op: int) -> int:
        """What was put into the column of a table that is made in the same function."""
        facts, args = self.program.ops[op], self.program.args[op]
        if facts.kind != "subscript" or len(args) != 2 or min(args) < 0 or self.program.ops[args[1]].kind != "const":
            return op
        key, base = self.program.ops[args[1]].value, self.distances.path(args[0])
        for other in self.program.of_kind("store_subscript"):
            into = self.program.args[other]
            if len(into) != 3 or min(into) < 0 or self.program.scope_id(other) != self.program.scope_id(op):
                continue
            if self.distances.path(into[0]) == base and self.program.ops[into[1]].value == key and into[2] != op:
                return into[2]
        made = origin(self.code, args[0])
        given = self.program.positional(made) if self.program.ops[made].kind == "call" else ()
        for container in given[:1]:
            if self.program.ops[container].kind == "dict":
                entries = self.program.args[container]
                for name, value in zip(entries[::2], entries[1::2], strict=True):
                    if name >= 0 and value >= 0 and self.program.ops[name].value == key:
                        return value
        return op

    def _law(self, op: int) -> bool:
        """A distribution by its name or function: `kstest(x, "norm")`."""
        values = self.code.resolver.of(op)
        return any(v[0] in ("text", "external", "function", "method") or (v[0] == "const" and v[1] is not None) for v in values)

    def _by_label(self, first: int, second: int) -> bool:
        """Both are rows of one sample, picked by what a column equals."""
        picks = [self._picked(first), self._picked(second)]
        return picks[0] is not None and picks[1] is not None and picks[0] == picks[1]

    def _picked(self, op: int) -> str | None:
        """The sample that rows are picked from by equality, or by a mask that is itself a column."""
        for here in self._back(op, 12):
            facts, args = self.program.ops[here], self.program.args[here]
            if facts.kind != "subscript" or len(args) != 2 or args[1] < 0:
                continue
            if any(self._equality(a) for a in self._back(args[1], 8)):
                base = self.distances.path(args[0])
                return base.removesuffix(".loc") or None
        return None

    def _equality(self, op: int) -> bool:
        facts = self.program.ops[op]
        if facts.kind == "compare":
            return isinstance(facts.value, tuple) and bool(EQUAL & set(facts.value))
        return facts.kind == "unary" and facts.name == "~"

    def _back(self, op: int, most: int) -> Iterator[int]:
        """An expression and what its names are bound to, in its function."""
        waiting, seen = [op], list[int]()
        while waiting and len(seen) < most:
            here = waiting.pop(0)
            if here < 0 or here in seen:
                continue
            seen.append(here)
            kind = self.program.ops[here].kind
            if kind in ("load", "assign", "subscript", "attribute", "call", "unary", "boolean", "binary", "compare"):
                waiting.extend(self.program.args[here])
        yield from seen

    def _names(self, first: int, second: int) -> bool:
        """One side is called a reference and the other what is current; or one is plainly a reference, and the other something else that
        is no other part of the same data and no answer of a model."""
        one, other = self._words(first), self._words(second)
        if one == other:
            return False
        if (one & REFERENCE and other & CURRENT) or (one & CURRENT and other & REFERENCE):
            return True
        for plain, rest in ((one, other), (other, one)):
            if plain & PLAINLY and rest and not rest & (REFERENCE | OTHERWISE):
                return True
        return False

    def _words(self, op: int) -> frozenset[str]:
        names = self.distances.leaves(op) or frozenset(
            self.program.ops[here].name for here in self._back(op, 8) if self.program.ops[here].kind in ("load", "param")
        )
        return frozenset(w.lower() for name in names for w in WORDS.findall(name))

    def _sources(self, op: int) -> frozenset[int]:
        """The reads, and the calls into the project that read, which a value comes from in its function and around it."""
        scope, found = self.program.scope_id(op), set[int]()
        own = {scope}
        while self.program.scopes[scope].kind != "module":
            scope = self.program.parent_scope(scope)
            own.add(scope)
        for here in self.code.flow.reach([op], back=True, stop=lambda o: self.program.scope_id(o) not in own):
            if self.program.scope_id(here) not in own or self.program.ops[here].kind != "call":
                continue
            if READS & self.code.meanings.roles(here) or (
                any(t[0] == "function" for t in self.code.resolver.targets.get(here, ())) and READS & run_by(self.graph, self.code, here)
            ):
                found.add(here)
        return frozenset(found)

    def parameters(self, first: int, second: int) -> tuple[int, int] | None:
        """The parameters of their function that two operands come from, each without what it shares with the other (the borders of the
        bins come from the reference, as a rule)."""
        one, other = self._parameters(first), self._parameters(second)
        own = [one - other or one, other - one or other]
        if len(own[0]) != 1 or len(own[1]) != 1 or own[0] == own[1]:
            return None
        return next(iter(own[0])), next(iter(own[1]))

    def _parameters(self, op: int) -> frozenset[int]:
        own = set(self.program.params(self.program.scope_id(op)))
        return frozenset(o for o in self.code.flow.reach([op], back=True, stop=lambda o: o in own) if o in own and self._rows(o))

    def _rows(self, parameter: int) -> bool:
        """Not a number of bins or a smoothing constant: those have numbers as defaults."""
        default = self.program.args[parameter]
        return not default or self.program.ops[default[0]].kind != "const" or self.program.ops[default[0]].value is None

    def handed(self, first: int, second: int) -> Iterator[tuple[int, int]]:
        """What the callers outside of tests hand to two parameters of one function."""
        scope = self.program.scope_id(first)
        for call in sorted(self.code.resolver.callers.get(scope, ())):
            if self.code.tested(call):
                continue
            given = [[s for s in self.code.resolver.sources.get(p, ()) if self._of_call(s, call)] for p in (first, second)]
            if given[0] and given[1]:
                yield given[0][0], given[1][0]

    def _of_call(self, op: int, call: int) -> bool:
        return op in self.program.args[call]


def words_of(code: Code, op: int) -> frozenset[str]:
    """The words of the variable that an argument is, through attributes and columns."""
    names: set[str] = set()
    while op >= 0:
        facts, args = code.program.ops[op], code.program.args[op]
        if facts.kind in ("load", "param", "attribute"):
            names.add(facts.name)
        if facts.kind not in ("attribute", "subscript", "call") or not args:
            break
        op = args[0]
    return frozenset(w.lower() for name in names for w in WORDS.findall(name))
