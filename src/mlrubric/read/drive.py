"""Hands each file to the readers that accept it, and the text they find inside to the reader of its language."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Protocol, cast

from mlrubric import read as package
from mlrubric.model.collector import no_collection
from mlrubric.model.facts import Embedded, Fact, FileFacts, Notice, Unreadable
from mlrubric.model.place import Place
from mlrubric.read.data_file import data_file, holds_no_text
from mlrubric.source.decode import GUESSED, PYTHON, decode
from mlrubric.source.document import Document
from mlrubric.source.ignores import ignores_in
from mlrubric.source.tree import FileEntry, Tree, text_limit

REFUSED = "neither UTF-8 nor with a coding line: Python refuses to run it; it is read as latin-1"
MAX_LANGUAGES_DEEP = 5
MAX_EMBEDDED = 20_000  # texts in other languages taken from one file

Progress = Callable[[int, int], None]
"""Called with the number of files read and of all files."""


class Reader(Protocol):
    """A reader module, as `mlrubric.read` describes it."""

    FORMAT: str

    def accepts(self, path: str) -> bool: ...

    def read(self, document: Document) -> Iterable[Fact]: ...


class LanguageReader(Reader, Protocol):
    """A reader of text inside other files."""

    LANGUAGE: str

    def read_embedded(self, embedded: Embedded) -> Iterable[Fact]: ...


@cache
def readers() -> tuple[Reader, ...]:
    """Every module or package directly below `mlrubric.read` that has a FORMAT, sorted by it."""
    found = []
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if info.name != __name__:
            module = importlib.import_module(info.name)
            if hasattr(module, "FORMAT"):
                found.append(cast(Reader, module))
    return tuple(sorted(found, key=lambda reader: reader.FORMAT))


@cache
def _languages() -> dict[str, LanguageReader]:
    return {reader.LANGUAGE: reader for reader in (cast(LanguageReader, one) for one in readers()) if hasattr(reader, "LANGUAGE")}


def accepting(path: str) -> tuple[Reader, ...]:
    """The readers that want a file of this path."""
    return tuple(reader for reader in readers() if reader.accepts(path))


def read_file(document: Document) -> tuple[FileFacts, ...]:
    """What each reader that accepts the file says, with the facts of embedded text after the host's own; and the ignores of the file."""
    found = [FileFacts(document.path, reader.FORMAT, _facts(reader, document)) for reader in accepting(document.path)]
    ignores = tuple(ignores_in(document.path, document.text))
    if found and ignores:
        found[0] = replace(found[0], ignores=ignores)
    if found and document.encoding == GUESSED and document.path.endswith(PYTHON):
        found[0] = replace(found[0], facts=(*found[0].facts, Notice(document.place(), REFUSED)))
    return tuple(found)


def read_as(format_: str, document: Document) -> tuple[Fact, ...]:
    """What the reader of one format says of a text, with the facts of embedded text."""
    return next((_facts(reader, document) for reader in readers() if format_ == reader.FORMAT), ())


def read_entry(tree: Tree, entry: FileEntry) -> tuple[FileFacts, ...]:
    """All facts of one file of a tree: of its name and size, and of its text when a reader wants it."""
    named = data_file(entry.path, entry.size)
    found = (FileFacts(entry.path, "data_file", (named,)),) if named is not None else ()
    wanted = () if holds_no_text(entry.path) else accepting(entry.path)
    if not wanted:
        return found
    problem = _too_large(entry)
    if problem is None:
        try:
            data = tree.read(entry.path)
        except OSError as error:
            problem = Unreadable(Place(entry.path), "file", f"cannot be read: {error.strerror or error}")
        else:
            document = decode(entry.path, data)
            if isinstance(document, Document):
                return (*found, *read_file(document))
            problem = document
    return (*found, *(FileFacts(entry.path, reader.FORMAT, (replace(problem, format=reader.FORMAT),)) for reader in wanted))


Known = dict[str, tuple[bytes, tuple[FileFacts, ...]]]
"""Facts of an earlier reading: path -> (digest of the bytes, facts)."""


