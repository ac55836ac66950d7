"""Output files and the exit status of `score` and `check`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlrubric.cli import GATE, INTERNAL, OK, UsageError
from mlrubric.cli.output import check_writable, options_for, put
from mlrubric.cli.shared import say, verbosity_of

if TYPE_CHECKING:
    from mlrubric.config import Settings
    from mlrubric.model.report import Report
    from mlrubric.report import View

RANK = {"error": 0, "warning": 1, "note": 2, "never": -1}
ANNOTATING = ("github", "gitlab", "rdjson", "sarif")  # they speak of files of one repository


def outputs_of(options: argparse.Namespace) -> list[tuple[str, Path | None]]:
    """Format and file of everything that is to be written, the main output first."""
    from mlrubric.report import formats

    known = formats()
    main = options.output_format or "full"
    outputs: list[tuple[str, Path | None]] = [(main, options.output_file)]
    for given in options.write:
        name, equals, file = given.partition("=")
        if not equals or not file:
            raise UsageError(f"--write wants FORMAT=FILE, not `{given}`")
        outputs.append((name, Path(file)))
    for name, target in outputs:
        if name not in known:
            raise UsageError(f"`{name}` is no output format; there are {', '.join(known)}")
        if target is not None:
            check_writable(target)
    return outputs


def write(view: View, outputs: Sequence[tuple[str, Path | None]], options: argparse.Namespace, settings: Settings) -> None:
    from mlrubric.report import formats

    known = formats()
    for name, target in reversed(outputs):  # files first: standard output may be closed early
        shown = view
        if settings.profile == "lenient" and not getattr(known[name], "ALL_NUMBERS", False):
            from mlrubric.report.profile import lenient

            shown = replace(view, report=lenient(view.report))
        put(known[name].render(shown, options_for(options.command, verbosity_of(options), target)), target)
        foreign = sum(1 for finding in view.report.findings if finding.place.repository)
        if foreign and name in ANNOTATING:
            say(f"{foreign} findings in files of other repositories are not in the {name} output", OK)


def status_of(report: Report, settings: Settings, options: argparse.Namespace) -> int:
    """The contract's exit status; a gate in SARIF mode counts only when the command line names one, so that the upload step runs."""
    repository = report.repository
    if repository.analysed == 0 and repository.unreadable:
        return say("none of the files could be read", INTERNAL)
    limits = [message for message in report.notices if message.level in ("warning", "error")]
    if options.strict and (repository.unreadable or limits):
        return say("--strict: not everything could be read", INTERNAL)
    named = options.fail_on is not None or getattr(options, "fail_under", None) is not None
    if options.output_format == "sarif" and not named:
        return OK
    return GATE if _gates(report, settings, options) else OK


def _gates(report: Report, settings: Settings, options: argparse.Namespace) -> bool:
    failed = False
    level = settings.fail_on or ("error" if options.command == "check" else "never")
    hits = [finding for finding in report.findings if RANK[finding.level] <= RANK[level]]
    if hits:
        failed = True
        if options.command == "score":
            say(f"--fail-on {level}: {len(hits)} {'finding' if len(hits) == 1 else 'findings'}", GATE)
    if options.command == "score" and settings.fail_under is not None:
        reached = report.score.lenient if settings.profile == "lenient" else report.score.observed
        if reached < settings.fail_under:
            failed = True
            say(f"--fail-under {settings.fail_under:g}: the score is {reached:g}", GATE)
    return failed
