"""Methods of texts and of paths, which are texts here: what they give as far as it is known."""

from __future__ import annotations

import posixpath
import string
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlrubric.graph.resolve import containers, given, libraries
from mlrubric.graph.values import EMPTY, HOLE, Value, Values, concatenations, constant, join, number, ordered, texts

if TYPE_CHECKING:
    from mlrubric.graph.resolve.calls import Arguments
    from mlrubric.graph.resolve.engine import Resolver

PLAIN = frozenset({"strip", "rstrip", "lstrip", "lower", "upper", "title"})
SAME = frozenset({"as_posix", "resolve", "absolute", "expanduser", "encode", "decode", "as_uri"})
OPENS = frozenset({"open", "read_text", "read_bytes"})
OF_PATHS = OPENS | {"joinpath", "with_suffix", "with_name", "with_stem", "as_posix", "resolve", "absolute", "expanduser", "as_uri"}
KNOWN = frozenset({*PLAIN, *SAME, *OF_PATHS, "format", "join", "replace", "split", "removesuffix", "removeprefix"})
LONGEST_LIST = 12


def call(r: Resolver, op: int, text: str, name: str, arguments: Arguments) -> Values | None:
    """The value of a method of a text; None when nothing is known of it."""
    if name == "format":
        return _formatted(r, text, arguments)
    if name in PLAIN:
        return frozenset([("text", getattr(text, name)())]) if not arguments.all else None
    if name in SAME:
        return frozenset([("text", text)])
    if name in OPENS:
        return frozenset([("opened", text)])
    if name == "join":
        return _joined(r, op, text, arguments.get(0))
    if name == "split":
        return _split(r, op, text, arguments)
    if name == "joinpath":
        pieces = [[text]]
        for argument in arguments.positional:
            pieces += [["/"], libraries.spellings(r, argument)]
        return libraries.paths(concatenations(pieces))
    known = [a for a in (_word(r, argument) for argument in arguments.positional) if a is not None]
    if len(known) != len(arguments.positional) or len(known) != CHANGES.get(name, -1):
        return None
    changed = _CHANGE[name](text, *known)
    return frozenset([("text", changed)]) if changed.strip(HOLE) else EMPTY


def _word(r: Resolver, op: int) -> str | None:
    """The one text that an argument is, or None."""
    known = texts(r.of(op))
    return known[0] if len(known) == 1 else None


def _replaced(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


def _with_name(text: str, name: str) -> str:
    return posixpath.join(posixpath.dirname(text), name)


def _with_suffix(text: str, suffix: str) -> str:
    return posixpath.splitext(text)[0] + suffix


def _with_stem(text: str, stem: str) -> str:
    return _with_name(text, stem + posixpath.splitext(text)[1])


CHANGES = {"replace": 2, "removesuffix": 1, "removeprefix": 1, "with_suffix": 1, "with_name": 1, "with_stem": 1}
_CHANGE: dict[str, Callable[..., str]] = {
    "replace": _replaced, "removesuffix": str.removesuffix, "removeprefix": str.removeprefix, "with_suffix": _with_suffix,
    "with_name": _with_name, "with_stem": _with_stem,
}  # fmt: skip


def _joined(r: Resolver, op: int, separator: str, argument: int) -> Values:
    """`"/".join([a, b])` for a list that is written out."""
    found: list[Values] = []
    for value in ordered(v for v in r.of(argument) if v[0] == "made"):
        made = number(value)
        items = r.program.args[made]
        if r.program.ops[made].kind != "container" or not items or len(items) > LONGEST_LIST or made in r.items:
            continue
        r.read(items, op)
        pieces: list[list[str]] = []
        for item in items:
            pieces += [[separator], libraries.spellings(r, item) if r.program.ops[item].kind != "element" else [HOLE]]
        found.append(concatenations(pieces[1:]))
    return join(*found) if found else EMPTY


def _split(r: Resolver, op: int, text: str, arguments: Arguments) -> Values | None:
    """The parts of a text that is known as a whole, as the contents of a list."""
    separator = _word(r, arguments.get(0)) if arguments.all else None
    if HOLE in text or (arguments.all and not separator):
        return None
    parts = text.split(separator)[:LONGEST_LIST]
    containers.fill(r, op, frozenset(constant(part) for part in parts if part))
    return frozenset([("made", op)])


def _formatted(r: Resolver, text: str, arguments: Arguments) -> Values:
    """`"a/{}/{name}".format(...)`, as far as it is known."""
    pieces: list[list[str]] = []
    count = 0
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError:
        return EMPTY
    for literal, field, _, _ in parsed:
        pieces.append([literal])
        if field is None:
            continue
        root = field.partition(".")[0].partition("[")[0]
        if root.isdigit() or not root:
            index = int(root) if root else count
            count += 1
            pieces.append(libraries.spellings(r, arguments.positional[index]) if index < len(arguments.positional) else [HOLE])
        elif root != field:
            pieces.append([HOLE])
        else:
            pieces.append(_keyword(r, arguments, root))
    return concatenations(pieces)


def _keyword(r: Resolver, arguments: Arguments, name: str) -> list[str]:
    given_op = arguments.keyword(name)
    if given_op >= 0:
        return libraries.spellings(r, given_op)
    found: list[Values] = []
    for value in ordered(r.of(arguments.keyword("**"))):
        if value[0] == "made":
            found += [r.of(i) for key, items in containers.entries(r, number(value)) if key == name for i in items]
        elif value[0] == "settings":
            found.append(given.child(r, value, name))
    return libraries.spelled(join(*found)) if found else [HOLE]


# ---- attributes of paths ------------------------------------------------------------------------------------------


def attribute(value: Value, name: str) -> Values:
    """An attribute of a text: a method, or a part of the path that it is."""
    text = str(value[1])
    if name == "parent":
        return frozenset([("text", folder_of(text))])
    if name == "parents":
        return frozenset([("parents", text)])
    if name in ("name", "stem"):
        last = posixpath.basename(text)
        part = posixpath.splitext(last)[0] if name == "stem" else last
        return frozenset([("text", part)]) if part.strip(HOLE) else EMPTY
    if name in KNOWN:
        return frozenset([("method", "builtins.str", name, value)])
    return frozenset([("method", "builtins.str", name)])


def above(text: str, key: object) -> Values:
    """One of the folders above a path."""
    if not isinstance(key, int) or isinstance(key, bool) or not 0 <= key < 12:
        return EMPTY
    for _ in range(key + 1):
        text = folder_of(text)
    return frozenset([("text", text)])


def folder_of(text: str) -> str:
    """The folder of a path; above the root of the repository there is nothing that we know."""
    if text in ("", ".") or text.endswith(HOLE):
        return HOLE
    return posixpath.dirname(text) or "."


def spelled_out(values: Values) -> Values:
    """`str(x)` of constants."""
    return frozenset(v if v[0] == "text" else constant(str(v[1])) for v in values if v[0] in ("text", "const") and v[1] is not None)


def numbers(values: Values, kind: str) -> Values:
    """`int(x)` and `float(x)` of constants."""
    found: set[Value] = set()
    for value in values:
        if value[0] in ("text", "const") and not isinstance(value[1], bool):
            try:
                found.add(constant(int(str(value[1])) if kind == "int" else float(str(value[1]))))
            except ValueError:
                continue
    return frozenset(found)