def read_tree(
    tree: Tree,
    progress: Progress | None = None,
    workers: int | None = None,
    known: Known | None = None,
    without: Callable[[str], bool] | None = None,
) -> list[FileFacts]:
    """The facts of all files, by path and format, but for those that are left out by `without`; more than one process only when the work is
    worth it. Files whose bytes are `known` are not read again; what is read becomes known."""
    with no_collection():
        files = [entry for entry in tree.files if without is None or not without(entry.path)]
        left = list(files)
        digests: dict[str, bytes] = {}
        if known is not None:
            digests = {entry.path: _digest(tree, entry) for entry in left if accepting(entry.path)}
            left = [entry for entry in left if entry.path not in known or known[entry.path][0] != digests.get(entry.path)]
        read = _read(tree, left, progress, workers)
        if known is None:
            return read
        fresh: dict[str, list[FileFacts]] = {}
        for one in read:
            fresh.setdefault(one.path, []).append(one)
        known.update((entry.path, (digests.get(entry.path, b""), tuple(fresh.get(entry.path, ())))) for entry in left)
        return [one for entry in files for one in known[entry.path][1]]


def _read(tree: Tree, entries: Sequence[FileEntry], progress: Progress | None, workers: int | None) -> list[FileFacts]:
    if workers != 1:
        from mlrubric.read.pool import read_in_processes, worth_it

        if worth_it([entry for entry in entries if not holds_no_text(entry.path) and accepting(entry.path)]):
            return read_in_processes(tree, entries, workers or 2, progress)
    found: list[FileFacts] = []
    for number, entry in enumerate(entries, 1):
        found.extend(read_entry(tree, entry))
        if progress is not None:
            progress(number, len(entries))
    return found


def _digest(tree: Tree, entry: FileEntry) -> bytes:
    """Of a file's bytes; of one that is too large or cannot be read, of what is said of it."""
    try:
        data = tree.read(entry.path) if _too_large(entry) is None else str(entry.size).encode()
    except OSError as error:
        data = str(error).encode()
    return hashlib.blake2b(data, digest_size=16).digest()


def _facts(reader: Reader, document: Document) -> tuple[Fact, ...]:
    found = list(_guarded(reader, document.place(), lambda: reader.read(document)))
    pending = [(fact, 1) for fact in found if isinstance(fact, Embedded)]
    taken = 0
    while pending:
        embedded, depth = pending.pop(0)
        inner = _languages().get(embedded.language)
        if inner is None:
            continue
        taken += 1
        if depth > MAX_LANGUAGES_DEEP or taken > MAX_EMBEDDED:
            limit = f"{MAX_LANGUAGES_DEEP} languages deep" if depth > MAX_LANGUAGES_DEEP else f"{MAX_EMBEDDED:,} texts in one file"
            found.append(Unreadable(embedded.place, inner.FORMAT, f"more than {limit}: not read further"))
            continue
        facts = list(_guarded(inner, embedded.place, lambda inner=inner, embedded=embedded: inner.read_embedded(embedded)))  # type: ignore[misc]
        found.extend(facts)
        pending.extend((fact, depth + 1) for fact in facts if isinstance(fact, Embedded))
    return tuple(found)


def _guarded(reader: Reader, place: Place, facts: Callable[[], Iterable[Fact]]) -> Iterator[Fact]:
    """The facts, and when the reader itself fails, what it said so far and that it failed: the one place that catches our own bugs."""
    try:
        yield from facts()
    except Exception as error:
        yield Unreadable(place, reader.FORMAT, f"internal error in reader {reader.FORMAT}: {type(error).__name__}: {str(error)[:200]}")


def _too_large(entry: FileEntry) -> Unreadable | None:
    limit = text_limit(entry.path)
    if entry.size <= limit:
        return None
    return Unreadable(Place(entry.path), "file", f"{entry.size / 1e6:.1f} MB, more than the limit of {limit // 1_000_000} MB for reading")
