"""Abstract values: what an operation may yield, as small tuples that compare fast.

("module", index)               a module of the project
("package", "a.b", module)      a folder of the project that holds Python, as seen from a module
("external", "pandas.read_csv") a name of a library, a module, function or class alike
("function", scope)             a function or lambda of the project
("class", scope)                a class of the project
("instance", scope)             an instance of a class of the project
("super", class, instance)      `super()` in a class, for an instance of a class
("object", "pandas.DataFrame")  an instance of a library's class
("foreign", "ext.Client")       an instance, or an attribute of one, of a library's class that the catalogue does not have
("bound", scope, value)         a method bound to a receiver value
("method", "pandas.DataFrame", "head")   a library's method bound to an instance
("method", "builtins.list", "append", op)   a method of a container made at `op`
("handle", value)               what a library has put around a function, class or method: `f.remote`, `f.options(...)`
("callback", scope)             a function of the project that a library calls; only among what a call calls
("record", op)                  the class that `namedtuple` makes at that call
("partial", op)                 functools.partial at that call
("property", op)                property(...) at that call
("made", op)                    the container, dict, comprehension, `*args` or `**kwargs` made at that operation
("view", "items", op)           keys, values or items of a dict made at `op`
("pair", op)                    one of its items
("zipped", op) ("zip", op)      what zip or enumerate at the call `op` gives, and one element of it
("generator", scope)            what a call of a generator function gives
("holds", op)                   a container that an annotation promises; `op` is the annotation of its elements
("tuple", ("a.T", "b.T"))       a tuple of library types that a call gives
("many", "a.T", "list")         a list or dict of such instances
("text", "data/\\x00.csv")       a constant text; "\\x00" stands for a part that is not known
("const", 3, "int")             another constant
("any",)                       more values than are kept
("opened", "a.yaml")            an open file, or the text that was read from it
("settings", root, route)       a map or list of a settings file
("parser", op, "argparse.ArgumentParser")   what options are declared to or settings are read into, made at `op`
("parsed", parser, op)          the options of a parser as the call `op` gives them
("option", op)                  an option that the decorator `op` declares
("outputs", scope)              what calling a component gives: its outputs by name
("artifact", "f.outputs/x")     an object of an orchestrator that lies at a path
("parents", "a/b/c.py")         the folders above a path, the nearest first
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal, cast

Value = tuple[object, ...]
Values = frozenset[Value]
EMPTY: Values = frozenset()
HOLE = "\x00"
LONGEST = 2000  # characters of a text that is put together
ANY: Value = ("any",)
NAN = float("nan")
OWN = frozenset({"function", "class", "instance", "bound", "super"})
MOST = 12  # values per operation; with more of them the analysis would not stay near-linear, and they would say nothing
CALLED = 40  # functions, classes and instances of the project per operation


def join(*sets: Values) -> Values:
    """The union. With more than `MOST` values nothing is said of them but that they are many; functions, classes and their instances have
    a bound of their own. The bounds are tops of the lattice: the result does not depend on the order in which values come."""
    union = sets[0] if len(sets) == 1 else EMPTY.union(*sets)
    if len(union) <= MOST and (ANY not in union or len(union) == 1):
        return union
    own = [v for v in union if v[0] in OWN]
    if len(own) > CALLED:
        return frozenset([ANY])
    if ANY in union or len(union) - len(own) > MOST:
        return frozenset([ANY, *own])
    return union


@cache
def spelled(value: Value) -> str:
    return repr(value)


def ordered(values: Iterable[Value]) -> list[Value]:
    """The values in an order that does not depend on hashes."""
    listed = list(values)
    if len(listed) > 1:
        listed.sort(key=spelled)
    return listed


def number(value: Value) -> int:
    """The scope, operation or module that a value names in its second place."""
    return cast(int, value[1])


Moved = Literal["op", "scope", "module"]
REFERENCES: dict[str, tuple[tuple[int, Moved | Literal["value"]], ...]] = {
    "module": ((1, "module"),), "package": ((2, "module"),), "function": ((1, "scope"),), "class": ((1, "scope"),),
    "instance": ((1, "scope"),), "super": ((1, "scope"), (2, "scope")), "bound": ((1, "scope"), (2, "value")),
    "generator": ((1, "scope"),), "partial": ((1, "op"),), "property": ((1, "op"),), "made": ((1, "op"),), "view": ((2, "op"),),
    "pair": ((1, "op"),), "zipped": ((1, "op"),), "zip": ((1, "op"),), "holds": ((1, "op"),), "method": ((3, "value"),),
    "callback": ((1, "scope"),), "handle": ((1, "value"),), "record": ((1, "op"),), "parser": ((1, "op"),),
    "parsed": ((1, "op"), (2, "op")), "option": ((1, "op"),), "outputs": ((1, "scope"),),
}  # fmt: skip
"""Where a value of a kind names an operation, a scope, a module or another value (for a method, an operation or a value)."""


def moved(value: Value, move: Callable[[Moved, int], int | None]) -> Value | None:
    """A value in a program whose operations and scopes have other numbers; None when it names one that is gone."""
    places = REFERENCES.get(cast(str, value[0]))
    if places is None:
        return value
    parts = list(value)
    for place, kind in places:
        if place >= len(parts):
            continue
        part = parts[place]
        if kind != "value":
            parts[place] = move(kind, cast(int, part))
        else:
            parts[place] = moved(cast(Value, part), move) if isinstance(part, tuple) else move("op", cast(int, part))
        if parts[place] is None:
            return None
    return tuple(parts)


def texts(values: Values) -> tuple[str, ...]:
    """The constant texts among the values, sorted."""
    return tuple(sorted(str(v[1]) for v in values if v[0] == "text"))


def constant(value: object) -> Value:
    """A constant as a value; the type keeps apart what Python calls equal."""
    if isinstance(value, str):
        return ("text", value)
    if value != value:  # not a number: every one the same, or sets of values would grow for ever
        value = NAN
    return ("const", value, type(value).__name__)


def keys_of(values: Values) -> list[object]:
    """The constants among the values, as keys."""
    return [v[1] for v in ordered(v for v in values if v[0] in ("text", "const"))]


def concatenations(pieces: list[list[str]]) -> Values:
    """All concatenations of alternatives for consecutive pieces, at most eight, unknown pieces as holes."""
    results = [""]
    for alternatives in pieces:
        results = [r + a for r in results for a in (alternatives or [HOLE])][:8]
        if len(results[0]) > LONGEST:
            return EMPTY
    return frozenset(("text", r) for r in results if r.strip(HOLE))
