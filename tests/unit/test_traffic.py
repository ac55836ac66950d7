"""Shares of traffic: what divides, what only looks so."""

from __future__ import annotations

import pytest

from mlrubric.graph.traffic import division
from mlrubric.model.facts import Part
from mlrubric.model.place import Place


def part(*shares: str, proportional: bool = False, decides: str = "", refers: tuple[str, ...] = (), moves: bool = False) -> Part:
    named = tuple((f"v{number}", share) for number, share in enumerate(shares))
    return Part(Place("a.yaml"), "X/a", "split", "a", "", named, moves, decides, refers, proportional=proportional)


@pytest.mark.parametrize(
    ("shares", "proportional", "divides", "weight"),
    [
        (("90", "10"), False, True, "10"),
        (("50", "50"), False, False, "50"),
        (("100", "0"), False, False, "100"),
        (("0", "100"), False, False, "0"),
        (("90", "20"), False, False, ""),
        (("9", "1"), True, True, "10"),
        (("900m", "100m"), True, True, "10"),
        (("1", "0"), True, False, "100"),
        (("0", "0"), True, False, ""),
        (("-10", "110"), False, False, ""),
        (("$WEIGHT", ""), False, True, "unknown"),
        (("33.3", "33.3", "33.4"), False, True, "33.3"),
    ],
)
def test_shares(shares: tuple[str, ...], proportional: bool, divides: bool, weight: str) -> None:
    found = division(part(*shares, proportional=proportional), (), moved=False)
    assert (found.divides, found.weight) == (divides, weight)
    assert found.divides or found.equal or found.problem


def test_a_controller_that_moves_weights_starts_at_nothing() -> None:
    found = division(part("100", "0"), (), moved=True)
    assert not found.divides and not found.problem


def test_equal_steps_that_move_are_no_comparison() -> None:
    assert division(part("50", "50", moves=True), (), moved=False).divides


def test_an_analysis_that_is_missing_is_a_flaw() -> None:
    one = part("90", "10", decides="true", refers=("AnalysisTemplate/answers",))
    assert "AnalysisTemplate/answers" in division(one, (), moved=False).flaw
    assert not division(one, ("AnalysisTemplate/answers",), moved=False).flaw
