"""Comprehensions, inlined into the scope around them with names of their own (`<comp3>.x`)."""

from __future__ import annotations

import libcst as cst

from mlrubric.read.python.builder import Builder
from mlrubric.read.python.dispatch import expression
from mlrubric.read.python.flow import Environment, Renaming, merge
from mlrubric.read.python.names import targets_in, walruses_in
from mlrubric.read.python.positions import Twin
from mlrubric.read.python.targets import bind

_KINDS: dict[type, str] = {cst.ListComp: "list", cst.SetComp: "set", cst.GeneratorExp: "generator", cst.DictComp: "dict"}


@expression(cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)
def comprehension(b: Builder, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp, at: Twin) -> int:
    b.comprehensions += 1
    prefix = f"<comp{b.comprehensions}>."
    generators = at.generators
    loop: cst.CompFor | None = node.for_in
    iterable = b.value(node.for_in.iter, generators[0].iter)
    phis = b.loop_head(walruses_in(node), node, at) if b.walrus else {}
    head = dict(b.flow.env) if phis else b.flow.env
    renaming = Renaming()
    b.flow.renamings.append(renaming)
    states: list[Environment] = []
    filters: list[int] = []
    number = 0
    while loop is not None:
        twin = generators[number]
        if number:
            iterable = b.value(loop.iter, twin.iter)
        for name in targets_in(loop.target):
            renaming.names[name] = prefix + name
        element = b.emit("element", loop.iter, twin.iter, "", (iterable,), "async" if loop.asynchronous else None)
        bind(b, loop.target, twin.target, element, renaming.names)
        for position, condition in enumerate(loop.ifs):
            filters.append(b.value(condition.test, twin.ifs[position]))
            if phis:
                states.append(dict(b.flow.env))
        loop, number = loop.inner_for_in, number + 1
    if isinstance(node, cst.DictComp):
        args: tuple[int, ...] = (b.value(node.key, at.key), b.value(node.value, at.value))
    else:
        args = (b.value(node.elt, at.elt),)
    b.flow.renamings.pop()
    if phis:
        b.loop_back(phis, [*states, b.flow.env])
        b.flow.env = merge([head, *states, b.flow.env])
        for name, phi in phis.items():
            b.flow.env[name] = (-1, phi) if head[name][0] < 0 else (phi,)
    if not renaming.captured:
        for name in renaming.names.values():
            b.flow.env.pop(name, None)
            b.flow.assigned.discard(name)
    return b.emit("comprehension", node, at, "", args, _KINDS[node.__class__], tuple(filters) or None)
