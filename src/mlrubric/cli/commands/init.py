"""A configuration to begin with, and drafts of attestations."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import put
from mlrubric.cli.shared import analysis_of, folder_of, say, settings_for


def run(options: argparse.Namespace) -> int:
    from mlrubric.config import FILE_NAME, schema
    from mlrubric.report.draft import configuration

    root = folder_of(options.path)
    target = root / FILE_NAME
    if not options.stdout:
        _check_free(root, target, options.force)
    drafts = _drafts(root, options) if options.attest else ""
    text = configuration(schema(), options.stdout, drafts)
    if options.stdout:
        put(text, None)
        return OK
    put(text, target)
    return say(f"wrote {target}", OK)


def _check_free(root: Path, target: Path, force: bool) -> None:
    """Nothing that somebody wrote is written over, nor put out of force."""
    from mlrubric.config import OUR_TABLE

    if target.exists() and not force:
        raise UsageError(f"{target} is there: --force writes over it, --stdout prints instead")
    project = root / "pyproject.toml"
    if project.is_file() and OUR_TABLE.search(project.read_text(encoding="utf-8", errors="replace")) and not force:
        raise UsageError(f"{project} has a [tool.mlrubric], which {target.name} would put out of force: --force, or --stdout")


def _drafts(root: Path, options: argparse.Namespace) -> str:
    from mlrubric.report.draft import attestations, drafts_for
    from mlrubric.rules.attesting import load_attest_rules

    settings = settings_for(root, options)
    analysis = analysis_of(root, settings, options)
    drafts = drafts_for(analysis.report.tests, analysis.rules.tests, (entry.test for entry in settings.attest))
    return attestations(drafts, load_attest_rules(), analysis.report.repository.as_of, options.stdout)
