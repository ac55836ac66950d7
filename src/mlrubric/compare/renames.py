"""Files that have another name after a change: their lines are compared with those they had under the old one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mlrubric.compare.hunks import Hunk, hunks_of

ALIKE = 0.5  # of the lines of the larger file: what git calls a rename
COMMON = 20  # a line that more files have tells nothing


def followed(hunks: Iterable[Hunk]) -> list[Hunk]:
    """The hunks, where a file that was added is one that was taken away elsewhere: what differs between the two."""
    hunks = list(hunks)
    away = [one for one in hunks if one.whole and one.old and not one.new]
    came = [one for one in hunks if one.whole and one.new and not one.old]
    pairs = _pairs(away, came)
    left = {id(one) for pair in pairs for one in pair}
    found = [one for one in hunks if id(one) not in left]
    for was, now in pairs:
        found += hunks_of(now.path, "\n".join(was.old), "\n".join(now.new))
    return found


def _pairs(away: Sequence[Hunk], came: Sequence[Hunk]) -> list[tuple[Hunk, Hunk]]:
    """Each file that came with the one that went and has the most lines of it."""
    having: dict[str, list[tuple[int, int]]] = {}
    for number, was in enumerate(away):
        for line, times in _lines(was.old).items():
            having.setdefault(line, []).append((number, times))
    likeness: list[tuple[float, int, int]] = []
    for index, now in enumerate(came):
        shared: Counter[int] = Counter()
        lines = _lines(now.new)
        for line, times in lines.items():
            holders = having.get(line, ())
            if len(holders) <= COMMON:
                shared.update({number: min(times, theirs) for number, theirs in holders})
        for number, count in shared.items():
            size = max(lines.total(), _lines(away[number].old).total())
            likeness.append((count / size, number, index))
    found: list[tuple[Hunk, Hunk]] = []
    gone, named = set[int](), set[int]()
    for share, number, index in sorted(likeness, key=lambda one: (-one[0], one[1:])):
        if share >= ALIKE and number not in gone and index not in named:
            gone.add(number)
            named.add(index)
            found.append((away[number], came[index]))
    return found


def _lines(lines: Iterable[str]) -> Counter[str]:
    return Counter(line.strip() for line in lines if line.strip())
