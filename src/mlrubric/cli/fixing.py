"""`check --fix` and `check --diff`: a repository is mended in memory, then written, or shown as a diff."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlrubric.cli.output import progress, put
from mlrubric.cli.shared import say

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis, Memory
    from mlrubric.config import Settings
    from mlrubric.fix.rounds import Outcome
    from mlrubric.model.report import Report
    from mlrubric.model.verdict import Finding
    from mlrubric.source.tree import Tree

Fits = Callable[[str], bool]
Again = Callable[[Mapping[str, bytes], "Memory"], "Analysis"]


def mended(tree: Tree, again: Again, fits: Fits, unsafe: bool) -> tuple[Analysis, Outcome]:
    """What is left to say once all fixes of the files that `fits` are made, and what was done."""
    from mlrubric.analyze import Memory
    from mlrubric.fix.rounds import until_quiet

    memory, last = Memory(), list["Analysis"]()

    def findings(files: Mapping[str, bytes]) -> Iterable[Finding]:
        last[:] = [again(files, memory)]
        return [one for one in last[0].report.findings if fits(one.place.path)]

    outcome = until_quiet(tree, findings, unsafe)
    if outcome.files and outcome.ended != "quiet":
        findings(outcome.files)
    return last[0], outcome


def mended_folder(root: Path, settings: Settings, options: argparse.Namespace, fits: Fits) -> tuple[Analysis, Outcome, Tree]:
    from mlrubric.analyze import analyze
    from mlrubric.source.tree import DiskTree

    tree = DiskTree(root)
    with progress(not options.quiet) as shown:
        analysis, outcome = mended(
            tree, lambda files, memory: analyze(root, settings, shown, dict(files), memory), fits, options.unsafe_fixes
        )
    return analysis, outcome, tree


def reported(report: Report, outcome: Outcome, unsafe: bool) -> Report:
    """The report with what was mended; what was asked for needs no hint."""
    return replace(report, fixed=tuple(outcome.fixed), unsafe_asked=unsafe, notices=(*report.notices, *outcome.notices))


def written(root: Path, outcome: Outcome) -> int:
    """Writes what changed; how many files could not be."""
    failed = 0
    for path, data in sorted(outcome.files.items()):
        target = root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("r+b" if target.exists() else "wb") as stream:  # in place: the mode and the links of the file stay
                stream.write(data)
                stream.truncate()
        except OSError as error:
            failed += 1
            say(f"cannot write {path}: {error.strerror}", 0)
    return failed


def show_diff(outcome: Outcome, tree: Tree, target: Path | None) -> None:
    from mlrubric.fix.difference import unified

    there = {entry.path for entry in tree.files}
    put(unified(outcome.files, lambda path: tree.read(path) if path in there else None), target)
    for message in outcome.notices:
        say(f"{message.place}: {message.message}" if message.place else message.message, 0)
    if outcome.fixed:
        count = len(outcome.fixed)
        print(f"Would fix {count} finding{'s' if count != 1 else ''}.", file=sys.stderr)
