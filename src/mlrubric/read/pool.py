"""Reading in two processes, for trees where parsing takes seconds; the order of the facts does not depend on it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from multiprocessing import get_context

from mlrubric.model.facts import FileFacts, Unreadable
from mlrubric.model.place import Place
from mlrubric.source.tree import FileEntry, Tree

WORTH_SECONDS = 3.0
# Measured bytes per second of one process, by what dominates the reading.
_PYTHON, _NOTEBOOK, _OTHER = 450_000, 3_000_000, 4_000_000
_CHUNK_SECONDS = 0.5

_tree: Tree | None = None  # what a forked worker inherits


def seconds(entry: FileEntry) -> float:
    """How long the reading of a file will take, roughly."""
    suffix = entry.path.rpartition(".")[2]
    return entry.size / (_PYTHON if suffix == "py" else _NOTEBOOK if suffix == "ipynb" else _OTHER)


def worth_it(entries: Sequence[FileEntry]) -> bool:
    """Enough work, a second core, and a process that may fork safely."""
    forks = hasattr(os, "fork") and threading.active_count() == 1
    return forks and (os.cpu_count() or 1) > 1 and sum(map(seconds, entries)) > WORTH_SECONDS


def read_in_processes(
    tree: Tree, entries: Sequence[FileEntry], workers: int, progress: Callable[[int, int], None] | None
) -> list[FileFacts]:
    global _tree
    _tree = tree
    chunks = _chunks(entries)
    done = 0
    found: list[FileFacts] = []
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            futures: list[Future[list[FileFacts]]] = [pool.submit(_read, chunk) for chunk in chunks]
            for chunk, future in zip(chunks, futures, strict=True):
                try:
                    found.extend(future.result())
                except BrokenProcessPool:
                    found.extend(_one_by_one(chunk))
                done += len(chunk)
                if progress is not None:
                    progress(done, len(entries))
    finally:
        _tree = None
    return found


def _chunks(entries: Sequence[FileEntry]) -> list[list[FileEntry]]:
    """Neighbours together until they are about half a second of work."""
    chunks: list[list[FileEntry]] = []
    load = _CHUNK_SECONDS
    for entry in entries:
        if load >= _CHUNK_SECONDS:
            chunks.append([])
            load = 0.0
        chunks[-1].append(entry)
        load += seconds(entry) + 0.0005
    return chunks


def _read(chunk: list[FileEntry]) -> list[FileFacts]:
    from mlrubric.read.drive import read_entry

    assert _tree is not None
    return [facts for entry in chunk for facts in read_entry(_tree, entry)]


def _one_by_one(chunk: list[FileEntry]) -> list[FileFacts]:
    """After a worker died (native code can): each file in its own process, so that only the guilty one is lost."""
    found: list[FileFacts] = []
    for entry in chunk:
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            try:
                found.extend(pool.submit(_read, [entry]).result())
            except BrokenProcessPool:
                problem = Unreadable(Place(entry.path), "file", "the process that read it died: not read")
                found.append(FileFacts(entry.path, "file", (problem,)))
    return found
