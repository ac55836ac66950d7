"""`plan --what-if`: the repository as it would be. A wish is the number of a step, `FILE:LINE` of a break, or `TEST` or `TEST=STATUS`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlrubric.model.verdict import NextStep
from mlrubric.score.plan import Planner, State

STATUSES = ("none", "present", "manual", "automated")
WISH = re.compile(r"(?P<step>\d+)|(?P<test>(?:data|model|infra|monitor)-\d+)(?:=(?P<status>\w+))?|(?P<file>.+):(?P<line>\d+)")


class WishError(Exception):
    """A wish that means nothing here; its text says why."""


def assume(planner: Planner, state: State, wish: str, steps: Sequence[NextStep]) -> State:
    """The state with a wish fulfilled; `steps` is the plan whose numbers are meant."""
    match = WISH.fullmatch(wish.strip())
    if match is None:
        raise WishError(f"`{wish}` is no step of the plan, no test and no FILE:LINE")
    if match["step"]:
        return _step(planner, state, int(match["step"]), steps)
    if match["test"]:
        return _test(planner, state, match["test"], match["status"])
    after = planner.without_break(state, _file(state, match["file"]), int(match["line"]))
    if after is None:
        raise WishError(f"nothing that an edit can mend breaks at {wish}")
    return after


def _file(state: State, name: str) -> str:
    """The path that is meant: as it is, or as short as the screens show it, when only one file where something breaks ends so."""
    paths = {one.broken.place.path for one in state.results if one.broken is not None and one.broken.place is not None}
    ending = [path for path in paths if path.endswith(f"/{name}")]
    return ending[0] if name not in paths and len(ending) == 1 else name


def _step(planner: Planner, state: State, number: int, steps: Sequence[NextStep]) -> State:
    if not 1 <= number <= len(steps):
        raise WishError(f"the plan has {len(steps)} steps: there is no step {number}")
    step = steps[number - 1]
    if len(step.tests) > 1 and step.place is not None:
        return planner.without_break(state, step.place.path, step.place.line) or state
    for test in step.tests:
        credit = min(1.0, state.result(test).credit.observed + step.gain)
        state = planner.with_status(state, test, "automated" if credit == 1.0 else "manual")
    return state


def _test(planner: Planner, state: State, test: str, status: str | None) -> State:
    known = {one.id: one for one in planner.book.tests}
    if test not in known:
        raise WishError(f"`{test}` is none of the 28 tests")
    if status is not None and status not in STATUSES:
        raise WishError(f"`{status}` is none of {', '.join(STATUSES)}")
    return planner.with_status(state, test, status or known[test].ceiling)
