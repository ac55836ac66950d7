"""What several commands do alike: settings, one analysis, what the formats see of it, and paths."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlrubric.cli import UsageError
from mlrubric.cli.output import options_for, progress, put

if TYPE_CHECKING:
    from mlrubric.analyze import Analysis, Memory
    from mlrubric.config import Settings
    from mlrubric.model.report import Report
    from mlrubric.report import View
    from mlrubric.report.screen import Row


def settings_for(root: Path, options: argparse.Namespace) -> Settings:
    """The configuration with the command line over it."""
    from mlrubric.config import read_settings

    settings = read_settings(root, options.config)
    if options.audit and options.offline:
        raise UsageError("--audit uses the network, which --offline forbids")
    if options.osv_url and not options.audit:
        raise UsageError("--osv-url goes with --audit")
    settings = replace(settings, audit=options.audit, osv_url=options.osv_url, as_of=options.as_of)
    for name in ("profile", "persona", "min_severity", "min_confidence", "fail_under", "fail_on", "model"):
        if getattr(options, name, None) is not None:
            settings = replace(settings, **{name: getattr(options, name)})
    settings = replace(settings, azure=bool(getattr(options, "azure", False)))
    if getattr(options, "select", None):
        settings = replace(settings, select=tuple(options.select))
    if getattr(options, "ignore", None):
        settings = replace(settings, ignore=(*settings.ignore, *options.ignore))
    _check_selectors(settings)
    return settings


def _check_selectors(settings: Settings) -> None:
    """A rule that is not known would silently select or ignore nothing."""
    from mlrubric.config import ConfigError
    from mlrubric.rules.naming import meant
    from mlrubric.rules.own import whole_book

    selectors = [*settings.named, *((item, None) for item in (*settings.select, *settings.ignore))]
    if not selectors:
        return
    known = {rule.id: rule.name for rule in whole_book(settings).rules}
    for item, place in selectors:
        if item != "ALL" and not any(rule.startswith(item) for rule in known):
            said = f"no rule is called or begins with `{item}`{meant(item, known)} (mlrubric rules lists them)"
            raise UsageError(said) if place is None else ConfigError(Path(place.path), said, place.line, place.span.column)


def analysis_of(
    root: Path,
    settings: Settings,
    options: argparse.Namespace,
    memory: Memory | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Analysis:
    from mlrubric.analyze import analyze
    from mlrubric.score.cards import UnknownModel

    try:
        with progress(not options.quiet) as shown:
            return analyze(root, settings, shown, files, memory)
    except UnknownModel as error:
        raise UsageError(str(error)) from error


def view_of(analysis: Analysis) -> View:
    from mlrubric.report import View
    from mlrubric.report.cards import cards_of

    def text(path: str) -> str:
        return analysis.texts(path) or ""

    return View(analysis.report, text, cards_of(analysis.rules))


def folder_of(path: str) -> Path:
    given = Path(path)
    if given.is_file():
        raise UsageError(f"{given} is a file; `mlrubric check {given}` looks at single files")
    if not given.is_dir():
        raise UsageError(f"no such folder: {given}")
    return given


def path_inside(root: Path, file: str, report: Report) -> str:
    """The file as the report names it: from the root, also when it was given from here or as short as the screen shows it."""
    if (root / file).is_file():
        return PurePosixPath(Path(file).as_posix()).as_posix() if not Path(file).is_absolute() else _relative(root, Path(file))
    if Path(file).is_file():
        return _relative(root, Path(file))
    steps = [step.place for test in report.tests for evidence in test.evidence for step in evidence.path]
    named = {place.path for place in (*steps, *(finding.place for finding in report.findings))}
    meant = sorted(path for path in named if path.endswith(f"/{file}"))
    if len(meant) == 1:
        return meant[0]
    raise UsageError(f"no such file: {file}" + (f"; there are {', '.join(meant)}" if meant else ""))


def _relative(root: Path, file: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise UsageError(f"{file} is not below {root}") from error


def verbosity_of(options: argparse.Namespace) -> int:
    return -1 if options.quiet else 1 if options.verbose else 0


def say(message: str, status: int) -> int:
    print(f"mlrubric: {message}", file=sys.stderr)
    return status


def show(rows: Sequence[Row], target: Path | None = None) -> None:
    from mlrubric.report.screen import paint

    shown = options_for("", 0, target)
    put(paint(rows, shown.width, shown.color, shown.unicode), target)
