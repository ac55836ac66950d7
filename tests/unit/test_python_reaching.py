"""Definitions that reach a use, compared with an interpreter that runs small programs along all their paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from mlrubric.model.python import PythonModule
from mlrubric.read.python import read
from mlrubric.source.document import Document

NAMES = ("x", "y")
State = frozenset[tuple[str, int]]  # variable -> line of its definition
States = frozenset[State]
NONE: States = frozenset()


@dataclass(frozen=True)
class Node:
    """A statement: `kind`, the variable it speaks of, and its suites by role."""

    kind: str
    name: str = ""
    suites: tuple[tuple[str, tuple[Node, ...]], ...] = ()

    def suite(self, role: str) -> tuple[Node, ...]:
        return dict(self.suites).get(role, ())


SIMPLE = st.one_of(
    st.builds(Node, st.just("set"), st.sampled_from(NAMES)),
    st.builds(Node, st.just("use"), st.sampled_from(NAMES)),
    st.builds(Node, st.sampled_from(["del", "add"]), st.sampled_from(NAMES)),
)
LEAVING = st.builds(Node, st.sampled_from(["return", "raise"]))
JUMPING = st.builds(Node, st.sampled_from(["break", "continue"]))


@cache
def suites_of(depth: int, loop: bool) -> st.SearchStrategy[tuple[Node, ...]]:
    leaf = [SIMPLE, SIMPLE, LEAVING] + ([JUMPING, JUMPING] if loop else [])
    return st.lists(st.one_of(*leaf, *([compound(depth - 1, loop)] * 4 if depth else [])), min_size=1, max_size=4).map(tuple)


@cache
def compound(depth: int, loop: bool) -> st.SearchStrategy[Node]:
    plain, inner = suites_of(depth, loop), suites_of(depth, True)
    empty: st.SearchStrategy[tuple[Node, ...]] = st.just(())

    def build(kind: str, name: str, **parts: st.SearchStrategy[tuple[Node, ...]]) -> st.SearchStrategy[Node]:
        return st.fixed_dictionaries(parts).map(lambda made: Node(kind, name, tuple(made.items())))

    return st.one_of(
        build("if", "", body=plain, orelse=plain | empty),
        build("while", "", body=inner, orelse=plain | empty),
        build("while", "True", body=inner, orelse=empty),
        build("for", "x", body=inner, orelse=plain | empty),
        build("match", "", body=plain, orelse=plain | empty),
        build("with", "", body=plain),
        build("suppress", "", body=plain),
        build("try", "", body=plain, handler=plain, orelse=plain | empty, last=plain | empty),
        build("try", "", body=plain, last=plain),
    )


@dataclass
class Outcome:
    normal: States = NONE
    breaks: States = NONE
    continues: States = NONE
    returns: States = NONE
    raises: States = NONE

    def take(self, other: Outcome) -> None:
        """Add how a part leaves, all but its normal end."""
        self.breaks |= other.breaks
        self.continues |= other.continues
        self.returns |= other.returns
        self.raises |= other.raises


@dataclass
class Program:
    """Renders statements to lines and runs them on sets of concrete states; `seen` has what each use met."""

    lines: list[str] = field(default_factory=lambda: ["def f():"])
    seen: dict[int, set[int]] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)

    def write(self, body: Iterable[Node], indent: int) -> None:
        for node in body:
            self.numbers[id(node)] = len(self.lines) + 1
            self._write(node, " " * indent, indent + 1)

    def _write(self, node: Node, margin: str, inner: int) -> None:
        simple = {"set": f"{node.name} = new()", "use": f"use({node.name})", "del": f"del {node.name}", "add": f"{node.name} += 1"}
        heads = {"if": "if c():", "while": f"while {node.name or 'c()'}:", "for": "for x in c():", "with": "with c():", "try": "try:"}
        if not node.suites:
            self.lines.append(margin + simple.get(node.kind, node.kind))
            return
        if node.kind == "match":
            self.lines.append(f"{margin}match c():")
            for head, role in (("case 1:", "body"), ("case _:", "orelse")):
                if node.suite(role):
                    self.lines.append(f"{margin} {head}")
                    self.write(node.suite(role), inner + 1)
            return
        self.lines.append(margin + heads.get(node.kind, "with suppress(E):"))
        self.write(node.suite("body"), inner)
        for head, role in (("except E:", "handler"), ("else:", "orelse"), ("finally:", "last")):
            if node.suite(role):
                self.lines.append(margin + head)
                self.write(node.suite(role), inner)

    # ---- running ----

    def run(self, body: Iterable[Node], states: States) -> Outcome:
        outcome = Outcome(states, raises=states)
        for node in body:
            if not outcome.normal:
                break
            ran = self.step(node, outcome.normal)
            outcome.take(ran)
            outcome.normal = ran.normal
        return outcome

    def step(self, node: Node, states: States) -> Outcome:
        line = self.numbers[id(node)]
        if node.kind in ("use", "add"):
            for state in states:
                self.seen.setdefault(line, set()).add(dict(state).get(node.name, 0))
        if node.kind in ("set", "del", "add"):
            after = define(states, node.name, line)
            return Outcome(after, raises=states | after)
        if node.kind in ("break", "continue", "return", "raise"):
            return Outcome(**{node.kind + "s": states})
        if node.kind in ("while", "for"):
            return self._loop(node, states, line)
        if node.kind == "try":
            return self._try(node, states)
        body = self.run(node.suite("body"), states)
        outcome = Outcome(body.normal, raises=states)
        outcome.take(body)
        if node.kind in ("if", "match"):
            other = self.run(node.suite("orelse"), states)
            outcome.take(other)
            outcome.normal |= other.normal
        elif node.kind == "suppress":
            outcome.normal |= body.raises
        return outcome

    def _loop(self, node: Node, states: States, line: int) -> Outcome:
        outcome, heads = Outcome(raises=states), states
        while True:
            body = self.run(node.suite("body"), define(heads, "x", line) if node.kind == "for" else heads)
            wider = heads | body.normal | body.continues
            if wider == heads:
                break
            heads = wider
        outcome.returns, outcome.raises = body.returns, outcome.raises | body.raises | heads
        finished = NONE if node.name == "True" else heads
        orelse = self.run(node.suite("orelse"), finished) if finished else Outcome()
        outcome.take(orelse)
        outcome.normal = orelse.normal | body.breaks
        return outcome

    def _try(self, node: Node, states: States) -> Outcome:
        body = self.run(node.suite("body"), states)
        outcome = Outcome(body.normal)
        outcome.take(body)
        if node.suite("orelse"):
            orelse = self.run(node.suite("orelse"), body.normal) if body.normal else Outcome()
            outcome.take(orelse)
            outcome.normal = orelse.normal
        if node.suite("handler"):
            handler = self.run(node.suite("handler"), body.raises)
            outcome.take(handler)
            outcome.normal |= handler.normal
        if not node.suite("last"):
            return outcome
        result = Outcome()
        for way in ("normal", "breaks", "continues", "returns", "raises"):
            coming: States = getattr(outcome, way)
            if coming:
                last = self.run(node.suite("last"), coming)
                result.take(last)
                setattr(result, way, getattr(result, way) | last.normal)
        return result


def define(states: States, name: str, line: int) -> States:
    return frozenset(frozenset({**dict(state), name: line}.items()) for state in states)


def reported(module: PythonModule) -> dict[int, tuple[set[int], bool]]:
    """Line of each use -> lines of the definitions that reach it (0: it may be undefined), and whether a loop's phi was met."""
    found: dict[int, tuple[set[int], bool]] = {}
    for op in module.ops:
        if op.kind == "load" and op.name in NAMES:
            lines = {0} if op.extra == 1 or not op.args else set()
            pending, done = list(op.args), set[int]()
            while pending:
                definition = pending.pop()
                if definition not in done:
                    done.add(definition)
                    if module.ops[definition].kind == "phi":
                        pending.extend(module.ops[definition].args)
                    else:
                        lines.add(module.ops[definition].line)
            found[op.line] = lines, any(module.ops[d].kind == "phi" for d in done)
    return found


