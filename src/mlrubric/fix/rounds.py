"""Fixes a repository until nothing changes: each round is analysed anew, and overlapping edits wait for the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mlrubric.fix.apply import one_round
from mlrubric.model.place import Place
from mlrubric.model.remedy import Fixed
from mlrubric.model.report import Message
from mlrubric.model.verdict import Finding
from mlrubric.source.tree import Tree, text_limit

MOST_ROUNDS = 20
Files = dict[str, bytes]
Key = tuple[str, str, str, tuple[str, ...]]
Analyse = Callable[[Mapping[str, bytes]], Iterable[Finding]]
"""The findings that are to be mended, with some files' bytes replaced."""


@dataclass(slots=True)
class Outcome:
    """`files` are the new bytes of what changed, `fixed` what was mended, in order of place."""

    files: Files = field(default_factory=dict)
    fixed: list[Fixed] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)
    rounds: int = 0
    ended: str = "quiet"  # quiet: the last analysis is of these files; stopped: more was to be done


def until_quiet(tree: Tree, analyse: Analyse, unsafe: bool = False) -> Outcome:
    """Mends what can be mended. A file that would not be readable afterwards stays as it is; a finding that a fix leaves is not fixed
    again and again."""
    outcome = Outcome()
    there = {entry.path: entry.size for entry in tree.files}
    given_up: set[str] = set()
    offered: Counter[Key] = Counter()
    done: Counter[Key] = Counter()
    for _ in range(MOST_ROUNDS):
        found = [one for one in analyse(outcome.files) if one.remedy is not None and not one.remedy.paths & given_up]
        offered |= Counter(_key(one) for one in found)  # no more of a kind than were to be made at once: what helps not is not made again
        found = [one for one in found if done[_key(one)] < offered[_key(one)]]
        wanted = {edit.path for one in found if one.remedy is not None for edit in one.remedy.edits}
        read = {path: data for path in sorted(wanted) if (data := _bytes(tree, outcome.files, there, path)) is not None}
        made = one_round(found, read, frozenset(there) | outcome.files.keys(), unsafe)
        for path, problem in sorted(made.problems.items()):
            given_up.add(path)
            outcome.notices.append(Message("warning", f"not fixed: afterwards the file could not be read ({problem})", Place(path)))
        changed = {path: data for path, data in made.files.items() if data != read.get(path)}
        if not changed and not made.problems:
            return outcome
        outcome.rounds += 1
        outcome.files.update(changed)
        outcome.fixed += made.fixed
        done.update(_key(one) for one in made.findings)
    outcome.ended = "stopped"
    outcome.notices.append(Message("warning", f"stopped after {MOST_ROUNDS} rounds: the fixes do not come to rest"))
    return outcome


def _key(finding: Finding) -> Key:
    """A finding with what is put in, without places: those move."""
    edits = finding.remedy.edits if finding.remedy is not None else ()
    return finding.rule, finding.place.path, finding.message, tuple(edit.new for edit in edits)


def _bytes(tree: Tree, files: Files, there: Mapping[str, int], path: str) -> bytes | None:
    """A file whole, or None."""
    if path in files:
        return files[path]
    if path not in there or there[path] > text_limit(path):
        return None
    return tree.read(path)
