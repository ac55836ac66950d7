"""Functions, classes and lambdas: what is evaluated where they stand, and the scope they open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import libcst as cst

from mlrubric.read.python.builder import Builder, ScopeDraft
from mlrubric.read.python.dispatch import expression, statement
from mlrubric.read.python.expressions import arguments
from mlrubric.read.python.positions import NOWHERE, MismatchError, Twin


@dataclass(slots=True)
class Parameter:
    node: cst.Param
    at: Twin
    kind: str
    default: int
    annotation: int


def _listed(params: cst.Parameters, at: Twin) -> Iterator[tuple[cst.Param, Twin, str, Twin]]:
    """Parameters in source order with their twins and the twins of their defaults."""
    plain: Sequence[cst.Param] = [*params.posonly_params, *params.params]
    twins, defaults = at.posonlyargs + at.args, at.defaults
    for number, param in enumerate(plain):
        yield param, twins[number], "positional", defaults[number - len(plain) + len(defaults)] if param.default is not None else None
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg, at.vararg, "*", None
    for number, param in enumerate(params.kwonly_params):
        yield param, at.kwonlyargs[number], "keyword", at.kw_defaults[number]
    if params.star_kwarg is not None:
        yield params.star_kwarg, at.kwarg, "**", None


def _parameters(b: Builder, params: cst.Parameters, at: Twin) -> list[Parameter]:
    """Walk defaults and annotations in the scope around the function."""
    result: list[Parameter] = []
    for param, twin, kind, default_twin in _listed(params, at):
        default = b.value(param.default, default_twin) if param.default is not None else -1
        annotation = -1
        if param.annotation is not None:
            annotation = b.value(param.annotation.annotation, twin.annotation)
        result.append(Parameter(param, twin, kind, default, annotation))
    return result


def _declare(b: Builder, parameters: Sequence[Parameter]) -> tuple[int, ...]:
    """The parameters as operations of the scope that was just entered."""
    ids: list[int] = []
    for parameter in parameters:
        name = parameter.node.name.value
        args = (parameter.default,) if parameter.default >= 0 else ()
        op = b.emit("param", parameter.node, parameter.at, name, args, parameter.kind, parameter.annotation)
        b.flow.define(name, op)
        ids.append(op)
    return tuple(ids)


def _type_parameters(b: Builder, node: cst.FunctionDef | cst.ClassDef, at: Twin) -> None:
    """Bounds and defaults of type parameters; the parameters themselves carry no values."""
    if node.type_parameters is None:
        return
    for number, parameter in enumerate(node.type_parameters.params):
        twin = at.type_params[number]
        if isinstance(parameter.param, cst.TypeVar) and parameter.param.bound is not None:
            b.value(parameter.param.bound, twin.bound)
        if parameter.default is not None:
            b.value(parameter.default, twin.default_value)


def _decorators(b: Builder, node: cst.FunctionDef | cst.ClassDef, at: Twin) -> list[int]:
    """Ids of the decorators, innermost first (they are evaluated outermost first)."""
    twins = at.decorator_list
    ids = [b.value(decorator.decorator, twins[number]) for number, decorator in enumerate(node.decorators)]
    return ids[::-1]


@statement(cst.FunctionDef)
def function(b: Builder, node: cst.FunctionDef, at: Twin) -> None:
    decorators = _decorators(b, node, at)
    _type_parameters(b, node, at)
    parameters = _parameters(b, node.params, at.args)
    returns = b.value(node.returns.annotation, at.returns) if node.returns is not None else -1
    defaults = [p.default for p in parameters if p.default >= 0]
    name = node.name.value
    op = b.emit("function", node, at, name, (*defaults, *decorators), len(b.scopes), len(decorators))
    b.flow.define(name, op)
    line, column, end_line, _ = b.span(node, at)
    draft = ScopeDraft("function", name, b.scope, -1, line, column, end_line, op, (), node.asynchronous is not None)
    draft.docstring, draft.returns_annotation = _docstring(node.body, at.body), returns
    saved = b.enter(draft)
    draft.params = _declare(b, parameters)
    b.suite(node.body, at.body)
    b.exit(saved)


@statement(cst.ClassDef)
def class_(b: Builder, node: cst.ClassDef, at: Twin) -> None:
    decorators = _decorators(b, node, at)
    _type_parameters(b, node, at)
    ids, names, _ = arguments(b, [*node.bases, *node.keywords], at.bases, at.keywords)
    name, index = node.name.value, len(b.scopes)
    line, column, end_line, _end = b.span(node, at)
    draft = ScopeDraft("class", name, b.scope, -1, line, column, end_line)
    draft.docstring = _docstring(node.body, at.body)
    saved = b.enter(draft)
    b.suite(node.body, at.body)
    b.exit(saved)
    extra = (len(ids) - len(names), names, len(decorators))
    draft.definition = b.emit("class", node, at, name, (*ids, *decorators), index, extra)
    b.flow.define(name, draft.definition)


@expression(cst.Lambda)
def lambda_(b: Builder, node: cst.Lambda, at: Twin) -> int:
    parameters = _parameters(b, node.params, at.args)
    op = b.emit("lambda", node, at, "", (), len(b.scopes))
    line, column, end_line, _ = b.span(node, at)
    draft = ScopeDraft("lambda", "", b.scope, -1, line, column, end_line, op)
    saved = b.enter(draft)
    draft.params = _declare(b, parameters)
    value = b.value(node.body, at.body)
    b.flow.returns.append(b.emit("return", node.body, at.body, "", (value,)))
    b.flow.leave("return")
    b.exit(saved)
    return op


def module(b: Builder, node: cst.Module, at: Twin, end_line: int, cells: Sequence[tuple[int, int]] = ()) -> None:
    """The module scope; `cells` gives (cell, line in cell) of each line of a notebook's code."""
    draft = ScopeDraft("module", "", -1, -1, 1, 1, end_line)
    draft.docstring = _docstring(node, at.body)
    saved = b.enter(draft)
    if cells:
        _cells(b, node, at, cells)
    else:
        b.suite(node, at.body)
    b.exit(saved)


