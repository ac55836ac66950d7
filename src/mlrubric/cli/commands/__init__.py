"""One module per command, each with `run(options)`, found by its name: settings, one analysis, output, exit status."""

from __future__ import annotations

import argparse
import importlib

from mlrubric.cli.deadline import deadline


def run(options: object) -> int:
    assert isinstance(options, argparse.Namespace)
    with deadline(getattr(options, "timeout", None)):
        module = importlib.import_module(f"{__name__}.{options.command}")
        status: int = module.run(options)
        return status
