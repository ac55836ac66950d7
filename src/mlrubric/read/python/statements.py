"""Simple statements to operations."""

from __future__ import annotations

import libcst as cst

from mlrubric.model.python import Op
from mlrubric.read.python.builder import Builder
from mlrubric.read.python.dispatch import EXPRESSIONS, statement
from mlrubric.read.python.expressions import index
from mlrubric.read.python.names import bound_by
from mlrubric.read.python.operators import AUGMENTED
from mlrubric.read.python.positions import NOWHERE, MismatchError, Twin
from mlrubric.read.python.targets import bind, delete

_EXIT_NAMES = (("sys", "exit"), ("os", "_exit"), ("os", "abort"))
_EXITS = {"exit": ("sys", "os"), "_exit": ("os",), "abort": ("os",)}


@statement(cst.Expr)
def expression_statement(b: Builder, node: cst.Expr, at: Twin) -> None:
    op = EXPRESSIONS[node.value.__class__](b, node.value, at.value)
    if b.ops[op].kind == "call" and _exits(b, b.ops[b.ops[op].args[0]]):
        b.flow.leave("exit")


def _exits(b: Builder, callee: Op) -> bool:
    """`sys.exit`, `os._exit`, and `exit` or `quit` of the interpreter or imported."""
    if callee.kind == "attribute":
        owner = b.ops[callee.args[0]]
        modules = _EXITS.get(callee.name, ())
        if not modules or owner.kind != "load":
            return False
        if not owner.args:
            return owner.name in modules
        return all(b.ops[d].kind == "import" and _imported(b.ops[d])[0] in modules and not _imported(b.ops[d])[1] for d in owner.args)
    if callee.kind != "load":
        return False
    if not callee.args:
        return callee.name in ("exit", "quit", "_exit")
    return all(b.ops[d].kind == "import" and _imported(b.ops[d]) in _EXIT_NAMES for d in callee.args)


def _imported(op: Op) -> tuple[object, object]:
    assert isinstance(op.value, tuple)
    return op.value[0], op.value[1]


@statement(cst.Assign)
def assign(b: Builder, node: cst.Assign, at: Twin) -> None:
    value = EXPRESSIONS[node.value.__class__](b, node.value, at.value)
    twins = at.targets
    for number, target in enumerate(node.targets):
        bind(b, target.target, twins[number], value)


@statement(cst.AnnAssign)
def annotated(b: Builder, node: cst.AnnAssign, at: Twin) -> None:
    value = b.value(node.value, at.value) if node.value is not None else -1
    annotation = b.value(node.annotation.annotation, at.annotation)
    if value >= 0:
        bind(b, node.target, at.target, value, None, annotation)
    elif isinstance(node.target, cst.Name):
        name = node.target.value
        op = b.emit("assign", node.target, at.target, name, (), None, annotation)
        if name not in b.flow.env and b.scopes[b.scope].kind == "class":
            b.flow.define(name, op)  # a field: it is an attribute of the class by its declaration alone


@statement(cst.AugAssign)
def augmented(b: Builder, node: cst.AugAssign, at: Twin) -> None:
    target, twin, sign = node.target, at.target, AUGMENTED[node.operator.__class__]
    if isinstance(target, cst.Attribute):
        owner = b.value(target.value, twin.value)
        old = b.emit("attribute", target, twin, target.attr.value, (owner,))
        new = b.emit("binary", node, at, sign, (old, b.value(node.value, at.value)), None, "augmented")
        b.emit("store_attribute", target, twin, target.attr.value, (owner, new))
    elif isinstance(target, cst.Subscript):
        owner = b.value(target.value, twin.value)
        key = index(b, target.slice, twin.slice)
        old = b.emit("subscript", target, twin, "", (owner, key))
        new = b.emit("binary", node, at, sign, (old, b.value(node.value, at.value)), None, "augmented")
        b.emit("store_subscript", target, twin, "", (owner, key, new))
    else:
        old = b.value(target, twin)
        new = b.emit("binary", node, at, sign, (old, b.value(node.value, at.value)), None, "augmented")
        bind(b, target, twin, new)


