"""All rules that are known."""

from __future__ import annotations

import argparse

from mlrubric.cli import OK
from mlrubric.cli.output import options_for, put
from mlrubric.cli.shared import show


def run(options: argparse.Namespace) -> int:
    from mlrubric.report.book import rules_json, rules_text
    from mlrubric.report.cards import cards_of
    from mlrubric.rules.load import load_rules

    cards = cards_of(load_rules()).values()
    if options.output_format == "json":
        put(rules_json(cards), options.output_file)
    else:
        show(rules_text(cards, options_for("rules", 0, options.output_file).width), options.output_file)
    return OK
