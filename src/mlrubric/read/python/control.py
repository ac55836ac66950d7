"""Branches, loops, `try` and `with`: blocks, and what reaches the places where paths meet."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from mlrubric.model.python import Op
from mlrubric.read.python.builder import Builder
from mlrubric.read.python.dispatch import statement
from mlrubric.read.python.flow import Environment, Finally, Loop, passed_through, together, union, with_all
from mlrubric.read.python.names import bound_in, targets_in, walruses_in
from mlrubric.read.python.positions import NOWHERE, Twin
from mlrubric.read.python.targets import bind

# context managers that go on behind the `with` when its suite raises
_SUPPRESSING = {"suppress", "raises", "assertRaises", "assertRaisesRegex"}


def constant_of(b: Builder, op: int) -> tuple[object, bool | None]:
    """What the block says about a condition, and whether it is surely true or false when the program runs."""
    test = b.ops[op]
    if test.kind == "const" and test.name != "complex":
        return bool(test.value), bool(test.value)
    if test.kind == "unary" and test.name == "not":
        said, sure = constant_of(b, test.args[0])
        return (None if said is None or said == "main" else not said), (None if sure is None else not sure)
    if test.name == "TYPE_CHECKING" and test.kind in ("load", "attribute"):
        return False, None  # its names are for annotations: both ways go on
    if test.kind == "compare" and test.value == ("==",):
        one, other = (b.ops[i] for i in test.args)
        if one.kind == "const":
            one, other = other, one
        if one.kind == "load" and one.name == "__name__" and other.value == "__main__":
            return "main", None
    return None, None


@statement(cst.If)
def branch(b: Builder, node: cst.If, at: Twin) -> None:
    flow = b.flow
    test = b.value(node.test, at.test)
    said, sure = constant_of(b, test)
    before, dead = flow.env, flow.dead
    flow.env, flow.dead = dict(before), dead or sure is False
    left = b.branch("if", node.body, at.body, test, said, b.span(node, at)[0])
    then = (flow.env, flow.dead)
    flow.env, flow.dead = before, dead or sure is True
    other = ""
    if isinstance(node.orelse, cst.If):
        twin = at.orelse[0]
        opened = b.open("else", test, said, b.span(node.orelse, twin)[0])
        branch(b, node.orelse, twin)
        other = b.close(opened, b.span(node.orelse, twin)[2])
    elif node.orelse is not None:
        other = b.branch("else", node.orelse.body, at.orelse, test, said)
    flow.arrive([then, (flow.env, flow.dead)])
    b.left(left if sure is True else other if sure is False else together((left, other)))


@statement(cst.While)
def while_loop(b: Builder, node: cst.While, at: Twin) -> None:
    flow = b.flow
    names = bound_in(node.body, b.walrus) | (walruses_in(node.test) if b.walrus else set())
    phis = b.loop_head(names, node, at)
    test = b.value(node.test, at.test)
    said, sure = constant_of(b, test)
    finished, dead = dict(flow.env), flow.dead
    loop = Loop()
    flow.frames.append(loop)
    flow.dead = dead or sure is False
    b.branch("while", node.body, at.body, test, said, b.span(node, at)[0])
    flow.frames.pop()
    if not flow.dead:
        loop.continues.append(flow.env)
    b.loop_back(phis, loop.continues)
    flow.env, flow.dead = finished, dead or sure is True
    _after_loop(b, node, at, test, loop)


@statement(cst.For)
def for_loop(b: Builder, node: cst.For, at: Twin) -> None:
    flow = b.flow
    iterable = b.value(node.iter, at.iter)
    targets = set(targets_in(node.target))
    phis = b.loop_head(bound_in(node.body, b.walrus) - targets, node, at)
    finished, dead = dict(flow.env), flow.dead
    loop = Loop()
    flow.frames.append(loop)
    opened = b.open("for", iterable, None, b.span(node, at)[0])
    element = b.emit("element", node.iter, at.iter, "", (iterable,), "async" if node.asynchronous else None)
    bind(b, node.target, at.target, element)
    b.suite(node.body, at.body)
    b.close(opened, b.span(node.body.body[-1], at.body[-1])[2])
    flow.frames.pop()
    if not flow.dead:
        loop.continues.append(flow.env)
    b.loop_back(phis, loop.continues)
    for name in sorted(targets):  # they need no phi: each round assigns them first
        for state in loop.continues:
            finished[name] = union(finished.get(name, (-1,)), state.get(name, (-1,)))
    flow.env, flow.dead = finished, dead
    _after_loop(b, node, at, iterable, loop)


def _after_loop(b: Builder, node: cst.While | cst.For, at: Twin, test: int, loop: Loop) -> None:
    flow = b.flow
    if node.orelse is not None:
        left = b.branch("loop_else", node.orelse.body, at.orelse, test)
        if not loop.breaks:
            b.left(left)
    if loop.breaks:
        flow.arrive([(flow.env, flow.dead), *((state, False) for state in loop.breaks)])


@statement(cst.Try, cst.TryStar)
def try_statement(b: Builder, node: cst.Try | cst.TryStar, at: Twin) -> None:
    flow = b.flow
    if node.finalbody is None:
        b.left(_try(b, node, at))
        return
    before, dead, passing = dict(flow.env), flow.dead, Finally()
    made: dict[str, set[int]] = {}
    flow.collectors.append(made)
    flow.frames.append(passing)
    left = _try(b, node, at)
    flow.collectors.pop()
    flow.frames.pop()
    normal, normal_dead = flow.env, flow.dead
    entry = with_all(before, made)
    flow.env, flow.dead = dict(entry), dead
    ended = b.branch("finally", node.finalbody.body, at.finalbody)
    b.left(ended or left)
    if flow.dead:
        return
    leaving = flow.env
    flow.env, flow.dead = passed_through(entry, leaving, normal), normal_dead
    for reason, state in passing.pending:
        flow.deliver(reason, passed_through(entry, leaving, state))


def _try(b: Builder, node: cst.Try | cst.TryStar, at: Twin) -> str:
    """Everything but `finally`; how all of it leaves."""
    flow = b.flow
    before, dead = dict(flow.env), flow.dead
    made: dict[str, set[int]] = {}
    flow.collectors.append(made)
    left = b.branch("try", node.body, at.body, -1, None, b.span(node, at)[0])
    flow.collectors.pop()
    if node.orelse is not None:
        left = b.branch("try_else", node.orelse.body, at.orelse) or left
    ends: list[tuple[Environment, bool]] = [(flow.env, flow.dead)]
    lefts = [left]
    entry = with_all(before, made)
    handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler] = node.handlers
    for number, handler in enumerate(handlers):
        twin = at.handlers[number]
        flow.env, flow.dead = dict(entry), dead
        caught = b.value(handler.type, twin.type) if handler.type is not None else -1
        opened = b.open("except", caught, None, b.span(handler, twin)[0])
        if handler.name is not None and isinstance(handler.name.name, cst.Name):
            name = handler.name.name
            exception = b.emit("unknown", handler.name.name, _named(handler, twin), "except", (caught,) if caught >= 0 else ())
            b.assign(name.value, name, _named(handler, twin), (exception,))
        b.suite(handler.body, twin.body)
        lefts.append(b.close(opened, b.span(handler, twin)[2]))
        if handler.name is not None and isinstance(handler.name.name, cst.Name):
            flow.env.pop(handler.name.name.value, None)  # Python unbinds it
        ends.append((flow.env, flow.dead))
    flow.arrive(ends)
    return together(lefts)


def _named(handler: cst.ExceptHandler | cst.ExceptStarHandler, twin: Twin) -> Twin:
    """`ast` gives no place to the name of `except E as name`: that of the type stands for it."""
    return twin if twin is NOWHERE or handler.type is None else twin.type


@statement(cst.With)
def with_statement(b: Builder, node: cst.With, at: Twin) -> None:
    flow = b.flow
    first, suppressing = -1, False
    for number, item in enumerate(node.items):
        twin = at.items[number]
        manager = b.value(item.item, twin.context_expr)
        first = manager if first < 0 else first
        suppressing = suppressing or _suppresses(b, b.ops[manager])
        value = b.emit("enter", item.item, twin.context_expr, "", (manager,), "async" if node.asynchronous else None)
        if item.asname is not None:
            bind(b, item.asname.name, twin.optional_vars, value)
    made: dict[str, set[int]] = {}
    before = dict(flow.env) if suppressing else flow.env
    dead = flow.dead
    if suppressing:
        flow.collectors.append(made)
    left = b.branch("with", node.body, at.body, first, None, b.span(node, at)[0])
    if suppressing:
        flow.collectors.pop()
        flow.arrive([(flow.env, flow.dead), (with_all(before, made), dead)])
        return
    b.left(left)


def _suppresses(b: Builder, manager: Op) -> bool:
    if manager.kind != "call":
        return False
    callee = b.ops[manager.args[0]]
    return callee.kind in ("load", "attribute") and callee.name in _SUPPRESSING
