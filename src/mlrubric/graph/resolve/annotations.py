"""Instances that an annotation promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.graph.values import EMPTY, Value, Values

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver

EITHER = frozenset({"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "Awaitable", "Coroutine"})
MANY = frozenset(
    [
        "list",
        "List",
        "tuple",
        "Tuple",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Iterator",
        "Collection",
        "Generator",
        "AsyncIterator",
        "AsyncIterable",
        "deque",
        "Deque",
    ]
)
PROMISE = "->"
"""The name of the slot that stands for what the annotation of a function's result promises."""
TABLES = frozenset(["dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"])


def promised(r: Resolver, scope: int, op: int) -> Values:
    """What the annotation of a function's result promises."""
    program = r.program
    return annotated(r, program.scopes[scope].returns_annotation + program.modules[program.scope_unit[scope]].base, op)


def annotated(r: Resolver, annotation: int, op: int, depth: int = 0) -> Values:
    """The values of a variable with this annotation; `op` follows what the annotation names."""
    facts, args = r.program.ops[annotation], r.program.args[annotation]
    if depth > 4:
        return EMPTY
    if facts.kind == "subscript" and len(args) > 1:
        return _generic(r, args[0], args[1], op, depth)
    if facts.kind == "binary" and facts.name == "|":
        return annotated(r, args[0], op, depth + 1) | annotated(r, args[1], op, depth + 1)
    if facts.kind == "const" and isinstance(facts.value, str):
        return _forward(r, facts.value, annotation, op)
    return instances(r, r.read((annotation,), op) if annotation not in r.program.args[op] else r.of(annotation))


def instances(r: Resolver, classes: Values) -> Values:
    made: set[Value] = set()
    for value in classes:
        if value[0] == "class":
            made.add(("instance", value[1]))
        elif value[0] == "external" and r.catalogue.type(str(value[1])) is not None:
            made.add(("object", r.catalogue.canonical(str(value[1]))))
    return frozenset(made)


def _generic(r: Resolver, base: int, index: int, op: int, depth: int) -> Values:
    name = r.program.ops[base].name
    inner = r.program.ops[index]
    parts = r.program.args[index] if inner.kind == "container" else (index,)
    if name in EITHER:
        return EMPTY.union(*(annotated(r, p, op, depth + 1) for p in parts if p >= 0))
    if name in MANY:
        return frozenset([("holds", parts[0])]) if parts else EMPTY
    if name in TABLES:
        return frozenset([("holds", parts[-1])]) if parts else EMPTY
    if name in ("type", "Type"):
        return frozenset(v for p in parts for v in r.read((p,), op) if v[0] == "class")
    return annotated(r, base, op, depth + 1)


def _forward(r: Resolver, text: str, annotation: int, op: int) -> Values:
    """An annotation that is written as a text: a name of the module around."""
    name = text.strip().removeprefix("Optional[").removesuffix("]").partition("|")[0].strip()
    if not name.isidentifier():
        return EMPTY
    from mlrubric.graph.resolve.names import lookup

    return instances(r, r.read(lookup(r, name, annotation), op))
