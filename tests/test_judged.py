"""Every rule of the default persona that was judged on real repositories is right nine times of ten; the table is fresh."""

from __future__ import annotations

import re

import pytest
from benchmarks.judged import ANSWERS, COLUMNS, FOLDER, LEAST, MOST, PAGE, Judgement, judgements, kappa, page, precision

from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Rule

JUDGED = judgements()


@pytest.mark.parametrize("rule", sorted(JUDGED))
def test_what_was_judged_reads_well(rule: str) -> None:
    assert isinstance(load_rules().find(rule), Rule)
    head = (FOLDER / f"{rule}.tsv").read_text(encoding="utf-8").split("\n")[0].split("\t")
    assert tuple(head) == COLUMNS
    assert 0 < len(JUDGED[rule]) <= MOST and len({(one.repository, one.place) for one in JUDGED[rule]}) == len(JUDGED[rule])
    for one in JUDGED[rule]:
        assert one.first in ANSWERS and one.second in ("", *ANSWERS) and one.reason and bool(one.second) == bool(one.second_reason), one
        assert bool(one.settled) == bool(one.settled_reason) == (one.second not in ("", one.first)), one
        assert re.fullmatch(r"[\w.-]+/[\w.+-]+", one.repository) and re.fullmatch(r".+:\d+", one.place), one


@pytest.mark.parametrize("rule", sorted(JUDGED))
def test_a_default_rule_is_right(rule: str) -> None:
    found = load_rules().find(rule)
    assert isinstance(found, Rule)
    if found.persona == "regular" and found.stage == "stable":
        assert precision(JUDGED[rule]) >= LEAST, "below this it leaves the default persona"


def test_the_table_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(JUDGED), "python -m benchmarks.judged --write"


def test_kappa() -> None:
    pairs = [("right", "right")] * 8 + [("wrong", "wrong"), ("right", "wrong")]
    assert kappa(pairs) == pytest.approx((0.9 - (0.9 * 0.8 + 0.1 * 0.2)) / (1 - 0.74))
    assert kappa([("right", "right")]) == 1.0
    assert precision([Judgement("o/r", "a:1", "right", "x"), Judgement("o/r", "a:2", "right", "x", "wrong", "y", "wrong", "z")]) == 0.5
    assert Judgement("o/r", "a:2", "right", "x", "wrong", "y", "right", "z").right
