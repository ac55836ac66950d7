"""Files that helpers write and read under names which their callers give: each call's rows go to the file of that call alone."""

from __future__ import annotations

import re

from mlrubric.graph.code import Code
from mlrubric.graph.parts.carry import handed
from mlrubric.graph.values import HOLE, texts

PATHS = ("@source", "@sink", "@table")
MOST = 40
Edge = tuple[int, int]
Ends = dict[str, list[int]]


def by_call(code: Code, files: list[Edge]) -> list[Edge]:
    """The edges through files, those of a helper replaced by edges between the calls that name the same file, where every call's name is
    known."""
    writes = {writer: _ends(code, writer, reads=False) for writer, _ in files}
    reads = {reader: _ends(code, reader, reads=True) for _, reader in files}
    found: set[Edge] = set()
    for writer, reader in files:
        sources, targets = writes[writer], reads[reader]
        apart = bool(sources and targets) and (len(sources) > 1 or len(targets) > 1)
        pairs = [(sink, asked) for sink in sources for asked in targets if apart and _same(sink, asked)]
        if not pairs:
            found.add((writer, reader))
            continue
        found.update((source, target) for sink, asked in pairs for source in sources[sink] for target in targets[asked])
    return sorted(found)


def with_files(code: Code, starts: list[int], files: list[Edge]) -> set[int]:
    """All that follows, through files too."""
    reached = set(code.flow.reach(starts))
    while fresh := [reader for writer, reader in files if writer in reached and reader not in reached]:
        reached.update(code.flow.reach(fresh))
    return reached


def _same(sink: str, asked: str) -> bool:
    """Whether two names are those of one file or table; of a query, one of the words that it is written in."""
    return sink == asked or (" " in asked and sink in re.findall(r"[\w.]+", asked))


def _ends(code: Code, op: int, *, reads: bool) -> Ends:
    """Path -> where rows go in or come out: the operation itself when it has one path, or the calls that hand over the name, with the rows
    that they hand over beside it; nothing when a path is not known."""
    meaning = code.meanings.of(op)
    path = next((meaning.arguments[role] for role in PATHS if role in meaning.arguments), -1) if meaning is not None else -1
    known = texts(code.resolver.of(path)) if path >= 0 else ()
    whole = [one for one in known if HOLE not in one]
    if len(whole) == 1:
        return {whole[0]: [op]}
    found: Ends = {}
    for call, names in _calls(code, op, path) if whole else ():
        given = texts(code.resolver.of(names[0])) if len(names) == 1 else ()
        named = {
            one for one in whole if len(given) == 1 and (one == given[0] or one in {p.replace(HOLE, given[0]) for p in known if HOLE in p})
        }
        if len(named) != 1:
            return {}
        ends = [call] if reads else [a for a in handed(code, call) if a >= 0 and a not in names]
        found.setdefault(named.pop(), []).extend(ends)
    return found


def _calls(code: Code, op: int, path: int) -> list[tuple[int, list[int]]]:
    """(call, what it hands over for the path) for every call of the function around a helper's read or write."""
    program, scope = code.program, code.program.scope_id(op)
    behind = code.flow.reach([path], back=True, stop=lambda o: program.ops[o].kind == "param" or program.scope_id(o) != scope)
    sources = {a for parameter in program.params(scope) if parameter in behind for a in code.resolver.sources.get(parameter, ())}
    calls = [call for call in sorted(code.resolver.callers.get(scope, ())) if program.ops[call].kind == "call"]
    return [(call, [a for a in handed(code, call) if a in sources]) for call in calls] if sources and len(calls) <= MOST else []
