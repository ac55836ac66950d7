"""Expressions to operations, in the order in which Python evaluates them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import libcst as cst

from mlrubric.read.python.builder import Builder
from mlrubric.read.python.dispatch import EXPRESSIONS, expression
from mlrubric.read.python.flow import merge
from mlrubric.read.python.operators import BINARY, COMPARE, UNARY
from mlrubric.read.python.positions import NOWHERE, MismatchError, Twin

_SINGLETONS: dict[str, object] = {"None": None, "True": True, "False": False}


@expression(cst.Name)
def name(b: Builder, node: cst.Name, at: Twin) -> int:
    text = node.value
    if text in _SINGLETONS:
        return b.emit("const", node, at, "", (), _SINGLETONS[text])
    if at is not NOWHERE and at.id != text:
        text = normal(text, at.id)
    return b.load(text, node, at)


def normal(text: str, twin: str) -> str:
    """An identifier as Python knows it; the twin tells whether the trees are still side by side."""
    if unicodedata.normalize("NFKC", text) != twin:
        raise MismatchError
    return twin


@expression(cst.Integer, cst.Float, cst.Imaginary, cst.SimpleString)
def constant(b: Builder, node: cst.Integer | cst.Float | cst.Imaginary | cst.SimpleString, at: Twin) -> int:
    value = node.evaluated_value if at is NOWHERE else at.value
    if isinstance(value, complex):
        return b.emit("const", node, at, "complex", (), str(value))
    return b.emit("const", node, at, "", (), value)


@expression(cst.Ellipsis)
def ellipsis(b: Builder, node: cst.Ellipsis, at: Twin) -> int:
    return b.emit("const", node, at, "Ellipsis", (), "...")


@expression(cst.Attribute)
def attribute(b: Builder, node: cst.Attribute, at: Twin) -> int:
    value = node.value
    owner = EXPRESSIONS[value.__class__](b, value, at.value)
    return b.emit("attribute", node, at, node.attr.value, (owner,))


@expression(cst.Call)
def call(b: Builder, node: cst.Call, at: Twin) -> int:
    callee = EXPRESSIONS[node.func.__class__](b, node.func, at.func)
    if not node.args:
        return b.emit("call", node, at, "", (callee,), ())
    args, names, stars = arguments(b, node.args, at.args, at.keywords)
    return b.emit("call", node, at, "", (callee, *args), names, tuple(s + 1 for s in stars) or None)


def arguments(b: Builder, args: Iterable[cst.Arg], at: Twin, keywords: Twin) -> tuple[list[int], tuple[str, ...], list[int]]:
    """Walk arguments in source order; positional ones and then keywords, the names of the keywords, the places of the starred ones."""
    positional: list[int] = []
    named: list[int] = []
    names: list[str] = []
    stars: list[int] = []
    for arg in args:
        value = arg.value
        if arg.keyword is not None:
            twin = keywords[len(named)]
            names.append(arg.keyword.value)
            named.append(EXPRESSIONS[value.__class__](b, value, twin.value))
        elif arg.star == "**":
            twin = keywords[len(named)]
            names.append("**")
            named.append(b.value(value, twin.value))
        elif arg.star == "*":
            twin = at[len(positional)]
            stars.append(len(positional))
            positional.append(b.emit("element", value, twin, "", (b.value(value, twin.value),)))
        else:
            positional.append(EXPRESSIONS[value.__class__](b, value, at[len(positional)]))
    return positional + named, tuple(names), stars


@expression(cst.Subscript)
def subscript(b: Builder, node: cst.Subscript, at: Twin) -> int:
    owner = b.value(node.value, at.value)
    return b.emit("subscript", node, at, "", (owner, index(b, node.slice, at.slice)))


def index(b: Builder, elements: Iterable[cst.SubscriptElement], at: Twin) -> int:
    """What stands between the brackets of a subscript; several of them are a tuple."""
    parts = tuple(elements)
    single = parts[0].slice if len(parts) == 1 and not isinstance(parts[0].comma, cst.Comma) else None
    if single is not None and not getattr(single, "star", None):
        return _slice(b, single, at)
    twins = at.elts
    ids = tuple(_slice(b, part.slice, twins[i]) for i, part in enumerate(parts))
    return b.emit("container", parts[0], at, "", ids, "tuple")


def _slice(b: Builder, part: cst.BaseSlice, at: Twin) -> int:
    if isinstance(part, cst.Index):
        if part.star:
            return b.emit("element", part, at, "", (b.value(part.value, at.value),))
        return b.value(part.value, at)
    assert isinstance(part, cst.Slice)
    lower = b.value(part.lower, at.lower) if part.lower else -1
    upper = b.value(part.upper, at.upper) if part.upper else -1
    step = b.value(part.step, at.step) if part.step else -1
    return b.emit("slice", part, at, "", (lower, upper, step))


@expression(cst.List, cst.Tuple, cst.Set)
def container(b: Builder, node: cst.List | cst.Tuple | cst.Set, at: Twin) -> int:
    twins, kind = at.elts, node.__class__.__name__.lower()
    if twins is not NOWHERE and len(twins) != len(node.elements):
        raise MismatchError
    ids: list[int] = []
    for number, element in enumerate(node.elements):
        value = element.value
        if isinstance(element, cst.StarredElement):
            twin = twins[number]
            ids.append(b.emit("element", element, twin, "", (b.value(value, twin.value),)))
        else:
            ids.append(EXPRESSIONS[value.__class__](b, value, twins[number]))
    return b.emit("container", node, at, "", tuple(ids), kind)


@expression(cst.StarredElement)
def starred(b: Builder, node: cst.StarredElement, at: Twin) -> int:
    return b.emit("element", node, at, "", (b.value(node.value, at.value),))


@expression(cst.Dict)
def dictionary(b: Builder, node: cst.Dict, at: Twin) -> int:
    keys, values = at.keys, at.values
    if keys is not NOWHERE and len(keys) != len(node.elements):
        raise MismatchError
    ids: list[int] = []
    for number, element in enumerate(node.elements):
        ids.append(b.value(element.key, keys[number]) if isinstance(element, cst.DictElement) else -1)
        ids.append(b.value(element.value, values[number]))
    return b.emit("dict", node, at, "", tuple(ids))


@expression(cst.BinaryOperation)
def binary(b: Builder, node: cst.BinaryOperation, at: Twin) -> int:
    left = b.value(node.left, at.left)
    right = b.value(node.right, at.right)
    return b.emit("binary", node, at, BINARY[node.operator.__class__], (left, right))


@expression(cst.UnaryOperation)
def unary(b: Builder, node: cst.UnaryOperation, at: Twin) -> int:
    return b.emit("unary", node, at, UNARY[node.operator.__class__], (b.value(node.expression, at.operand),))


@expression(cst.BooleanOperation)
def boolean(b: Builder, node: cst.BooleanOperation, at: Twin) -> int:
    """`a and b and c` is one operation, as in `ast`; only the first operand is sure to be evaluated."""
    kind = node.operator.__class__
    operands: list[cst.BaseExpression] = [node.right]
    left = node.left
    while isinstance(left, cst.BooleanOperation) and left.operator.__class__ is kind and not left.lpar:
        operands.append(left.right)
        left = left.left
    operands.append(left)
    operands.reverse()
    twins = at.values
    if twins is not NOWHERE and len(twins) != len(operands):
        raise MismatchError
    ids = [b.value(operands[0], twins[0])]
    states = []
    for number in range(1, len(operands)):
        if b.walrus:
            states.append(dict(b.flow.env))
        ids.append(b.value(operands[number], twins[number]))
    if states:
        b.flow.env = merge([*states, b.flow.env])
    return b.emit("boolean", node, at, "and" if kind is cst.And else "or", tuple(ids))


@expression(cst.Comparison)
def comparison(b: Builder, node: cst.Comparison, at: Twin) -> int:
    ids = [b.value(node.left, at.left)]
    twins = at.comparators
    if twins is not NOWHERE and len(twins) != len(node.comparisons):
        raise MismatchError
    for number, target in enumerate(node.comparisons):
        ids.append(b.value(target.comparator, twins[number]))
    operators = tuple(COMPARE[target.operator.__class__] for target in node.comparisons)
    return b.emit("compare", node, at, "", tuple(ids), operators)


@expression(cst.IfExp)
def conditional(b: Builder, node: cst.IfExp, at: Twin) -> int:
    test = b.value(node.test, at.test)
    if not b.walrus:
        return b.emit("conditional", node, at, "", (test, b.value(node.body, at.body), b.value(node.orelse, at.orelse)))
    before = dict(b.flow.env)
    body = b.value(node.body, at.body)
    after, b.flow.env = b.flow.env, before
    orelse = b.value(node.orelse, at.orelse)
    b.flow.env = merge([after, b.flow.env])
    return b.emit("conditional", node, at, "", (test, body, orelse))


@expression(cst.NamedExpr)
def walrus(b: Builder, node: cst.NamedExpr, at: Twin) -> int:
    value = b.value(node.value, at.value)
    if not isinstance(node.target, cst.Name):
        return b.emit("unknown", node, at, "walrus", (value,))
    return b.assign(node.target.value, node.target, at.target, (value,))


@expression(cst.Await)
def awaited(b: Builder, node: cst.Await, at: Twin) -> int:
    return b.emit("await", node, at, "", (b.value(node.expression, at.value),))


@expression(cst.Yield)
def yielded(b: Builder, node: cst.Yield, at: Twin) -> int:
    if isinstance(node.value, cst.From):
        item = node.value.item
        element = b.emit("element", item, at.value, "", (b.value(item, at.value),))
        op = b.emit("yield", node, at, "", (element,), "from")
    elif node.value is not None:
        op = b.emit("yield", node, at, "", (b.value(node.value, at.value),))
    else:
        op = b.emit("yield", node, at)
    b.flow.returns.append(op)
    b.flow.generator = True
    return op


def not_modelled(b: Builder, node: cst.CSTNode, at: Twin) -> int:
    """An expression of a newer Python than this reader: its parts in source order, with no twin."""
    if at is not NOWHERE:
        raise MismatchError
    parts = tuple(b.value(part, NOWHERE) for part in node.children if isinstance(part, cst.BaseExpression))
    return b.emit("unknown", node, at, node.__class__.__name__, parts)
