"""Instances of libraries' classes: what the catalogue says of results, items, elements and operators.

A type expression of the catalogue is a qualified name, `self`, `arg:0`, `any` (not known), `tuple[T, T]`, `list[T]` or `dict[T]`, nested as
need be; `T | T` at the outermost level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlrubric.graph.values import EMPTY, Value, Values, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.calls import Arguments
    from mlrubric.graph.resolve.engine import Resolver
    from mlrubric.knowledge.entries import Api

ONE, SEVERAL, UNKNOWN = "one", "several", "unknown"


# ---- types --------------------------------------------------------------------------------------------------------


def result(r: Resolver, api: Api | None, owner: str | None, arguments: Arguments) -> Values:
    """The values of a call by its entry in the catalogue."""
    if api is None:
        return EMPTY
    returns = api.returns
    for places, other in api.returns_with:
        if any(p < len(arguments.positional) for p in places.positions) or any(arguments.keyword(k) >= 0 for k in places.keywords):
            returns = other
            break
    return typed(r, returns, owner, arguments) if returns else EMPTY


def typed(r: Resolver, returns: str, owner: str | None, arguments: Arguments) -> Values:
    """The values that a type expression stands for at a call."""
    if " | " in returns:
        return EMPTY.union(*(typed(r, one, owner, arguments) for one in returns.split(" | ")))
    if returns.startswith("arg:"):
        return r.of(arguments.get(int(returns[4:])))
    return of_type(_filled(r, returns, owner, arguments) if "arg:" in returns or "self" in returns else returns)


def of_type(text: str) -> Values:
    """The values of a type expression that names no argument."""
    if not text or text == "any":
        return EMPTY
    if not text.endswith("]"):
        return frozenset([("object", text)])
    kind, _, inner = text[:-1].partition("[")
    return frozenset([("tuple", tuple(_split(inner)))]) if kind == "tuple" else frozenset([("many", inner.strip(), kind)])


def many_method(value: Value, name: str) -> Values | None:
    """The value of a method of a list or dict of such instances; None when nothing is known of it."""
    inner = str(value[1])
    if name in ("get", "pop", "setdefault", "popitem", "__getitem__"):
        return of_type(inner if name != "popitem" else f"tuple[any, {inner}]")
    if name == "copy":
        return frozenset([value])
    if value[2] == "dict" and name in ("values", "items"):
        return of_type(f"list[{inner}]" if name == "values" else f"list[tuple[any, {inner}]]")
    return None


def _filled(r: Resolver, text: str, owner: str | None, arguments: Arguments) -> str:
    """The expression with types in the place of `self` and of arguments."""
    if text == "self":
        return owner or "any"
    if text.startswith("arg:"):
        kinds = [str(v[1]) for v in ordered(r.of(arguments.get(int(text[4:])))) if v[0] == "object"]
        return kinds[0] if kinds else "any"
    if text.endswith("]"):
        kind, _, inner = text[:-1].partition("[")
        return f"{kind}[{', '.join(_filled(r, part, owner, arguments) for part in _split(inner))}]"
    return text


def _split(inner: str) -> list[str]:
    """The parts between the commas of the outermost level."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(inner):
        depth += (sign == "[") - (sign == "]")
        if sign == "," and not depth:
            parts.append(inner[start:place].strip())
            start = place + 1
    return [*parts, inner[start:].strip()]


# ---- items and elements -------------------------------------------------------------------------------------------


def member(r: Resolver, kind: str, name: str) -> Values:
    """What a type gives by a protocol (`__getitem__`, `__iter__`, `__getattr__`): its own entry as an attribute or as a method."""
    made = r.catalogue.attribute(kind, name)
    if made:
        return of_type(made)
    api = r.method(kind, name)
    if api is None or not api.returns or api.returns.startswith("arg:"):
        return EMPTY
    return of_type(kind if api.returns == "self" else api.returns)


def item(r: Resolver, kind: str, index: int) -> Values:
    """What indexing gives: the same type for a list of keys, a slice or a mask, where it is one of arrays or tables; else its item."""
    arithmetic = is_arithmetic(r, kind)
    if index >= 0 and r.program.ops[index].kind == "container" and r.program.ops[index].value == "tuple":
        kinds = [_index_kind(r, part) for part in r.program.args[index]]
        if arithmetic and ONE not in kinds and UNKNOWN not in kinds:
            return frozenset([("object", kind)])
        inner = member(r, kind, "__getitem__")
        if kinds.count(ONE) > 1:
            return EMPTY.union(*(member(r, str(v[1]), "__getitem__") for v in inner if v[0] == "object"))
        return inner
    one = _index_kind(r, index)
    if one == SEVERAL and arithmetic:
        return frozenset([("object", kind)])
    whole = frozenset([("object", kind)]) if one == UNKNOWN and arithmetic else EMPTY
    return member(r, kind, "__getitem__") | whole


def _index_kind(r: Resolver, index: int) -> str:
    """Whether an index picks one item or several."""
    if index < 0:
        return UNKNOWN
    facts = r.program.ops[index]
    if facts.kind in ("slice", "compare") or (facts.kind == "container" and facts.value in ("list", "set")):
        return SEVERAL
    if facts.kind == "const" or (facts.kind == "unary" and facts.name == "-"):
        return ONE
    kinds = {v[0] for v in r.of(index)}
    if "object" in kinds and any(v[0] == "object" and is_arithmetic(r, str(v[1])) for v in r.of(index)):
        return SEVERAL
    if kinds & {"made", "view", "many"} or facts.kind == "comprehension":
        return SEVERAL
    return ONE if kinds & {"text", "const"} or facts.kind == "fstring" or _is_counted(r, index) else UNKNOWN


def _is_counted(r: Resolver, index: int) -> bool:
    """Whether an index is the variable of a loop: one name, one number after the other."""
    for _ in range(3):
        args = r.program.args[index]
        if r.program.ops[index].kind not in ("load", "assign") or len(args) != 1 or args[0] < 0:
            break
        index = args[0]
    return r.program.ops[index].kind in ("element", "unpack")


# ---- operators ----------------------------------------------------------------------------------------------------


def is_arithmetic(r: Resolver, kind: str) -> bool:
    """Whether operators and comparisons on the type give the type again."""
    known = r.arithmetic.get(kind)
    if known is None:
        infos = (r.catalogue.type(base) for base in r.catalogue.bases(kind))
        known = r.arithmetic[kind] = any(info is not None and info.arithmetic for info in infos)
    return known


def same(r: Resolver, values: Values) -> set[Value]:
    """The objects among the values on which operators give the same type."""
    return {v for v in values if v[0] == "object" and is_arithmetic(r, str(v[1]))}
