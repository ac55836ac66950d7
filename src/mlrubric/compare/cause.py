"""Which change of a file changed a test: guessed by where the evidence breaks or passes, proven by taking the change back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlrubric.compare.hunks import Hunk, told
from mlrubric.model.comparison import Cause
from mlrubric.model.place import Place, Span
from mlrubric.model.verdict import TestResult

MOST_TRIALS = 24  # analyses with something taken back, for all tests of a comparison together
MOST_GUESSES = 4  # hunks that are tried for one test before whole files are
Results = Mapping[str, TestResult]


@dataclass(slots=True)
class Search:
    """`without(hunks)` gives the results of the head with these hunks taken back; each set is asked for once."""

    hunks: Sequence[Hunk]
    without: Callable[[Sequence[Hunk]], Results]
    trials: int = MOST_TRIALS
    _known: dict[tuple[Hunk, ...], Results] = field(default_factory=dict)

    def causes(self, before: TestResult, after: TestResult) -> tuple[Cause, ...]:
        """The change that did it, or the files that did it together; nothing when no file differs."""
        ranked = sorted(self.hunks, key=lambda hunk: (-_weight(hunk, before, after), hunk.path, hunk.new_line))
        likely = [hunk for hunk in ranked if _weight(hunk, before, after) > 0]
        for hunk in likely[:MOST_GUESSES]:
            if self._restores((hunk,), before):
                return (_cause(hunk, after, proven=True),)
        found = self._narrowed(tuple(ranked), before)
        if found is not None:
            return tuple(_cause(hunk, after, proven=len(found) == 1) for hunk in found[:3])
        return tuple(_cause(hunk, after, proven=False) for hunk in ranked[:1])

    def _restores(self, hunks: tuple[Hunk, ...], before: TestResult) -> bool:
        if hunks not in self._known:
            if self.trials <= 0:
                return False
            self.trials -= 1
            self._known[hunks] = self.without(hunks)
        there = self._known[hunks].get(before.id)
        return there is not None and (there.status, there.credit.observed) == (before.status, before.credit.observed)

    def _narrowed(self, hunks: tuple[Hunk, ...], before: TestResult) -> tuple[Hunk, ...] | None:
        """The smallest set found by halving, first over files and then over the hunks of those that are left; None when out of trials."""
        groups: dict[str, list[Hunk]] = {}
        for hunk in hunks:
            groups.setdefault(hunk.path, []).append(hunk)
        files = self._halved([tuple(group) for group in groups.values()], before)
        if files is None:
            return None
        inner = self._halved([(hunk,) for group in files for hunk in group], before)
        return tuple(hunk for group in inner or files for hunk in group)

    def _halved(self, parts: list[tuple[Hunk, ...]], before: TestResult) -> list[tuple[Hunk, ...]] | None:
        """Takes away what is not needed for the test to be as it was (ddmin); None when it ran out of trials at once."""
        size = max(1, len(parts) // 2)
        while len(parts) > 1:
            for rest in _without_one(parts, size):
                if self._restores(tuple(hunk for part in rest for hunk in part), before):
                    parts, size = rest, max(1, min(size, len(rest) // 2))
                    break
            else:
                if size == 1 or self.trials <= 0:
                    break
                size = max(1, size // 2)
        return parts if self.trials > 0 or len(parts) == 1 else None


def _without_one(parts: list[tuple[Hunk, ...]], size: int) -> Iterator[list[tuple[Hunk, ...]]]:
    """The parts without each run of `size` of them, the least likely first."""
    for start in range(len(parts) - size, -1, -size):
        rest = parts[:start] + parts[start + size :]
        if rest:
            yield rest


def _weight(hunk: Hunk, before: TestResult, after: TestResult) -> int:
    """How likely a hunk is: it holds where the test breaks now, or where it broke; a hop of the evidence; or lies in such a file."""
    for result, side in ((after, "head"), (before, "base")):
        place = result.broken.place if result.broken is not None else None
        if place is not None and hunk.holds(place.path, place.line, side):
            return 4
    hops = [(step.place, side) for result, side in ((after, "head"), (before, "base")) for e in result.evidence for step in e.path]
    if any(hunk.holds(place.path, place.line, side) for place, side in hops):
        return 3
    broken = [result.broken.place.path for result in (before, after) if result.broken is not None and result.broken.place is not None]
    if hunk.path in broken:
        return 2
    return 1 if any(hunk.path == place.path for place, _ in hops) else 0


def _cause(hunk: Hunk, after: TestResult, proven: bool) -> Cause:
    places = [after.broken.place] if after.broken is not None and after.broken.place is not None else []
    places += [step.place for evidence in after.evidence for step in evidence.path]
    near = next((place.line for place in places if hunk.holds(place.path, place.line, "head")), None)
    line, side, message = told(hunk, near)
    return Cause(Place(hunk.path, Span(line)), side, message, proven)
