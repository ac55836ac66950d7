"""What the walk builds: operations, blocks and scopes of one module, with the flow of the scope that is walked now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import libcst as cst

from mlrubric.model.python import Block, Op, Scope
from mlrubric.read.python.dispatch import EXPRESSIONS, STATEMENTS
from mlrubric.read.python.flow import Environment, Flow, merge
from mlrubric.read.python.positions import NOWHERE, MismatchError, Twin

_new = tuple.__new__


@dataclass(slots=True)
class ScopeDraft:
    kind: str
    name: str
    parent: int
    block: int
    line: int
    column: int
    end_line: int
    definition: int = -1
    params: tuple[int, ...] = ()
    is_async: bool = False
    docstring: str = ""
    returns_annotation: int = -1
    flow: Flow | None = None


@dataclass(slots=True)
class OpenBlock:
    index: int
    outer: int
    left: str


class Builder:
    """Positions come from the `ast` twin of each node."""

    def __init__(self, walrus: bool = True) -> None:
        self.ops: list[Op] = []
        self.blocks: list[Block] = []
        self.scopes: list[ScopeDraft] = []
        self.scope = -1
        self.block = -1
        self.flow = Flow()
        self.walrus = walrus  # whether the text can hold `:=` at all
        self.comprehensions = 0

    # ---- positions ----------------------------------------------------------------------------------------------

    def emit(
        self, kind: str, node: cst.CSTNode, at: Twin, name: str = "", args: tuple[int, ...] = (), value: object = None, extra: object = None
    ) -> int:
        ops = self.ops
        place = (at.lineno, at.col_offset + 1, at.end_lineno, at.end_col_offset + 1)
        ops.append(_new(Op, (kind, *place, self.scope, self.block, name, args, value, extra)))
        return len(ops) - 1

    def span(self, node: cst.CSTNode, at: Twin) -> tuple[int, int, int, int]:
        return at.lineno, at.col_offset + 1, at.end_lineno, at.end_col_offset + 1

    # ---- the walk -----------------------------------------------------------------------------------------------

    def value(self, node: cst.CSTNode, at: Twin) -> int:
        """Walk an expression; the id of the operation that yields its value."""
        return EXPRESSIONS[node.__class__](self, node, at)

    def suite(self, body: cst.BaseSuite | cst.Module, twins: Iterable[Twin]) -> None:
        self.statements(body.body, twins)

    def statements(self, body: Iterable[cst.CSTNode], twins: Iterable[Twin]) -> None:
        following = iter(twins)
        try:
            for statement in body:
                kind = statement.__class__
                if kind is cst.SimpleStatementLine:
                    for small in statement.body:  # type: ignore[attr-defined]
                        STATEMENTS[small.__class__](self, small, next(following))
                else:
                    STATEMENTS[kind](self, statement, next(following))
        except StopIteration as stop:
            raise MismatchError from stop
        if twins is not NOWHERE and next(following, None) is not None:
            raise MismatchError

    def branch(self, kind: str, body: cst.BaseSuite, twins: Any, test: int = -1, constant: object = None, line: int = 0) -> str:
        """Walk a suite in a block of its own; how it leaves."""
        opened = self.open(kind, test, constant, line or self.span(_first(body), twins[0])[0])
        self.suite(body, twins)
        return self.close(opened, self.span(_last(body), twins[-1])[2])

    # ---- blocks -------------------------------------------------------------------------------------------------

    def open(self, kind: str, test: int = -1, constant: object = None, line: int = 0) -> OpenBlock:
        opened = OpenBlock(len(self.blocks), self.block, self.flow.left)
        self.blocks.append(Block(kind, self.block, self.scope, test, "", constant, line))
        self.block, self.flow.left = opened.index, ""
        return opened

    def close(self, opened: OpenBlock, end_line: int) -> str:
        left = self.flow.left
        self.blocks[opened.index] = self.blocks[opened.index]._replace(leaves=left, end_line=end_line)
        self.block, self.flow.left = opened.outer, opened.left
        return left

    def left(self, reason: str) -> None:
        """The current block ends in this way, unless it had ended before."""
        if reason and not self.flow.left:
            self.flow.left = reason

    # ---- scopes -------------------------------------------------------------------------------------------------

    def enter(self, draft: ScopeDraft) -> tuple[int, Flow, OpenBlock]:
        outer, flow = self.scope, self.flow
        self.scope = len(self.scopes)
        self.scopes.append(draft)
        self.flow = draft.flow = Flow()
        if draft.kind == "lambda":
            self.flow.inherited = [*flow.inherited, *flow.renamings]
        opened = self.open("scope", line=draft.line)
        draft.block = opened.index
        return outer, flow, opened

    def exit(self, saved: tuple[int, Flow, OpenBlock]) -> None:
        flow = self.flow
        if self.scopes[self.scope].kind in ("function", "lambda"):
            for op in flow.free:  # a local variable that is not assigned yet on any path
                if self.ops[op].name in flow.assigned and self.ops[op].name not in flow.globals + flow.nonlocals:
                    self.ops[op] = self.ops[op]._replace(extra=1)
        outer, outer_flow, opened = saved
        self.close(opened, self.scopes[self.scope].end_line)
        self.scope, self.flow = outer, outer_flow

    # ---- names --------------------------------------------------------------------------------------------------

    def load(self, name: str, node: cst.CSTNode, at: Twin) -> int:
        flow = self.flow
        if flow.renamings or flow.inherited:
            name = self._renamed(name)
        found = flow.env.get(name)
        if found is None:
            op = self.emit("load", node, at, name)
            flow.free.append(op)
            return op
        if found[0] < 0:
            return self.emit("load", node, at, name, found[1:], None, 1)
        return self.emit("load", node, at, name, found)

    def assign(self, name: str, node: cst.CSTNode, at: Twin, args: tuple[int, ...], extra: object = None) -> int:
        op = self.emit("assign", node, at, name, args, None, extra)
        self.flow.define(name, op)
        return op

    def _renamed(self, name: str) -> str:
        flow = self.flow
        for renaming in reversed(flow.renamings):
            if name in renaming.names:
                return renaming.names[name]
        if flow.inherited and name not in flow.env:
            for renaming in reversed(flow.inherited):
                if name in renaming.names:
                    renaming.captured = True
                    return renaming.names[name]
        return name

    # ---- loops --------------------------------------------------------------------------------------------------

    def loop_head(self, names: Iterable[str], node: cst.CSTNode, at: Twin) -> dict[str, int]:
        """A `phi` for each variable that the loop assigns."""
        phis: dict[str, int] = {}
        env = self.flow.env
        for name in sorted(names):
            coming = env.get(name, (-1,))
            undefined = coming[0] < 0
            phi = self.emit("phi", node, at, name, coming[1:] if undefined else coming)
            env[name] = (-1, phi) if undefined else (phi,)
            self.flow.collect(name, phi)
            phis[name] = phi
        return phis

    def loop_back(self, phis: Mapping[str, int], states: list[Environment]) -> None:
        """What comes round the loop reaches its head."""
        for name, phi in phis.items():
            known = set(self.ops[phi].args)
            for state in states:
                known.update(state.get(name, ()))
            self.ops[phi] = self.ops[phi]._replace(args=tuple(sorted(known - {phi, -1})))


class ProvidedBuilder(Builder):
    """Positions come from libcst's PositionProvider: for syntax that the running Python's `ast` does not know."""

    def __init__(self, ranges: Mapping[cst.CSTNode, Any], walrus: bool = True) -> None:
        super().__init__(walrus)
        self.ranges = ranges

    def emit(
        self, kind: str, node: cst.CSTNode, at: Twin, name: str = "", args: tuple[int, ...] = (), value: object = None, extra: object = None
    ) -> int:
        self.ops.append(Op(kind, *self.span(node, at), self.scope, self.block, name, args, value, extra))
        return len(self.ops) - 1

    def span(self, node: cst.CSTNode, at: Twin) -> tuple[int, int, int, int]:
        where = self.ranges[node]
        return where.start.line, where.start.column + 1, where.end.line, where.end.column + 1


def finished(builder: Builder) -> list[Scope]:
    """The scopes with their dotted names; lambdas are numbered in source order inside their parent."""
    lambdas: dict[int, list[int]] = {}
    for index, draft in enumerate(builder.scopes):
        if draft.kind == "lambda":
            lambdas.setdefault(draft.parent, []).append(index)
    for members in lambdas.values():
        members.sort(key=lambda i: (builder.scopes[i].line, builder.scopes[i].column))
        for number, index in enumerate(members, 1):
            builder.scopes[index].name = f"<lambda{number}>"
    result: list[Scope] = []
    for draft in builder.scopes:
        outer = result[draft.parent].qualname if draft.parent >= 0 else ""
        qualname = f"{outer}.{draft.name}" if outer else draft.name
        flow = draft.flow or Flow()
        scope = Scope(
            draft.kind, draft.name, qualname, draft.parent, draft.definition, draft.params, tuple(flow.returns), draft.block,
            draft.line, draft.column, draft.end_line, draft.is_async, flow.generator, draft.docstring,
            tuple(sorted(set(flow.globals))), tuple(sorted(set(flow.nonlocals))), _exports(flow), draft.returns_annotation,
        )  # fmt: skip
        result.append(scope)
    return result


def _exports(flow: Flow) -> tuple[tuple[str, tuple[int, ...]], ...]:
    ends = flow.ends if flow.dead and flow.ends else [*flow.ends, flow.env]
    alive = merge(ends)
    return tuple((name, tuple(d for d in alive[name] if d >= 0)) for name in sorted(alive) if alive[name] != (-1,))


def _first(body: cst.BaseSuite) -> cst.CSTNode:
    statement = body.body[0]
    return statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else statement


def _last(body: cst.BaseSuite) -> cst.CSTNode:
    statement = body.body[-1]
    return statement.body[-1] if isinstance(statement, cst.SimpleStatementLine) else statement
