"""The ML Test Score, the maturity level, what breaks, and what to do next."""

from __future__ import annotations

import argparse

from mlrubric.cli.gates import outputs_of, status_of, write
from mlrubric.cli.shared import analysis_of, folder_of, settings_for, view_of


def run(options: argparse.Namespace) -> int:
    outputs = outputs_of(options)
    root = folder_of(options.path)
    settings = settings_for(root, options)
    view = view_of(analysis_of(root, settings, options))
    write(view, outputs, options, settings)
    return status_of(view.report, settings, options)
