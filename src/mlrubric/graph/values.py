"""Abstract values: what an operation may yield, as small tuples that compare fast.

("module", index)               a module of the project
("external", "pandas.read_csv") a name of a library, a module, function or class alike
("function", scope)             a function or lambda of the project
("class", scope)                a class of the project
("instance", scope)             an instance of a class of the project
("object", "pandas.DataFrame")  an instance of a library's class
("bound", scope, value)         a method bound to a receiver value
("method", "pandas.DataFrame", "head")   a library's method bound to an instance
("partial", op)                 functools.partial at that call
("made", op)                    the container, dict or comprehension made at that operation
("tuple", ("a.T", "b.T"))       a tuple of library types that a call gives
("text", "data/\x00.csv")       a constant text; "\x00" stands for a part that is not known
("const", 3)                    another constant
"""

from __future__ import annotations

from functools import cache

Value = tuple[object, ...]
Values = frozenset[Value]
EMPTY: Values = frozenset()
HOLE = "\x00"
MOST = 24  # values per operation; more are cut, in sorted order, to keep the analysis near-linear


def join(*sets: Values) -> Values:
    """The union, bounded by `MOST`."""
    union: set[Value] = set()
    for values in sets:
        union |= values
    if len(union) > MOST:
        return frozenset(sorted(union, key=_spelled)[:MOST])
    return frozenset(union)


@cache
def _spelled(value: Value) -> str:
    return repr(value)


def texts(values: Values) -> tuple[str, ...]:
    """The constant texts among the values, sorted."""
    return tuple(sorted(str(v[1]) for v in values if v[0] == "text"))


def constant(value: object) -> Value:
    return ("text", value) if isinstance(value, str) else ("const", value)


def concatenations(pieces: list[list[str]]) -> Values:
    """All concatenations of alternatives for consecutive pieces, at most eight, unknown pieces as holes."""
    results = [""]
    for alternatives in pieces:
        results = [r + a for r in results for a in (alternatives or [HOLE])][:8]
    return frozenset(("text", r) for r in results if r.strip(HOLE))
