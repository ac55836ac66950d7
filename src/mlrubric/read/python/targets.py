"""What an assignment does to its targets: names, attributes, items, and the parts of what is unpacked."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from mlrubric.read.python.builder import Builder
from mlrubric.read.python.expressions import index, normal
from mlrubric.read.python.positions import NOWHERE, MismatchError, Twin


def bind(
    b: Builder, target: cst.BaseExpression, at: Twin, value: int, names: Mapping[str, str] | None = None, extra: object = None
) -> None:
    """Give the value of an operation to a target; `names` renames the variables of a comprehension."""
    if isinstance(target, cst.Name):
        name = target.value
        if at is not NOWHERE and at.id != name:
            name = normal(name, at.id)
        b.assign(names.get(name, name) if names else name, target, at, (value,), extra)
    elif isinstance(target, cst.Attribute):
        owner = b.value(target.value, at.value)
        b.emit("store_attribute", target, at, target.attr.value, (owner, value), None, extra)
    elif isinstance(target, cst.Subscript):
        owner = b.value(target.value, at.value)
        b.emit("store_subscript", target, at, "", (owner, index(b, target.slice, at.slice), value), None, extra)
    elif isinstance(target, cst.Tuple | cst.List):
        _unpack(b, target, at, value, names)
    elif at is not NOWHERE:
        raise MismatchError
    else:
        b.emit("unknown", target, at, "target", (value,))


def _unpack(b: Builder, target: cst.Tuple | cst.List, at: Twin, value: int, names: Mapping[str, str] | None) -> None:
    elements, twins = target.elements, at.elts
    if twins is not NOWHERE and len(twins) != len(elements):
        raise MismatchError
    star = next((i for i, e in enumerate(elements) if isinstance(e, cst.StarredElement)), len(elements))
    for number, element in enumerate(elements):
        twin = twins[number]
        if number == star:
            part = b.emit("unpack", element, twin, "", (value,), "*")
            bind(b, element.value, twin.value, part, names)
        else:
            part = b.emit("unpack", element.value, twin, "", (value,), number if number < star else number - len(elements))
            bind(b, element.value, twin, part, names)


def delete(b: Builder, target: cst.BaseExpression, at: Twin) -> None:
    if isinstance(target, cst.Name):
        b.assign(target.value, target, at, ())
    elif isinstance(target, cst.Attribute):
        b.emit("delete", target, at, target.attr.value, (b.value(target.value, at.value),))
    elif isinstance(target, cst.Subscript):
        owner = b.value(target.value, at.value)
        b.emit("delete", target, at, "", (owner, index(b, target.slice, at.slice)))
    elif isinstance(target, cst.Tuple | cst.List):
        for number, element in enumerate(target.elements):
            delete(b, element.value, at.elts[number])
    elif at is not NOWHERE:
        raise MismatchError
    else:
        b.emit("unknown", target, at, "del")
