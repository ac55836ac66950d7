"""What a rule, a test or a capability means."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlrubric.cli import OK, UsageError
from mlrubric.cli.output import options_for
from mlrubric.cli.shared import show


def run(options: argparse.Namespace) -> int:
    from mlrubric.config import read_settings
    from mlrubric.report.book import explanation
    from mlrubric.report.cards import cards_of, nearest
    from mlrubric.rules.own import whole_book
    from mlrubric.rules.peers import load_peers

    book = whole_book(read_settings(Path()))
    found = book.find(options.id)
    cards = cards_of(book)
    if found is None:
        raise UsageError(f"nothing is called `{options.id}`{nearest(options.id, cards)} (mlrubric rules lists the rules)")
    show(explanation(cards[found.id], cards, options_for("explain", 0, None).width, load_peers()))
    return OK
