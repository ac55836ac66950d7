"""One text to its facts: parse, walk, number the scopes, and say where everything stands in the host file."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from mlrubric.model.facts import Fact, Notice, Unreadable
from mlrubric.model.python import Mark, PythonModule

# these enter their walks into the dispatch tables
from mlrubric.read.python import comprehensions, control, definitions, expressions, matching, statements, strings  # noqa: F401
from mlrubric.read.python.builder import Builder, ProvidedBuilder, finished
from mlrubric.read.python.marks import marks_in
from mlrubric.read.python.parse import DEEP, Parsed, Refusal, parse
from mlrubric.read.python.positions import NOWHERE, Columns, MismatchError, Source

_FORMAT = "python"
_FRAMES = 20_000  # of this walk; its calls are plain Python and take no C stack


def facts_of(source: Source) -> Iterator[Fact]:
    """The `PythonModule` of a text, or why it cannot be read."""
    parsed = parse(source.text)
    if isinstance(parsed, Refusal):
        yield Unreadable(source.at(parsed.line, parsed.column), _FORMAT, parsed.reason)
        return
    if parsed.notice:
        yield Notice(source.at(1), parsed.notice)
    try:
        yield _module(source, parsed)
    except RecursionError:
        yield Unreadable(source.at(1), _FORMAT, DEEP)


def _module(source: Source, parsed: Parsed) -> PythonModule:
    builder, columns = walk(source, parsed)
    scopes = tuple(columns.scope(scope) for scope in finished(builder))
    blocks = builder.blocks
    if source.lines:
        blocks = [
            block._replace(line=source.host(block.line, 1)[0], end_line=source.host(block.end_line, 1)[0]) if block.line else block
            for block in blocks
        ]
    marks = tuple(Mark(source.host(mark.line, 1)[0], mark.text, mark.alone) for mark in marks_in(source.text))
    lines = sorted((raw, cell) for raw, cell in zip(source.lines, source.cells, strict=False))
    cells = tuple((line, *cell) for (line, _), cell in lines)
    starts = tuple(column for (_, column), _ in lines)
    place = source.place or source.at(1)
    return PythonModule(place, columns.ops(builder.ops), scopes, tuple(blocks), marks, cells, source.owner, starts)


def walk(source: Source, parsed: Parsed) -> tuple[Builder, Columns]:
    """Walk the tree beside its twin; without a twin, or where the two differ, with libcst's own positions."""
    end_line = source.text.count("\n") + 1
    walrus = ":=" in source.text
    if parsed.twin is not None:
        builder = Builder(walrus)
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _FRAMES))
        try:
            definitions.module(builder, parsed.tree, parsed.twin, end_line, source.cells)
        except (MismatchError, AttributeError, IndexError, TypeError):
            pass  # the walk below says the same with other positions
        else:
            return builder, Columns(source, bytes_count=True)
        finally:
            sys.setrecursionlimit(limit)
    return provided(parsed.tree, walrus, end_line, source.cells), Columns(source, bytes_count=False)


def provided(tree: cst.Module, walrus: bool, end_line: int, cells: tuple[tuple[int, int], ...] = ()) -> Builder:
    wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
    builder = ProvidedBuilder(wrapper.resolve(PositionProvider), walrus)
    definitions.module(builder, tree, NOWHERE, end_line, cells)
    return builder
