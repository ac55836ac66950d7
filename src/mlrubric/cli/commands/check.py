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
from mlrubric.cli.output import check_writable, put
from mlrubric.cli.shared import analysis_of, settings_for, view_of

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis, Memory
    from mlrubric.compare.since import Since
    from mlrubric.config import Settings
    from mlrubric.model.report import Report
    from mlrubric.source.tree import Tree

MARKS_OF_A_ROOT = (".git", "mlrubric.toml", "pyproject.toml")


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
        return _write_baseline(analysis, options.write_baseline)
    write(view_of(analysis), outputs, options, state.settings)
    return status_of(analysis.report, state.settings, options)


@dataclass(frozen=True, slots=True)
class State:
    """What is looked at: a tree, and the analysis of it (as far as it was asked for) with some files' bytes replaced."""

    tree: Tree
    settings: Settings
    look: Callable[[Mapping[str, bytes]], Analysis]
    root: Path | None = None  # None: standard input


def _folder(options: argparse.Namespace) -> State:
    from mlrubric.analyze import Memory
    from mlrubric.source.overlay import OverlayTree
    from mlrubric.source.tree import DiskTree

    root, wanted = _root_of([Path(path) for path in options.paths])
    settings, tree = settings_for(root, options), DiskTree(root)
    memory = Memory() if options.fix or options.diff or options.changed_since else None
    since = _since(root, tree, settings, memory, options.changed_since) if options.changed_since and memory is not None else None

    def look(files: Mapping[str, bytes]) -> Analysis:
        analysis = analysis_of(root, settings, options, memory, files)
        if since is not None:
            analysis = since.only_new(analysis, OverlayTree(tree, files))
        if options.baseline is not None:
            analysis = _without_known(analysis, options.baseline, whole=wanted == [""])
        return replace(analysis, report=replace(_only(analysis.report, wanted), unsafe_asked=options.unsafe_fixes))

    return State(tree, settings, look, root)


def _standard_input(options: argparse.Namespace) -> State:
    """One file, alone, under the name that was given; the settings are those of this folder."""
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
    settings = settings_for(Path(), options)
    tree = MemoryTree({str(name) if inside else name.name: sys.stdin.buffer.read()})

    def look(files: Mapping[str, bytes]) -> Analysis:
        analysis = analyze_tree(OverlayTree(tree, files), name.name, settings)
        alone = tuple(
            one if one.remedy is None or not one.remedy.files else replace(one, fix=None, remedy=None) for one in analysis.report.findings
        )
        analysis = replace(analysis, report=replace(analysis.report, findings=alone))  # no file can be put beside standard input
        if options.baseline is not None:
            analysis = _without_known(analysis, options.baseline, whole=True)
        return replace(analysis, report=replace(analysis.report, unsafe_asked=options.unsafe_fixes))

    return State(tree, settings, look)


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


def _since(root: Path, tree: Tree, settings: Settings, memory: Memory, revision: str) -> Since:
    """The state at which the work here parted from the revision."""
    from mlrubric.compare.since import Since
    from mlrubric.source.revision import RevisionError, RevisionTree, fork_of

    try:
        base = RevisionTree(root, fork_of(root, revision))
    except RevisionError as error:
        raise UsageError(f"--changed-since: {error}") from error
    return Since(base, revision, root.resolve().name, replace(settings, as_of=settings.as_of or tree.commit_date), memory)


def _without_known(analysis: Analysis, baseline: Path, whole: bool) -> Analysis:
    """The analysis without the findings of the baseline; a notice counts them and, when the whole repository was asked for, those that
    are gone."""
    from mlrubric.baseline import BaselineError, read_baseline, sort_out
    from mlrubric.model.report import Message

    report = analysis.report
    try:
        known = read_baseline(baseline)
    except BaselineError as error:
        raise UsageError(str(error)) from error
    sorted_out = sort_out(report.findings, analysis.texts, known, analysis.files)
    left, gone = len(report.findings) - len(sorted_out.new), len(sorted_out.gone) if whole else 0
    said = f"{left} known by {baseline}" + (f"; {gone} of it gone: --write-baseline {baseline} takes them out" if gone else "")
    notices = (*report.notices, Message("note", said)) if left or gone else report.notices
    return replace(analysis, report=replace(report, findings=sorted_out.new, notices=notices))


def _write_baseline(analysis: Analysis, target: Path) -> int:
    from mlrubric.baseline import known_of, write_baseline

    findings = analysis.report.findings
    put(write_baseline(known_of(findings, analysis.texts)), target)
    print(f"{len(findings)} {'finding' if len(findings) == 1 else 'findings'} written to {target}", file=sys.stderr)
    return OK


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
