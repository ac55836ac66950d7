"""What a change brought: the findings that its base does not have, and those on lines that it touches."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mlrubric.analyze import Analysis, Memory, analyze_tree, narrowed
from mlrubric.baseline import Known, known_of, sort_out
from mlrubric.compare.renames import followed
from mlrubric.compare.trees import differences
from mlrubric.config import Settings
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding
from mlrubric.rules.fold import folded, unfolded
from mlrubric.source.tree import Tree


@dataclass(slots=True)
class Since:
    """The state that a change began with. `memory` is what the analyses of the changed state keep: facts of files that are alike are read
    once. The base itself is analysed once, however often the change is looked at."""

    base: Tree
    revision: str
    name: str
    settings: Settings
    memory: Memory
    _known: list[Known] | None = None

    def only_new(self, head: Analysis, now: Tree) -> Analysis:
        """The analysis of the changed state without the findings that the base has too, unless they stand on a changed line; a notice says
        how many were left out."""
        if self._known is None:
            self.memory.picture = None
            old = analyze_tree(self.base, self.name, self.settings, None, self.memory, head.system)
            self._known = known_of(old.report.findings, old.texts)
        found = unfolded(head.report.findings)
        new = set(sort_out(found, head.texts, self._known, head.files).new)
        hunks = followed(differences(self.base, now)[1])

        def touched(finding: Finding) -> bool:
            return any(hunk.holds(finding.place.path, finding.place.line, "head") for hunk in hunks)

        kept = [one for one in found if one in new or touched(one)]
        left = len(folded(one for one in found if one not in kept))
        were = "finding was" if left == 1 else "findings were"
        said = Message("note", f"{left} {were} there at {self.revision} already, on lines that did not change")
        notices = (*head.report.notices, said) if left else head.report.notices
        return narrowed(replace(head, report=replace(head.report, notices=notices)), kept)
