"""What a change did to the score: two trees analysed alike, and for each test that is not what it was the change that did it."""

from __future__ import annotations

from collections.abc import Sequence

from mlrubric.analyze import Analysis, Memory, analyze_tree
from mlrubric.compare.cause import Results, Search
from mlrubric.compare.hunks import Hunk, taken_back
from mlrubric.compare.trees import differences
from mlrubric.config import Settings
from mlrubric.model.comparison import Change, Comparison
from mlrubric.model.verdict import Finding
from mlrubric.read.drive import Progress
from mlrubric.rules.fold import folded, unfolded
from mlrubric.source.overlay import OverlayTree
from mlrubric.source.tree import Tree


def compare(base: Tree, head: Tree, names: tuple[str, str], name: str, settings: Settings, progress: Progress | None = None) -> Comparison:
    """Both trees by the same settings and the same day, so that only files make a difference; `names` are those of the revisions."""
    memory = Memory()

    def analysed(tree: Tree) -> Analysis:
        memory.picture = None  # the facts of files that are alike are read once; what they mean is asked anew
        return analyze_tree(tree, name, settings, progress, memory)

    old, new = analysed(base), analysed(head)
    heads, hunks = differences(base, head)

    def without(some: Sequence[Hunk]) -> Results:
        again = analysed(OverlayTree(head, taken_back(some, heads)))
        return {result.id: result for result in again.report.tests}

    search = Search(hunks, without)
    before = {result.id: result for result in old.report.tests}
    changes = []
    for result in new.report.tests:
        was = before[result.id]
        if (was.status, was.credit.observed) != (result.status, result.credit.observed):
            changes.append(Change(was, result, search.causes(was, result)))
    return Comparison(
        old.report,
        new.report,
        *names,
        tuple(sorted(changes, key=lambda change: change.gain)),
        _others(new.report.findings, old.report.findings),
        _others(old.report.findings, new.report.findings),
        len({hunk.path for hunk in hunks}),
    )


def _others(findings: Sequence[Finding], known: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that are not among the known ones, or count more than these."""
    counted = {one.fingerprint: one.counted for one in unfolded(known)}

    def there(one: Finding) -> bool:
        return one.fingerprint in counted and set(one.counted) <= set(counted[one.fingerprint])

    return folded(one for one in unfolded(findings) if not there(one))
