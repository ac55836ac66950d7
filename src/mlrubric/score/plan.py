"""What to do next: breaks that several tests share come first, then steps by their gain in the section that decides.

What a mend gains is not assumed: the break is mended in the graph, and the tests are judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlrubric.graph.build import Picture
from mlrubric.graph.mended import mended
from mlrubric.model.policy import DEFAULTS
from mlrubric.model.report import Score
from mlrubric.model.verdict import Break, Broken, NextStep, TestResult
from mlrubric.rules.rule import RuleBook, TestRule
from mlrubric.score.advice import HOPS, known_mend, mend_of, next_steps
from mlrubric.score.credit import EARNED, score_of
from mlrubric.score.maturity import maturity

MOST_HOPS = 3  # mends in a row until a test earns more
Results = tuple[TestResult, ...]
Judge = Callable[[Picture, Collection[str]], Results]  # the results of some tests on a picture


@dataclass(frozen=True, slots=True)
class State:
    """A repository as it is, or as it would be after some steps."""

    picture: Picture
    results: Results
    policy: Mapping[str, str] = field(default_factory=lambda: DEFAULTS)

    @property
    def score(self) -> Score:
        return score_of(self.results, self.policy)

    def result(self, test: str) -> TestResult:
        return next(one for one in self.results if one.id == test)

    def with_results(self, changed: Results, picture: Picture | None = None) -> State:
        by_id = {one.id: one for one in changed}
        return replace(self, picture=picture or self.picture, results=tuple(by_id.get(one.id, one) for one in self.results))


@dataclass(frozen=True, slots=True)
class Planner:
    book: RuleBook
    judge: Judge

    def plan(self, state: State) -> tuple[tuple[NextStep, State], ...]:
        """Every step with the state after it and those before it."""
        done: list[tuple[NextStep, State]] = []
        seen: set[tuple[object, str]] = set()
        while item := next((b for b in breaks(state.results) if (b.place, b.message) not in seen), None):
            seen.add((item.place, item.message))
            step, state = self._mend_break(state, item)
            done.append((step, state))
        moves = [move for test in self.book.tests if (move := self._climb(state, test)) is not None]
        while moves:
            weakest = _weakest(state.score)
            moves.sort(key=lambda move: self._rank(move, state, weakest))
            step, changed = moves.pop(0)
            state = state.with_results((changed,))
            done.append((replace(step, score=state.score.observed), state))
        return tuple(done)

    def level(self, state: State) -> int:
        """The level of Google's model in this state."""
        return maturity(state.picture, self.book, "google", state.results).level

    def without_break(self, state: State, file: str, line: int) -> State | None:
        """The state with what breaks at this line mended; None when nothing that can be mended breaks there."""
        found = False
        for _ in range(MOST_HOPS):
            here = [b for r in state.results if (b := r.broken) and b.place and (b.place.path, b.place.line) == (file, line)]
            pictures = [picture for broken in here if (picture := mended(state.picture, broken)) is not None]
            if not pictures:
                break
            state, found = self._judged(state, pictures[0]), True
        return state if found else None

    def with_status(self, state: State, test: str, status: str) -> State:
        """The state in which a test has a status, whatever the repository shows."""
        credit = EARNED.get(status, 0.0)
        old = state.result(test)
        changed = replace(old, status=status, credit=replace(old.credit, observed=credit, attested=credit, lenient=credit), broken=None)
        return state.with_results((changed,))

    def _judged(self, state: State, picture: Picture, tests: Collection[str] = ()) -> State:
        """Judged again; a test that was set by hand, or attested, never falls by it."""
        again = self.judge(picture, tests or [one.id for one in state.results])
        return state.with_results(tuple(one for one in again if one.credit.observed >= state.result(one.id).credit.observed), picture)

    def _mend_break(self, state: State, item: Break) -> tuple[NextStep, State]:
        before = state.score.points
        broken = next(b for one in state.results if one.id == item.tests[0] and (b := one.broken))
        picture = mended(state.picture, broken)
        after = self._judged(state, picture) if picture is not None else state
        mend = known_mend(broken, self.book.mends)
        action = (mend.advice(broken.message) if mend else None) or f"mend “{broken.message}”"
        edits = mend.edits if mend else 1
        return NextStep(after.score.points - before, action, item.place, after.score.observed, item.tests, edits=edits), after

    def _climb(self, state: State, test: TestRule) -> tuple[NextStep, TestResult] | None:
        """What lifts one test, with its result then: mends until it earns more, else the check completed or written."""
        start = result = state.result(test.id)
        picture, taken = state.picture, list[NextStep]()
        for _ in range(MOST_HOPS):
            following = next_steps(test, result, self.book.mends)
            if not following:
                return None
            taken.append(following[0])
            mendable = mend_of(result, self.book.mends) is not None and result.broken is not None
            again = mended(picture, result.broken) if mendable and result.broken is not None else None
            if again is None:
                break
            picture = again
            result = self.judge(picture, (test.id,))[0]
            if result.credit.observed > start.credit.observed:
                return _joined(taken, result.credit.observed - start.credit.observed), result
        credit = EARNED[test.ceiling]
        lifted = replace(start, status=test.ceiling, credit=replace(start.credit, observed=credit), broken=None)
        return _joined(taken, credit - start.credit.observed), lifted

    def _rank(self, move: tuple[NextStep, TestResult], state: State, weakest: Collection[str]) -> tuple[object, ...]:
        """The section that decides, then the most points for the work; what is half there before what is to be written."""
        step, result = move
        test = next(one for one in self.book.tests if one.id == result.id)
        work = step.edits * (1 if state.result(result.id).evidence else test.effort)
        return (result.section not in weakest, -step.gain / work, -step.gain, work, result.id)


def breaks(results: Sequence[TestResult]) -> tuple[Break, ...]:
    """Places where one mend makes several tests real, the widest first."""
    found: dict[tuple[str, int, str], list[TestResult]] = {}
    for result in results:
        broken = result.broken
        if broken is not None and broken.place is not None and result.status in ("manual", "present") and _mendable(result, broken):
            found.setdefault((broken.place.path, broken.place.line, broken.message), []).append(result)
    made = []
    for members in found.values():
        if len(members) < 2:
            continue
        broken = members[0].broken
        assert broken is not None and broken.place is not None
        path = members[0].evidence[0].path if members[0].evidence else ()
        made.append(Break(broken.place, broken.message, tuple(r.id for r in members), path))
    return tuple(sorted(made, key=lambda b: (-len(b.tests), b.place)))


def _mendable(result: TestResult, broken: Broken) -> bool:
    """Whether the break is a hop on the way to the check or its start, not the check itself."""
    return broken.condition in HOPS and bool(result.evidence)


def _joined(steps: Sequence[NextStep], gain: float) -> NextStep:
    """Steps that only together earn something, as one."""
    first = steps[0]
    actions = dict.fromkeys(step.action for step in steps)
    return replace(first, gain=gain, action="; then ".join(actions), edits=sum(step.edits for step in steps))


def _weakest(score: Score) -> set[str]:
    lowest = min(credit.observed for _, credit in score.sections)
    return {section for section, credit in score.sections if credit.observed == lowest}
