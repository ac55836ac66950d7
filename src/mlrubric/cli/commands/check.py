"""Findings only."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlrubric.cli import GATE, INTERNAL, OK, UsageError
from mlrubric.cli.gates import outputs_of, status_of, write
from mlrubric.cli.known import state_before, without_known, write_known
from mlrubric.cli.output import check_writable
from mlrubric.cli.part import part_of
from mlrubric.cli.roots import root_of
from mlrubric.cli.shared import analysis_of, settings_for, view_of

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis
    from mlrubric.config import Settings
    from mlrubric.source.tree import Tree


def run(options: argparse.Namespace) -> int:
    outputs = outputs_of(options)
    if options.stdin_filename is not None and options.paths != ["-"]:
        raise UsageError("--stdin-filename goes with `check -`")
    if options.write_baseline is not None:
        check_writable(options.write_baseline)
    mending = options.fix or options.diff
    if mending and options.write_baseline is not None:
        raise UsageError("--write-baseline writes what is there: fix first, then write it")
    if options.write_baseline is not None and (options.baseline is not None or options.changed_since):
        raise UsageError("--write-baseline writes all that is found: --baseline and --changed-since would leave out what is known")
    state = _standard_input(options) if "-" in options.paths else _folder(options)
    if mending:
        return _mend(state, outputs, options)
    analysis = state.look({})
    if options.write_baseline is not None:
        return write_known(analysis, state.settings, options, state.wanted)
    write(view_of(analysis), outputs, options, state.settings)
    return status_of(analysis.report, state.settings, options)


@dataclass(frozen=True, slots=True)
class State:
    """What is looked at: a tree, and the analysis of it (as far as it was asked for) with some files' bytes replaced."""

    tree: Tree
    settings: Settings
    look: Callable[[Mapping[str, bytes]], Analysis]
    wanted: tuple[str, ...]
    root: Path | None = None  # None: standard input


def _folder(options: argparse.Namespace) -> State:
    from mlrubric.analyze import Memory
    from mlrubric.source.overlay import OverlayTree
    from mlrubric.source.tree import DiskTree

    root, wanted = root_of([Path(path) for path in options.paths], options.root)
    settings, tree = settings_for(root, options), DiskTree(root)
    memory = Memory() if options.fix or options.diff or options.changed_since else None
    since = state_before(root, tree, settings, memory, options.changed_since) if options.changed_since and memory is not None else None

    def look(files: Mapping[str, bytes]) -> Analysis:
        analysis = part_of(analysis_of(root, settings, options, memory, files), wanted)
        if since is not None:
            analysis = since.only_new(analysis, OverlayTree(tree, files))
        if options.baseline is not None:
            analysis = without_known(analysis, settings, options, wanted)
        return replace(analysis, report=replace(analysis.report, unsafe_asked=options.unsafe_fixes))

    return State(tree, settings, look, tuple(wanted), root)


def _standard_input(options: argparse.Namespace) -> State:
    """One file, alone, under the name that was given; the settings are those of the repository around this folder."""
    if options.paths != ["-"]:
        raise UsageError("`-` stands alone: standard input is one file")
    if not options.stdin_filename:
        raise UsageError("`check -` needs --stdin-filename NAME: what the file is follows from its name")
    if options.changed_since:
        raise UsageError("--changed-since asks git for another state: standard input has none")
    from mlrubric.analyze import analyze_tree
    from mlrubric.source.overlay import OverlayTree
    from mlrubric.source.tree import MemoryTree

    name = PurePosixPath(options.stdin_filename.replace("\\", "/"))
    inside = not name.is_absolute() and ".." not in name.parts and name.name
    settings = settings_for(root_of([Path()], options.root)[0], options)
    tree = MemoryTree({str(name) if inside else name.name: sys.stdin.buffer.read()})
    wanted = tuple(entry.path for entry in tree.files)

    def look(files: Mapping[str, bytes]) -> Analysis:
        analysis = analyze_tree(OverlayTree(tree, files), name.name, settings)
        alone = tuple(
            one if one.remedy is None or not one.remedy.files else replace(one, fix=None, remedy=None) for one in analysis.report.findings
        )
        analysis = replace(analysis, report=replace(analysis.report, findings=alone))  # no file can be put beside standard input
        if options.baseline is not None:
            analysis = without_known(analysis, settings, options, wanted)
        return replace(analysis, report=replace(analysis.report, unsafe_asked=options.unsafe_fixes))

    return State(tree, settings, look, wanted)


def _mend(state: State, outputs: Sequence[tuple[str, Path | None]], options: argparse.Namespace) -> int:
    """What can be mended is written, and what is left is reported; with `--diff` nothing is, and 1 says that something would change."""
    from mlrubric.cli.fixing import mended, show_diff, show_fixed, written

    analysis, outcome = mended(state.tree, state.look, options.unsafe_fixes)
    if options.diff:
        show_diff(outcome, state.tree, options.output_file)
        return GATE if outcome.files else OK
    if state.root is None:
        show_fixed(outcome, state.tree, view_of(analysis))
    else:
        if written(state.root, outcome, {entry.path for entry in state.tree.files}):
            return INTERNAL
        write(view_of(analysis), outputs, options, state.settings)
    return status_of(analysis.report, state.settings, options)
