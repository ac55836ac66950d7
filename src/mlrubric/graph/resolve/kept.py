"""What is written to a file under a known name and read back from it: what is loaded is what was saved. Only its type is told here; that
data flows through the file is told by the file's node, which knows who runs when."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlrubric.graph.resolve import attributes
from mlrubric.graph.values import EMPTY, HOLE, Values, ordered

if TYPE_CHECKING:
    from mlrubric.graph.resolve.engine import Resolver
    from mlrubric.knowledge.entries import Api

SAVES, LOADS = "model.save", "model.load"
MARK = "file:"
FILES = 0  # the scope under whose attributes files are kept: that of the first module, which any program has


def save(r: Resolver, api: Api, saved: int, sink: int) -> None:
    """An object goes to a file, by the operations that stand for both."""
    if SAVES in api.roles and saved >= 0:
        for path in _paths(r.of(sink)):
            attributes.put(r, FILES, path, saved)


def load(r: Resolver, op: int, api: Api, source: int) -> Values:
    """What was saved under the name that is loaded here, wherever in the program that is; said when all that is saved is known."""
    if LOADS not in api.roles:
        return EMPTY
    found: Values = EMPTY
    for path in _paths(r.of(source)):
        r.watchers.setdefault((FILES, path), set()).add(op)
        for saved in _nearest(r, r.stores.get((FILES, path), set()), op) if r.late else ():
            r.depend(saved, op, r.loads)
            found |= frozenset(v for v in r.of(saved) if v[0] not in ("text", "const"))
    return found


def loading(r: Resolver) -> list[int]:
    """The calls that load from a file with a known name."""
    return sorted({op for (owner, name), ops in r.watchers.items() if owner == FILES and name.startswith(MARK) for op in ops})


def _nearest(r: Resolver, stored: set[int], op: int) -> list[int]:
    """Of several projects in one repository each has its own `models/model.pkl`: what is saved closest to where it is loaded counts."""
    here = r.program.unit(op).path.split("/")
    shared = {one: _common(here, r.program.unit(one).path.split("/")) for one in sorted(stored)}
    most = max(shared.values(), default=0)
    return [one for one, depth in shared.items() if depth == most]


def _common(one: list[str], other: list[str]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _paths(values: Values) -> list[str]:
    """Names of files that are known in full, as names of attributes that no class has."""
    texts = [str(v[1]) for v in ordered(values) if v[0] in ("text", "opened")]
    return [f"{MARK}{posixpath.normpath(text)}" for text in texts if text and HOLE not in text and "." in posixpath.basename(text)]
