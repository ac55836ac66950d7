"""Feature code that was written twice: once for training, once for serving, with nothing that keeps the two alike.

Two kinds of twins: columns of the same name that are derived by like expressions, and functions with like bodies. What both sides
import is shared, and no twin.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from mlrubric.graph.code import is_test_code
from mlrubric.graph.graph import FLOWS
from mlrubric.graph.serving import TRAINS, Sides
from mlrubric.graph.world import World

ALIKE = 0.6  # of the tokens of two derivations
BODY = 0.7  # of the runs of three tokens of two bodies
LEAST = 2  # tokens of a derivation that says something
ENOUGH = 4  # tokens that all twins of a scope have together
LONG = 15  # tokens of a body
SEVERAL = 3  # when both sides lie in such a folder
MANY = 4  # folders side by side in which something is trained: a collection of lessons or examples
SHOWN = 4
DEPTH = 12
SAID = ("attribute", "const", "binary", "compare", "call", "load", "fstring")
Tokens = tuple[str, ...]
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Derivation:
    """A column that gets a value: `op` stores it, `tokens` are what its expression says besides variables."""

    scope: int
    column: str
    op: int
    tokens: Tokens


def mark_twins(world: World, sides: Sides) -> None:
    """`twin` (the number of the node on the training side) on what serving derives by hand a second time: `twin_kind` is copy for like
    derivations, other for one that differs where its neighbours are copies, body for a function."""
    if not sides.handlers:
        return
    finder = Twins(world, sides)
    served, trained = finder.scopes(serving=True), finder.scopes(serving=False)
    if served and trained:
        finder.columns(served, trained)
        finder.bodies(served, trained)


class Twins:
    def __init__(self, world: World, sides: Sides) -> None:
        self.world, self.graph, self.code, self.sides = world, world.graph, world.code, sides
        fits = [n for n in self.graph.with_role(*TRAINS) if not is_test_code(self.graph.nodes[n].place.path)]
        predictions = [n for n in self.graph.with_role("model.predict") if n in self.code.node_op]
        self.feeding = self._cone(fits)
        self.asked = self._cone([n for n in predictions if self.code.holder(self.code.node_op[n]) in sides.serving])
        self.training_folders = sorted({posixpath.dirname(self.graph.nodes[n].place.path) for n in fits})
        self._done: set[int] = set()
        self._refitted = {
            self.code.program.scope_id(op) for node, op in self.code.node_op.items() if "refit" in self.graph.nodes[node].attributes
        }

    def _cone(self, nodes: list[int]) -> set[int]:
        """All operations whose values reach one of the nodes, through files too."""
        reached = self.graph.sweep(nodes, FLOWS, back=True)
        return set(self.code.flow.reach([self.code.node_op[n] for n in reached if n in self.code.node_op], back=True))

    def scopes(self, *, serving: bool) -> list[int]:
        """Functions and module bodies of one side only, with something that feeds a training or a prediction."""
        cone, program = self.asked if serving else self.feeding, self.code.program
        found: list[int] = []
        for scope in sorted({program.scope_id(op) for op in cone}):
            facts, path = program.scopes[scope], program.modules[program.scope_unit[scope]].path
            if facts.kind not in ("function", "module") or is_test_code(path):
                continue
            holder = self.code.scope_node.get(scope, self.code.module_node.get(program.scope_unit[scope], -1))
            on_serving = holder in self.sides.serving or (facts.kind == "module" and self._main(scope) in self.sides.serving)
            if serving == on_serving and not (serving and holder in self.sides.training):
                found.append(scope)
        return found

    def _main(self, scope: int) -> int:
        return self.code.main_node.get(self.code.program.scope_unit[scope], -1)

    # ---- columns ------------------------------------------------------------------------------------------------

    def columns(self, served: list[int], trained: list[int]) -> None:
        there: dict[str, list[Derivation]] = {}
        for one in self._derivations(trained, self.feeding):
            there.setdefault(one.column, []).append(one)
        by_scope: dict[int, list[Derivation]] = {}
        for one in self._derivations(served, self.asked):
            if one.column in there:
                by_scope.setdefault(one.scope, []).append(one)
        for _, ours in sorted(by_scope.items()):
            self._judge(ours, there)

    def _judge(self, ours: list[Derivation], there: dict[str, list[Derivation]]) -> None:
        """The scope of the other side that has most of these columns is the one to compare with."""
        shared = Counter(s for one in ours for s in {other.scope for other in there[one.column] if self._twin(one, other)})
        if not shared:
            return
        scope = self._nearest(ours[0].scope, shared)
        if scope < 0:
            return
        pairs = [(one, other) for one in ours for other in there[one.column] if other.scope == scope]
        alike = [(one, other) for one, other in pairs if self._twin(one, other)]
        if sum(max(len(a.tokens), len(b.tokens)) for a, b in {one.column: (one, other) for one, other in alike}.values()) < ENOUGH:
            return
        one, other = alike[0]
        if ours[0].scope not in self._refitted:  # there the copy is told of by what it learns anew: one cause
            self._mark(one.op, other.op, "copy", listed([a.column for a, _ in alike]))
        same = {one.column for one, _ in alike}
        for one, other in pairs:
            if one.column not in same and len(same) > 2 and len(one.tokens) == len(other.tokens) and self._differs(one, other):
                self._mark(one.op, other.op, "other", f"`{one.column}`")
                same.add(one.column)

    def _nearest(self, ours: int, shared: Counter[int]) -> int:
        """The scope with most of the columns: code before notebooks, near before far; -1 when all belong to other programs."""
        here = posixpath.dirname(self._path(ours))
        near = [s for s in shared if self.together(here, posixpath.dirname(self._path(s)))]

        def order(scope: int) -> tuple[int, bool, int, int]:
            path = self._path(scope)
            return -shared[scope], path.endswith(".ipynb"), -len(posixpath.commonprefix([path, here])), scope

        return min(near, key=order, default=-1)

    def together(self, one: str, other: str) -> bool:
        """Whether two folders may belong to one program: neither lies apart in a folder of many programs that train, each in a folder of
        its own, and they are not in two of several programs that train."""
        if one == other or other.startswith(one + "/") or one.startswith(other + "/"):
            return True
        common = posixpath.commonpath([one, other]) if one and other else ""
        for folder in (one, other):
            while folder != common:
                folder = posixpath.dirname(folder)
                if len(self._programs(folder)) >= MANY:
                    return False
        programs = self._programs(common)
        return len(programs) < SEVERAL or not {_first(one, common), _first(other, common)} <= programs

    def _programs(self, folder: str) -> set[str]:
        """The folders inside a folder in which something is trained."""
        return {_first(f, folder) for f in self.training_folders if f != folder and (not folder or f.startswith(folder + "/"))}

    def _path(self, scope: int) -> str:
        return self.code.program.modules[self.code.program.scope_unit[scope]].path

    def _twin(self, one: Derivation, other: Derivation) -> bool:
        return alike(one.tokens, other.tokens) >= ALIKE

    def _differs(self, one: Derivation, other: Derivation) -> bool:
        """The same shape over another source: exactly one token is another one."""
        return sum((Counter(one.tokens) - Counter(other.tokens)).values()) == 1

    def _derivations(self, scopes: list[int], cone: set[int]) -> Iterator[Derivation]:
        wanted, program = set(scopes), self.code.program
        for op in sorted(cone):
            scope = program.scope_id(op)
            if scope not in wanted:
                continue
            for column, value in self._stored(op):
                tokens = tuple(t for t in self._tokens(value) if t != column)
                if len(tokens) >= LEAST:
                    yield Derivation(scope, column, op, tokens)

    def _stored(self, op: int) -> Iterator[tuple[str, int]]:
        """The columns that an operation stores, with the operations of their values."""
        facts, args = self.code.program.ops[op], self.code.program.args[op]
        if facts.kind == "store_subscript" and len(args) > 2:
            yield from ((name, args[2]) for name in self._names(args[1]))
        elif facts.kind == "dict":
            for key, value in zip(args[::2], args[1::2], strict=False):
                yield from ((name, value) for name in self._names(key))
        elif facts.kind == "call" and isinstance(facts.value, tuple) and args[0] >= 0:
            meaning = self.code.meanings.of(op)
            if meaning is not None and "data.derive" in meaning.roles and self.code.program.ops[args[0]].name == "assign":
                yield from ((str(name), value) for name, value in zip(facts.value, args[len(args) - len(facts.value) :], strict=True))

    def _names(self, op: int) -> list[str]:
        facts = self.code.program.ops[op] if op >= 0 else None
        return [facts.value] if facts is not None and facts.kind == "const" and isinstance(facts.value, str) else []

    def _tokens(self, op: int, depth: int = DEPTH) -> list[str]:
        """What an expression says, without its variables: attributes, constants, operators, called names; a lambda by its result."""
        if op < 0 or not depth:
            return []
        program = self.code.program
        facts, args = program.ops[op], program.args[op]
        if facts.kind == "load":
            return []
        found = _said(facts.kind, facts.name, facts.value)
        if facts.kind == "call" and args[0] >= 0 and program.ops[args[0]].kind == "load":
            found.append(program.ops[args[0]].name)
        if facts.kind == "lambda":
            args = program.returns(program.defined(op))
        for arg in args:
            found.extend(self._tokens(arg, depth - 1))
        return found

    # ---- bodies -------------------------------------------------------------------------------------------------

    def bodies(self, served: list[int], trained: list[int]) -> None:
        program = self.code.program
        there = {s: runs for s in trained if program.scopes[s].kind == "function" and (runs := self._runs(s))}
        for scope in served:
            node = self.code.scope_node.get(scope, -1)
            runs = self._runs(scope) if program.scopes[scope].kind == "function" and scope not in self._done else None
            if not runs or node in self.sides.handlers:
                continue
            best = self._nearest(scope, Counter(s for s in there if _share(runs, there[s]) >= BODY))
            if best >= 0:
                attributes = self.graph.nodes[node].attributes
                attributes.update(twin=str(self.code.scope_node[best]), twin_kind="body", columns=f"`{program.scopes[scope].name}`")

    def _runs(self, scope: int) -> Counter[tuple[str, ...]] | None:
        """The runs of three tokens of a function's body; None for a short one."""
        program = self.code.program
        unit = program.modules[program.scope_unit[scope]]
        said: list[str] = []
        for number, facts in enumerate(unit.facts.ops):
            if facts.scope + unit.scope_base != scope or facts.kind not in SAID:
                continue
            meaning = self.code.meanings.of(number + unit.base) if facts.kind == "call" else None
            if facts.kind == "const" and isinstance(facts.value, str) and len(facts.value) > 40:
                continue  # a docstring or a message
            if meaning is None or "log.write" not in meaning.roles:
                said.extend(_said(facts.kind, facts.name, facts.value))
        return Counter(zip(said, said[1:], said[2:], strict=False)) if len(said) >= LONG else None

    def _mark(self, ours: int, theirs: int, kind: str, columns: str) -> None:
        nodes = [self.code.node_for(self.graph, op, "derivation") for op in (ours, theirs)]
        self.graph.nodes[nodes[0]].attributes.update(twin=str(nodes[1]), twin_kind=kind, columns=columns)
        self._done.add(self.code.program.scope_id(ours))


def _first(path: str, folder: str) -> str:
    """The first name of a path below a folder."""
    return path[len(folder) :].lstrip("/").partition("/")[0]


def listed(columns: list[str]) -> str:
    names = [f"`{name}`" for name in dict.fromkeys(columns)]
    return ", ".join(names) if len(names) <= SHOWN else f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"


def _said(kind: str, name: str, value: object) -> list[str]:
    if kind in ("attribute", "binary", "unary"):
        return [name]
    if kind == "compare" and isinstance(value, tuple):
        return [str(v) for v in value]
    if kind == "fstring" and isinstance(value, tuple):
        return [v for v in value if isinstance(v, str) and v.strip()]
    if kind == "const" and value is not None and not isinstance(value, bool):
        return [repr(float(value)) if isinstance(value, (int, float)) and abs(value) < 1e15 else str(value)]
    return []


def alike(one: Tokens, other: Tokens) -> float:
    return _share(Counter(one), Counter(other))


def _share(one: Counter[K], other: Counter[K]) -> float:
    """The common part of two multisets, of all there is."""
    both = (one & other).total()
    every = one.total() + other.total() - both
    return both / every if every else 0.0
