"""Makes every fix on a folder of checkouts, in memory, and looks at what came of it.

usage: python -m benchmarks.fixes CHECKOUTS [--rules ID ...] [--only NAME ...] [--persona P] [--safe] [--diff]

Of each rule: findings, those that a fix is offered for (safe, unsafe), fixes made, findings gone; then every problem: a file that cannot be
read afterwards, a finding that is still there or is new, a second run that changes something. Ends with 1 when there is one. A checkout is
never written to.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from functools import partial
from pathlib import Path

from mlrubric.config import read_settings
from mlrubric.fix.difference import unified
from mlrubric.prove.fixes import Bench, Checked
from mlrubric.rules.judge import PERSONAS
from mlrubric.rules.load import load_rules
from mlrubric.source.tree import DiskTree


def _before(tree: DiskTree, path: str) -> bytes | None:
    return tree.read(path) if any(entry.path == path for entry in tree.files) else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--rules", nargs="*", default=())
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--persona", choices=PERSONAS, default=PERSONAS[-1])
    parser.add_argument("--safe", action="store_true", help="safe fixes only")
    parser.add_argument("--diff", action="store_true", help="print what is changed")
    options = parser.parse_args()
    totals: dict[str, Checked] = defaultdict(Checked)
    told: list[str] = []
    for checkout in sorted(p for p in options.checkouts.iterdir() if p.is_dir() and (not options.only or p.name in options.only)):
        tree, settings = DiskTree(checkout), read_settings(checkout)
        excluded = frozenset(entry.path for entry in tree.files if settings.excludes(entry.path))
        trial = Bench(tree, load_rules().rules, options.persona, excluded).tried(options.rules, not options.safe)
        told += [f"{checkout.name}: {problem}" for problem in trial.told]
        for rule, one in trial.rules.items():
            total = totals[rule]
            total.add(one)
            total.problems += [f"{checkout.name}: {problem}" for problem in one.problems]
        if options.diff:
            print(f"# {checkout.name}\n{unified(trial.outcome.files, partial(_before, tree))}")
    print(f"{'rule':10}{'found':>7}{'safe':>6}{'unsafe':>8}{'made':>6}{'gone':>6}{'problems':>10}")
    for rule, one in sorted(totals.items()):
        print(f"{rule:10}{one.tried:7}{one.safe:6}{one.unsafe:8}{one.applied:6}{one.gone:6}{len(one.problems):10}")
    problems = [*told, *(f"{rule} {problem}" for rule, one in sorted(totals.items()) for problem in one.problems)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