def loops_in(body: Iterable[Node]) -> bool:
    return any(node.kind in ("while", "for") or any(loops_in(inner) for _, inner in node.suites) for node in body)


def loop_in_finally(body: Iterable[Node]) -> bool:
    """The one place where the reader is wider than the paths: a loop's head inside `finally` serves all ways through it."""
    return any(loops_in(node.suite("last")) or any(loop_in_finally(inner) for _, inner in node.suites) for node in body)


@settings(max_examples=400, deadline=None)
@given(suites_of(3, False))
def test_definitions_are_those_of_all_paths(body: tuple[Node, ...]) -> None:
    body = tuple(copied(node) for node in body)
    program = Program()
    program.write(body, 1)
    program.run(body, frozenset([frozenset()]))
    text = "\n".join(program.lines) + "\n"
    (module,) = read(Document("a.py", text))
    assert isinstance(module, PythonModule)
    says = reported(module)
    for line, expected in program.seen.items():
        lines, _ = says[line]
        if loop_in_finally(body):
            assert expected <= lines, text
        else:
            assert expected == lines, f"line {line}\n{text}"


def copied(node: Node) -> Node:
    """Each statement its own object: lines are remembered by identity."""
    return Node(node.kind, node.name, tuple((role, tuple(copied(inner) for inner in suite)) for role, suite in node.suites))
