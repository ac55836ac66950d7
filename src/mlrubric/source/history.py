"""The commits of a repository as far as reviews go: who made each, and whether it came by a pull request or names who approved it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RECORD, FIELD = "\x1e", "\x1f"
FORM = "%x1e%H%x1f%P%x1f%aN <%aE>%x1f%s%x1f%b"
BOT = re.compile(r"\[bot\]|\bbot@|(^|[\s+])(dependabot|renovate|github-actions|pre-commit-ci|web-flow)\b", re.IGNORECASE)
MERGED = re.compile(
    r"^Merge pull request #\d+|^Merged PR \d+|^Merged in .+\(pull request #\d+\)|\bSee merge request \S*!\d+|^Pull request #\d+:",
    re.IGNORECASE | re.MULTILINE,
)
SQUASHED = re.compile(r"\((?:#|!|PR )\d+\)\s*$")
APPROVED = re.compile(r"^(?:Reviewed-by|Approved-by|Reviewed-on|Differential Revision): *\S", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Commit:
    name: str
    parents: tuple[str, ...]
    author: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Reviews:
    """Of the commits that touch some files: how many there are, how many were reviewed, and how many people ever made a commit here."""

    commits: int
    reviewed: int
    people: int


def commits_of(out: str) -> list[Commit]:
    """What `git log` says in the form of `FORM`, the newest first."""
    found: list[Commit] = []
    for record in out.split(RECORD)[1:]:
        parts = record.split(FIELD)
        if len(parts) == 5:
            found.append(Commit(parts[0], tuple(parts[1].split()), parts[2], parts[3], parts[4]))
    return found


def reviewed(commits: Sequence[Commit]) -> frozenset[str]:
    """Commits that were looked at: squashed from a pull request, with a trailer that says so, or brought by the merge of one."""
    known = {one.name: one for one in commits}
    found = {one.name for one in commits if SQUASHED.search(one.subject) or APPROVED.search(one.body)}
    seen: set[str] = set()
    for merge in reversed(_main_line(commits, known)):  # the oldest first: what a merge brings is what was not there before
        brought = _before(merge.parents[1:], known, seen | set(merge.parents[:1]))
        if len(merge.parents) > 1 and MERGED.search(f"{merge.subject}\n{merge.body}"):
            found |= brought | {merge.name}
        seen |= brought | {merge.name}
    return frozenset(found)


def people(commits: Sequence[Commit]) -> int:
    """How many made commits: one who has several addresses or names counts once where any of them is the same."""
    groups: list[set[str]] = []
    for author in sorted({one.author for one in commits if not BOT.search(one.author)}):
        name, _, address = author.rpartition(" <")
        mine = {name.strip().lower(), address.rstrip(">").lower()} - {""}
        joined = [group for group in groups if group & mine]
        groups = [group for group in groups if not group & mine]
        groups.append(mine.union(*joined))
    return len(groups)


def _main_line(commits: Sequence[Commit], known: Mapping[str, Commit]) -> list[Commit]:
    line: list[Commit] = []
    here = commits[0] if commits else None
    while here is not None:
        line.append(here)
        here = known.get(here.parents[0]) if here.parents else None
    return line


def _before(starts: Sequence[str], known: Mapping[str, Commit], stop: set[str]) -> set[str]:
    waiting, found = list(starts), set[str]()
    while waiting:
        name = waiting.pop()
        if name in found or name in stop or name not in known:
            continue
        found.add(name)
        waiting.extend(known[name].parents)
    return found
