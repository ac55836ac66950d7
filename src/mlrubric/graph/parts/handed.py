"""Data that comes in parts: files of one folder whose names call them the training, the validation and the test part, which no split of
the program has made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from mlrubric.graph.code import Code
from mlrubric.graph.parts.by_call import with_files
from mlrubric.graph.parts.pieces import NAMES, TRAIN, Split, named
from mlrubric.graph.values import HOLE, texts

ROWS = ("@data", "@target", "@predictions")
WORDS = frozenset().union(*NAMES.values())
Roots = Callable[[int, int], Iterable[tuple[int, int]]]


def handed_in_parts(code: Code, known: list[Split], files: list[tuple[int, int]], roots: Roots) -> Iterator[Split]:
    """One split for every family of such files that are read; `roots` tells where a read, or the call that names its file, stands."""
    made = with_files(code, [piece for split in known for piece in split.pieces], files)  # a split of the program has made these
    families: dict[str, dict[int, str]] = {}
    for op, meaning in sorted(code.meanings.all().items()):
        roles = set(meaning.roles)
        read = "data.read" in roles or ("file.open" in roles and "file.write" not in roles)
        if not read or "@source" not in meaning.arguments or op in made or (meaning.entry is not None and meaning.entry.parts):
            continue
        for root, source in roots(op, meaning.arguments["@source"]):
            path = _path(code, source)
            part = _part(path)
            if part and root not in made:
                families.setdefault(_without(path), {})[root] = part
    divided = {op for split in known if not split.given and not code.tested(split.op) for op in split.inputs}
    folded, judged = set[int](), set[int]()
    for meaning in code.meanings.all().values() if families else ():
        given = {meaning.arguments[role] for role in ROWS if role in meaning.arguments}
        folded.update(given if meaning.entry is not None and meaning.entry.folds else ())
        judged.update(given if "model.evaluate" in meaning.roles else ())
    for pieces in families.values():
        trained = [op for op, part in pieces.items() if part == TRAIN]
        others = [op for op, part in pieces.items() if part != TRAIN]
        if not trained or not others:
            continue
        reached = code.flow.reach(trained)
        if divided & reached.keys() or (folded & reached.keys() and not judged & code.flow.reach(others).keys()):
            continue  # of those who make the score there, the files that nobody scores say nothing
        yield Split(min(pieces), None, pieces, given=True)


def _path(code: Code, source: int) -> str:
    """The path of a file, or the words that name the setting it comes from; "" when it may be several."""
    if source < 0:
        return ""
    values = code.resolver.of(source)
    paths = texts(values)
    if len(paths) == 1 and len({v for v in values if v[0] != "object"}) == 1:
        return paths[0].replace(HOLE, "*")
    if paths:
        return ""
    words = code.program.dotted(source)
    return ".".join(words) if len(words) > 1 else ""


def _part(path: str) -> str:
    """The part that a path speaks of: by the name of the file, or else by its folders."""
    folder, _, name = path.rstrip("/").rpartition("/")
    return named(name.rpartition(".")[0] or name) or named(folder)


def _without(path: str) -> str:
    """A path without the words for the part: alike for all files of a family."""
    return re.sub(r"[A-Za-z]+", lambda word: "" if word[0].lower() in WORDS else word[0], path)
