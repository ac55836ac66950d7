"""Findings of some rules over a folder of checkouts, with the lines around them, to be read and judged.

usage: python -m benchmarks.hits CHECKOUTS [--rules ID ...] [--only NAME ...] [--persona P] [--context N] [--most N] [--table]

Only the rules run, not the score. `--most N` keeps at most N hits of each rule, spread over the repositories; `--table` prints the head of
`docs/evaluation/judged/<ID>.tsv` instead of the lines around. A checkout is called `OWNER+NAME`.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from mlrubric.config import read_settings
from mlrubric.graph.build import build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.model.verdict import Finding
from mlrubric.read.drive import read_tree
from mlrubric.rules.judge import PERSONAS, findings
from mlrubric.rules.load import load_rules
from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.tree import DiskTree

Hit = tuple[str, Finding, str]  # repository, finding, the lines around it


def hits(checkout: Path, wanted: Callable[[str], bool], persona: str, context: int) -> Iterator[Hit]:
    """The findings of the wanted rules in one checkout, in order of place."""
    tree, settings = DiskTree(checkout), read_settings(checkout)
    read = read_tree(tree, without=settings.excludes)
    picture = build(read, [entry.path for entry in tree.files], load_catalogue(), doubtful=tree.doubtful)
    repository = checkout.name.replace("+", "/", 1)
    for finding in findings(picture, [rule for rule in load_rules().rules if wanted(rule.id)], persona):
        yield repository, finding, _around(tree, finding, context)


def _around(tree: DiskTree, finding: Finding, context: int) -> str:
    document = decode(finding.place.path, tree.read(finding.place.path))
    if not isinstance(document, Document):
        return ""
    lines, line = document.text.split("\n"), finding.place.line
    first = max(line - context, 1)
    shown = enumerate(lines[first - 1 : line + context], first)
    return "\n".join(f"  {'>' if n == line else ' '}{n:5} {text.rstrip()[:200]}" for n, text in shown)


def spread(found: Iterable[Hit], most: int) -> list[Hit]:
    """At most so many, one of each repository in turn."""
    by_repository: dict[str, list[Hit]] = defaultdict(list)
    for hit in found:
        by_repository[hit[0]].append(hit)
    turns = zip_longest(*by_repository.values())
    return [hit for turn in turns for hit in turn if hit is not None][:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--rules", nargs="*", default=())
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--persona", choices=PERSONAS, default="regular")
    parser.add_argument("--context", type=int, default=3)
    parser.add_argument("--most", type=int, default=sys.maxsize)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    by_rule: dict[str, list[Hit]] = defaultdict(list)
    for checkout in sorted(p for p in options.checkouts.iterdir() if p.is_dir() and (not options.only or p.name in options.only)):
        for hit in hits(checkout, lambda rule: not options.rules or rule in options.rules, options.persona, options.context):
            by_rule[hit[1].rule].append(hit)
    for rule, found in sorted(by_rule.items()):
        chosen = spread(found, options.most)
        print(f"# {rule}: {len(found)} hits, {len(chosen)} shown")
        for repository, finding, lines in chosen:
            if options.table:
                print(f"{repository}\t{finding.place.path}:{finding.place.line}\t\t")
            else:
                print(f"{repository}  {finding.place}  {finding.message}\n{lines}")


if __name__ == "__main__":
    main()