def _cells(b: Builder, node: cst.Module, at: Twin, cells: Sequence[tuple[int, int]]) -> None:
    """Each cell's statements in a block of their own."""
    groups: list[tuple[int, int, int, list[cst.CSTNode], list[Twin]]] = []  # cell, first line, last line, statements, their twins
    following = iter(at.body)
    for member in node.body:
        parts = member.body if isinstance(member, cst.SimpleStatementLine) else [member]
        twins = list(islice(following, len(parts)))
        if len(twins) != len(parts):
            raise MismatchError
        line, last = b.span(parts[0], twins[0])[0], b.span(parts[-1], twins[-1])[2]
        cell = cells[min(line, len(cells)) - 1][0]
        if not groups or groups[-1][0] != cell:
            groups.append((cell, line, last, [], []))
        number, first, _, members, member_twins = groups[-1]
        groups[-1] = (number, first, last, [*members, member], [*member_twins, *twins])
    for _, first, last, members, member_twins in groups:
        opened = b.open("cell", line=first)
        b.statements(members, member_twins)
        b.left(b.close(opened, last))


def _docstring(body: cst.BaseSuite | cst.Module, twins: Twin) -> str:
    first: object = body.body[0] if body.body else None
    if isinstance(first, cst.SimpleStatementLine):
        first = first.body[0]
    if not isinstance(first, cst.Expr) or not isinstance(first.value, cst.SimpleString | cst.ConcatenatedString):
        return ""
    text = first.value.evaluated_value if twins is NOWHERE else getattr(twins[0].value, "value", None)
    return text.strip() if isinstance(text, str) else ""
