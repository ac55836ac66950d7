"""Findings only."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlrubric.cli import UsageError
from mlrubric.cli.gates import outputs_of, status_of, write
from mlrubric.cli.shared import analysis_of, settings_for, view_of

if TYPE_CHECKING:
    from mlrubric.config import Settings
    from mlrubric.model.report import Report
    from mlrubric.report import View

MARKS_OF_A_ROOT = (".git", "mlrubric.toml", "pyproject.toml")


def run(options: argparse.Namespace) -> int:
    outputs = outputs_of(options)
    if options.stdin_filename is not None and options.paths != ["-"]:
        raise UsageError("--stdin-filename goes with `check -`")
    if "-" in options.paths:
        view, settings = _from_standard_input(options)
    else:
        root, wanted = _root_of([Path(path) for path in options.paths])
        settings = settings_for(root, options)
        view = view_of(analysis_of(root, settings, options))
        view = replace(view, report=_only(view.report, wanted))
    write(view, outputs, options, settings)
    return status_of(view.report, settings, options)


def _from_standard_input(options: argparse.Namespace) -> tuple[View, Settings]:
    """One file, alone, under the name that was given; the settings are those of this folder."""
    if options.paths != ["-"]:
        raise UsageError("`-` stands alone: standard input is one file")
    if not options.stdin_filename:
        raise UsageError("`check -` needs --stdin-filename NAME: what the file is follows from its name")
    from mlrubric.analyze import analyze_tree
    from mlrubric.source.tree import MemoryTree

    name = PurePosixPath(options.stdin_filename.replace("\\", "/"))
    inside = not name.is_absolute() and ".." not in name.parts and name.name
    settings = settings_for(Path(), options)
    tree = MemoryTree({str(name) if inside else name.name: sys.stdin.buffer.read()})
    return view_of(analyze_tree(tree, name.name, settings)), settings


def _only(report: Report, wanted: Sequence[str]) -> Report:
    """What concerns the files and folders that were asked for; "" stands for everything."""

    def fits(path: str) -> bool:
        return any(not prefix or path == prefix or path.startswith(prefix + "/") for prefix in wanted)

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
