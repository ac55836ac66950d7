"""The story: discover, read, build the graph, judge, score, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlrubric.config import Settings
from mlrubric.describe import describe
from mlrubric.graph.build import Picture, build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.model.facts import FileFacts
from mlrubric.model.report import Report
from mlrubric.read.drive import read_tree
from mlrubric.rules.judge import findings
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import RuleBook
from mlrubric.score.maturity import google
from mlrubric.score.ml_test import judge_test, score_of
from mlrubric.score.plan import breaks, steps
from mlrubric.source.decode import decode
from mlrubric.source.document import Document
from mlrubric.source.tree import DiskTree, Tree
from mlrubric.suppress import split_suppressed

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The report with what it was made from; `texts` gives the text of a file, or None."""

    report: Report
    picture: Picture
    facts: Sequence[FileFacts]
    texts: Callable[[str], str | None]
    rules: RuleBook


def analyze(root: Path, settings: Settings, progress: Progress | None = None, overlay: Mapping[str, str] | None = None) -> Analysis:
    """Analyse the repository at `root`; `overlay` are texts that stand in for files (open editors)."""
    return analyze_tree(DiskTree(root, overlay=overlay or {}), settings, progress)


def analyze_tree(tree: Tree, settings: Settings, progress: Progress | None = None) -> Analysis:
    """The same for any tree: a disk, a memory."""
    started = time.perf_counter()
    facts = read_tree(tree, progress)
    rules = load_rules()
    picture = build(facts, [entry.path for entry in tree.files], load_catalogue())
    results = tuple(judge_test(picture, test) for test in rules.tests)
    score = score_of(results)
    chosen = [r for r in rules.rules if settings.wants(r.id)]
    kept, suppressed = split_suppressed(findings(picture, chosen, settings.persona), facts, settings)
    shared = breaks(results)
    report = describe(
        tree, facts, picture, results, score, google(picture, rules.capabilities, results), kept, suppressed, shared, steps(results, score, shared),
        time.perf_counter() - started,
    )  # fmt: skip
    return Analysis(report, picture, facts, _texts(tree), rules)


def _texts(tree: Tree) -> Callable[[str], str | None]:
    def text(path: str) -> str | None:
        try:
            document = decode(path, tree.read(path))
        except (OSError, KeyError):
            return None
        return document.text if isinstance(document, Document) else None

    return text
