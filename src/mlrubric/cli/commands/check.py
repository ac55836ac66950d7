"""Findings only."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlrubric.cli import GATE, INTERNAL, OK, UsageError
from mlrubric.cli.gates import outputs_of, status_of, write
from mlrubric.cli.output import options_for
from mlrubric.cli.shared import analysis_of, settings_for, view_of

if TYPE_CHECKING:
    from mlrubric.config import Settings
    from mlrubric.model.report import Report
    from mlrubric.report import View
    from mlrubric.source.tree import MemoryTree

MARKS_OF_A_ROOT = (".git", "mlrubric.toml", "pyproject.toml")


def run(options: argparse.Namespace) -> int:
    outputs = outputs_of(options)
    if options.stdin_filename is not None and options.paths != ["-"]:
        raise UsageError("--stdin-filename goes with `check -`")
    mending = options.fix or options.diff
    if "-" in options.paths:
        if mending:
            return _fixed_from_standard_input(options)
        view, settings = _from_standard_input(options)
    else:
        root, wanted = _root_of([Path(path) for path in options.paths])
        settings = settings_for(root, options)
        if mending:
            fixed = _fixed(root, wanted, settings, options)
            if isinstance(fixed, int):
                return fixed
            view = fixed
        else:
            view = view_of(analysis_of(root, settings, options))
        view = replace(view, report=replace(_only(view.report, wanted), unsafe_asked=options.unsafe_fixes))
    write(view, outputs, options, settings)
    return status_of(view.report, settings, options)


def _fixed(root: Path, wanted: Sequence[str], settings: Settings, options: argparse.Namespace) -> View | int:
    """What is left once everything that can be is mended and written; with `--diff` the exit status, and nothing is written."""
    from mlrubric.cli.fixing import mended_folder, reported, show_diff, written

    analysis, outcome, tree = mended_folder(root, settings, options, lambda path: _fits(path, wanted))
    if options.diff:
        show_diff(outcome, tree, options.output_file)
        return GATE if outcome.files else OK
    if written(root, outcome):
        return INTERNAL
    view = view_of(analysis)
    return replace(view, report=reported(view.report, outcome, options.unsafe_fixes))


def _fixed_from_standard_input(options: argparse.Namespace) -> int:
    """The mended text on standard output, what is left to say on standard error; with `--diff` the diff."""
    from mlrubric.analyze import analyze_tree
    from mlrubric.cli.fixing import mended, reported, show_diff
    from mlrubric.source.overlay import OverlayTree

    settings, name, tree = _standard_input(options)
    analysis, outcome = mended(
        tree,
        lambda files, memory: analyze_tree(OverlayTree(tree, files), name, settings, None, memory),
        lambda path: True,
        options.unsafe_fixes,
    )
    if options.diff:
        show_diff(outcome, tree, options.output_file)
        return GATE if outcome.files else OK
    path = tree.files[0].path
    sys.stdout.buffer.write(outcome.files.get(path, tree.read(path)))
    sys.stdout.flush()
    view = view_of(analysis)
    report = reported(view.report, outcome, options.unsafe_fixes)
    from mlrubric.report import formats

    print(formats()["concise"].render(replace(view, report=report), options_for("check", 0, None)), end="", file=sys.stderr)
    return status_of(report, settings, options)


def _from_standard_input(options: argparse.Namespace) -> tuple[View, Settings]:
    from mlrubric.analyze import analyze_tree

    settings, name, tree = _standard_input(options)
    return view_of(analyze_tree(tree, name, settings)), settings


def _standard_input(options: argparse.Namespace) -> tuple[Settings, str, MemoryTree]:
    """One file, alone, under the name that was given; the settings are those of this folder."""
    if options.paths != ["-"]:
        raise UsageError("`-` stands alone: standard input is one file")
    if not options.stdin_filename:
        raise UsageError("`check -` needs --stdin-filename NAME: what the file is follows from its name")
    from mlrubric.source.tree import MemoryTree

    name = PurePosixPath(options.stdin_filename.replace("\\", "/"))
    inside = not name.is_absolute() and ".." not in name.parts and name.name
    tree = MemoryTree({str(name) if inside else name.name: sys.stdin.buffer.read()})
    return settings_for(Path(), options), name.name, tree


def _fits(path: str, wanted: Sequence[str]) -> bool:
    return any(not prefix or path == prefix or path.startswith(prefix + "/") for prefix in wanted)


def _only(report: Report, wanted: Sequence[str]) -> Report:
    """What concerns the files and folders that were asked for; "" stands for everything."""

    def fits(path: str) -> bool:
        return _fits(path, wanted)

    return replace(
        report,
        findings=tuple(finding for finding in report.findings if fits(finding.place.path)),
        suppressed=tuple(finding for finding in report.suppressed if fits(finding.place.path)),
        notices=tuple(message for message in report.notices if message.place is None or fits(message.place.path)),
        repository=replace(
            report.repository, unreadable=tuple(m for m in report.repository.unreadable if m.place is None or fits(m.place.path))
        ),
    )


def _root_of(paths: Sequence[Path]) -> tuple[Path, list[str]]:
    """The folder to analyse and what to report on, from there. One folder is itself; for files it is the project around them."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}")
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0], [""]
    full = [path.resolve() for path in paths]
    common = full[0] if full[0].is_dir() else full[0].parent
    while not all(path.is_relative_to(common) for path in full):
        common = common.parent
    root = next((folder for folder in (common, *common.parents) if any((folder / mark).exists() for mark in MARKS_OF_A_ROOT)), common)
    return root, ["" if path == root else path.relative_to(root).as_posix() for path in full]
