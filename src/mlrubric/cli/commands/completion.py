"""A script that completes the command line in a shell."""

from __future__ import annotations

import argparse

from mlrubric.cli import OK
from mlrubric.cli.output import put


def run(options: argparse.Namespace) -> int:
    from mlrubric.cli.arguments import parser
    from mlrubric.cli.completing import commands_of, script

    put(script(options.shell, commands_of(parser())), options.output_file)
    return OK