@statement(cst.Del)
def deleted(b: Builder, node: cst.Del, at: Twin) -> None:
    twins = at.targets
    if isinstance(node.target, cst.Tuple) and not node.target.lpar:
        for number, element in enumerate(node.target.elements):
            delete(b, element.value, twins[number])
    else:
        delete(b, node.target, twins[0])


@statement(cst.Return)
def returned(b: Builder, node: cst.Return, at: Twin) -> None:
    args = (b.value(node.value, at.value),) if node.value is not None else ()
    b.flow.returns.append(b.emit("return", node, at, "", args))
    b.flow.leave("return")


@statement(cst.Raise)
def raised(b: Builder, node: cst.Raise, at: Twin) -> None:
    args: list[int] = []
    if node.exc is not None:
        args.append(b.value(node.exc, at.exc))
    if node.cause is not None:
        args.append(b.value(node.cause.item, at.cause))
    b.emit("raise", node, at, "", tuple(args))
    b.flow.leave("exit" if args and _is_system_exit(b, args[0]) else "raise")


def _is_system_exit(b: Builder, op: int) -> bool:
    raised_ = b.ops[op]
    if raised_.kind == "call":
        raised_ = b.ops[raised_.args[0]]
    return raised_.kind == "load" and raised_.name == "SystemExit"


@statement(cst.Assert)
def asserted(b: Builder, node: cst.Assert, at: Twin) -> None:
    test = b.value(node.test, at.test)
    message = (b.value(node.msg, at.msg),) if node.msg is not None else ()
    b.emit("assert", node, at, "", (test, *message))
    if b.ops[test].kind == "const" and not b.ops[test].value:
        b.flow.leave("raise")


@statement(cst.Import)
def imported(b: Builder, node: cst.Import, at: Twin) -> None:
    twins = at.names
    for number, alias in enumerate(node.names):
        name, whole = bound_by(alias), dotted(alias.name)
        if alias.asname is not None:
            op = b.emit("import", alias, twins[number], name, (), (whole, "", 0))
        else:
            op = b.emit("import", alias, twins[number], name, (), (name, "", 0), whole)
        b.flow.define(name, op)


@statement(cst.ImportFrom)
def imported_from(b: Builder, node: cst.ImportFrom, at: Twin) -> None:
    module, level = dotted(node.module) if node.module is not None else "", len(node.relative)
    twins = at.names
    if isinstance(node.names, cst.ImportStar):
        b.emit("import", node, at, "*", (), (module, "*", level))
        return
    for number, alias in enumerate(node.names):
        name = bound_by(alias)
        op = b.emit("import", alias, twins[number], name, (), (module, dotted(alias.name), level))
        b.flow.define(name, op)


def dotted(node: cst.BaseExpression) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    assert isinstance(node, cst.Name)
    return ".".join([node.value, *reversed(parts)])


@statement(cst.Global)
def global_names(b: Builder, node: cst.Global, at: Twin) -> None:
    b.flow.globals += [item.name.value for item in node.names]


@statement(cst.Nonlocal)
def nonlocal_names(b: Builder, node: cst.Nonlocal, at: Twin) -> None:
    b.flow.nonlocals += [item.name.value for item in node.names]


@statement(cst.Break)
def broken(b: Builder, node: cst.Break, at: Twin) -> None:
    b.flow.leave("break")


@statement(cst.Continue)
def continued(b: Builder, node: cst.Continue, at: Twin) -> None:
    b.flow.leave("continue")


@statement(cst.Pass)
def passed(b: Builder, node: cst.Pass, at: Twin) -> None:
    return


@statement(cst.TypeAlias)
def type_alias(b: Builder, node: cst.TypeAlias, at: Twin) -> None:
    value = b.value(node.value, at.value)
    b.assign(node.name.value, node.name, at.name, (value,))


def statement_not_modelled(b: Builder, node: cst.CSTNode, at: Twin) -> None:
    """A statement of a newer Python than this reader: the expressions that stand directly in it."""
    if at is not NOWHERE:
        raise MismatchError
    parts = tuple(b.value(part, NOWHERE) for part in node.children if isinstance(part, cst.BaseExpression))
    b.emit("unknown", node, at, node.__class__.__name__, parts)
