"""What a change brought: the findings that its base does not have, and those on lines that it touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mlrubric.analyze import Analysis, Memory, analyze_tree
from mlrubric.baseline import known_of, sort_out
from mlrubric.compare.trees import differences
from mlrubric.config import Settings
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding
from mlrubric.source.tree import Tree


def only_new(head: Analysis, memory: Memory, trees: tuple[Tree, Tree], name: str, settings: Settings, revision: str) -> Analysis:
    """The analysis of the second of two trees without the findings that the first has too, unless they stand on a changed line; a notice
    says how many were left out. `memory` is what the head's analysis kept."""
    base, now = trees
    memory.picture = None
    old = analyze_tree(base, name, settings, None, memory, head.system)
    found = head.report.findings
    new = sort_out(found, head.texts, known_of(old.report.findings, old.texts), head.files).new
    hunks = differences(base, now)[1]

    def touched(finding: Finding) -> bool:
        return any(hunk.holds(finding.place.path, finding.place.line, "head") for hunk in hunks)

    kept = _in_order(found, [one for one in found if one in new or touched(one)])
    left = len(found) - len(kept)
    said = Message(
        "note", f"{left} {'finding was' if left == 1 else 'findings were'} there at {revision} already, on lines that did not change"
    )
    notices = (*head.report.notices, said) if left else head.report.notices
    return replace(head, report=replace(head.report, findings=kept, notices=notices))


def _in_order(findings: Sequence[Finding], kept: Sequence[Finding]) -> tuple[Finding, ...]:
    wanted = set(kept)
    return tuple(one for one in findings if one in wanted)
