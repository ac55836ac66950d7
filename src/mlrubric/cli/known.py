"""Findings that are known already: a baseline that is read or written, and the state that a change began with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import put
from mlrubric.cli.part import fits

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis, Memory
    from mlrubric.baseline import Known
    from mlrubric.compare.since import Since
    from mlrubric.config import Settings
    from mlrubric.source.tree import Tree


def state_before(root: Path, tree: Tree, settings: Settings, memory: Memory, revision: str) -> Since:
    """The state at which the work here parted from the revision."""
    from mlrubric.compare.since import Since
    from mlrubric.source.revision import RevisionError, RevisionTree, fork_of

    try:
        base = RevisionTree(root, fork_of(root, revision))
    except RevisionError as error:
        raise UsageError(f"--changed-since: {error}") from error
    return Since(base, revision, root.resolve().name, replace(settings, as_of=settings.as_of or tree.commit_date), memory)


def without_known(analysis: Analysis, settings: Settings, options: argparse.Namespace, wanted: Sequence[str]) -> Analysis:
    """The analysis without the findings of the baseline; a notice counts them and those that are gone, of all that this run looked for."""
    from mlrubric.analyze import narrowed
    from mlrubric.baseline import sort_out
    from mlrubric.model.report import Message
    from mlrubric.rules.fold import folded, unfolded

    report, file = analysis.report, options.baseline
    sorted_out = sort_out(report.findings, analysis.texts, _read(file), analysis.files)
    new = set(sorted_out.new)
    left = len(folded(one for one in unfolded(report.findings) if one not in new))
    gone = sum(_looked_for(one, analysis, settings, options, wanted) for one in sorted_out.gone)
    said = f"{left} known by {file}" + (f"; {gone} of it gone: --write-baseline {file} takes them out" if gone else "")
    notices = (*report.notices, Message("note", said)) if left or gone else report.notices
    return narrowed(replace(analysis, report=replace(report, notices=notices)), sorted_out.new)


def write_known(analysis: Analysis, settings: Settings, options: argparse.Namespace, wanted: Sequence[str]) -> int:
    """Writes the findings as a baseline; what one that is there knows, and this run did not look for, stays in it."""
    from mlrubric.baseline import known_of, write_baseline

    target: Path = options.write_baseline
    before = _read(target) if target.is_file() and target.stat().st_size else []
    kept = [one for one in before if not _looked_for(one, analysis, settings, options, wanted)]
    known = known_of(analysis.report.findings, analysis.texts)
    put(write_baseline(sorted({*kept, *known})), target)
    stay = f", {len(kept)} that this run did not look for stay" if kept else ""
    count = len(analysis.report.findings)
    print(f"{count} {'finding' if count == 1 else 'findings'} written to {target}{stay}", file=sys.stderr)
    return OK


def _read(file: Path) -> list[Known]:
    from mlrubric.baseline import BaselineError, read_baseline

    try:
        return read_baseline(file)
    except BaselineError as error:
        raise UsageError(str(error)) from error


def _looked_for(one: Known, analysis: Analysis, settings: Settings, options: argparse.Namespace, wanted: Sequence[str]) -> bool:
    """Whether this run would have found it, were it there still."""
    from mlrubric.rules.judge import heard
    from mlrubric.rules.own import chosen

    if not fits(one.file, wanted):
        return False
    rules = {rule.id: rule for rule in analysis.rules.rules}
    rule = rules.get(one.rule)
    if rule is None:
        return not options.select and not options.ignore
    forms = [rule, *(replace(rule, persona=form.persona or rule.persona, variants=()) for form in rule.variants)]
    levels = {rule.level, *(form.level or rule.level for form in rule.variants)}
    confidences = {"low", rule.confidence, *(form.confidence or rule.confidence for form in rule.variants)}
    asked = bool(chosen(replace(analysis.rules, rules=(rule,)), settings))
    every = all(heard([replace(form, variants=())], settings.persona) for form in forms)
    return asked and every and all(settings.shows(level, confidence) for level in levels for confidence in confidences)
