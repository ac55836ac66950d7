"""Names that are texts: what configuration files name for the code to make (`_target_`, entry points), imports by a text."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlrubric.graph.resolve import calls, names
from mlrubric.graph.values import EMPTY, HOLE, Values, join, keys_of, number, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.calls import Arguments
    from mlrubric.graph.resolve.engine import Resolver

MOST_NAMED = 12  # candidates of a name that is only partly known; with more of them nothing is said


def named(r: Resolver, op: int, kind: str, arguments: Arguments) -> Values:
    """What the configuration names under a key for a call to find: `_target_` of the part of the configuration that the first argument
    picks (all of them where it is not known which), made at once; entry points as they are."""
    entries = r.program.named.get(kind, ())
    wanted = _route(r, arguments.positional[0]) if arguments.positional else ()
    fitting = [target for words, target in entries if wanted and words[-len(wanted) :] == wanted] if wanted else []
    targets = sorted(set(fitting or (target for _, target in entries)))
    if len(targets) > MOST_NAMED:
        return EMPTY
    found = [by_dotted(r, op, target) for target in targets]
    if kind != "_target_":
        return join(*found) if found else EMPTY
    made = [calls.invoke(r, op, value, calls.NOTHING) for values in found for value in ordered(values)]
    return join(*made) if made else EMPTY


def by_dotted(r: Resolver, op: int, text: str) -> Values:
    """What a dotted text names: the longest prefix that is a module of the project and its member, else a library's name."""
    parts = text.split(".")
    if not all(part.isidentifier() for part in parts):
        return EMPTY
    unit = r.program.unit(op)
    for end in range(len(parts), 0, -1):
        index = r.program.find_module(".".join(parts[:end]), 0, unit)
        if index is None:
            continue
        if end == len(parts):
            return frozenset([("module", index)])
        values = names.member(r, index, parts[end], op)
        for part in parts[end + 1 :]:
            values = frozenset(
                x for v in values if v[0] == "class" for d in r.program.exports[number(v)].get(part, ()) for x in r.read((d,), op)
            )
        return values
    return frozenset([("external", text)]) if len(parts) > 1 and r.catalogue.knows(text) else EMPTY


def by_text(r: Resolver, op: int, text: str, package: Values) -> Values:
    """`import_module` of a text; of one that is partly known, the modules of the project that fit."""
    if HOLE not in text:
        if text.startswith(".") and package:
            for one in ordered(package):
                found = names.import_by_name(r, op, _absolute(text, str(one[1])))
                if found:
                    return found
        return names.import_by_name(r, op, text)
    known = text.replace(HOLE, "").strip(".")
    if len(known) < 3 or "." not in text:
        return EMPTY
    pieces = re.split(f"({HOLE})", text.lstrip("."))
    form = re.compile(r"(?:.*\.)?" + "".join("[A-Za-z0-9_]+" if piece == HOLE else re.escape(piece) for piece in pieces))
    fitting = [m.index for m in r.program.modules if not m.facts.owner and any(form.fullmatch(name) for name in m.names)]
    return frozenset(("module", index) for index in fitting) if len(fitting) <= MOST_NAMED else EMPTY


def _absolute(text: str, package: str) -> str:
    level = len(text) - len(text.lstrip("."))
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], text.lstrip(".")])


def _route(r: Resolver, op: int) -> tuple[str, ...]:
    """The last names on the way to a part of the configuration: `cfg.model.encoder`, `cfg["model"]`."""
    found: list[str] = []
    for _ in range(8):
        if op < 0:
            break
        facts, args = r.program.ops[op], r.program.args[op]
        if facts.kind == "attribute":
            found.append(facts.name)
        elif facts.kind == "subscript" and len(args) > 1:
            keys = [k for k in keys_of(r.of(args[1])) if isinstance(k, str)]
            if len(keys) != 1:
                return ()
            found.append(keys[0])
        elif facts.kind not in ("load", "assign") or len(args) != 1:
            break
        op = args[0] if args else -1
    return tuple(reversed(found))


def configured(settings: list[tuple[str, str, str]], scripts: list[tuple[str, str]]) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """What files name, by key. `settings`: path, route and value of the routes that end with the key; `scripts`: group and name, target."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for path, route, value in sorted(settings):
        *words, key = re.sub(r"\[\d+\]", "", route).split(".")
        folders = [part for part in posixpath.dirname(path).split("/") if part]
        found.setdefault(key, []).append(((*folders, *words), value))
    for name, target in sorted(scripts):
        group = name.rpartition(":")[0] or "console_scripts"
        found.setdefault("entry point", []).append(((group,), target.partition("[")[0].strip().replace(":", ".")))
    return {key: tuple(entries) for key, entries in found.items()}
