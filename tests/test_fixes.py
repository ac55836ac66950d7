"""Every fix: `bad` becomes `fixed`, its finding is gone, no other comes, a second run changes nothing, and the file is read as before.

A rule's proof is `fixtures/rules/<ID>/fixed[-NAME]/` beside `bad[-NAME]/`, or `fixed` in its `[[example]]`. What the rules can mend in any
other bad tree or example is made as well, and looked at in the same way.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from mlrubric.fix.plan import known_recipes
from mlrubric.prove.fixes import Bench, Trial, unlike_fixed
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Rule
from mlrubric.source.tree import DiskTree, MemoryTree, Tree

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules"
Files = dict[str, bytes]


def files_of(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def cases() -> dict[str, tuple[Rule, Files, Files | None]]:
    """Rule, bad tree and, where it is written down, the fixed one."""
    found: dict[str, tuple[Rule, Files, Files | None]] = {}
    for rule in load_rules().rules:
        if not rule.fixes:
            continue
        for bad in sorted((FIXTURES / rule.id).glob("bad*")):
            fixed = bad.with_name(bad.name.replace("bad", "fixed", 1))
            found[f"{rule.id}/{bad.name}"] = (rule, files_of(bad), files_of(fixed) if fixed.is_dir() else None)
        for number, example in enumerate(rule.examples, 1):
            if example.bad:
                bad_files = {path: text.encode() for path, text in example.bad.items()}
                fixed_files = {path: text.encode() for path, text in example.fixed.items()} or None
                found[f"{rule.id}/example {number}"] = (rule, bad_files, fixed_files)
    return found


CASES = cases()


@cache
def tried(case: str) -> tuple[Tree, Trial]:
    rule, bad, _ = CASES[case]
    tree = MemoryTree(dict(bad))
    return tree, Bench(tree, beside(rule)).tried([rule.id])


def beside(rule: Rule) -> list[Rule]:
    """What a fix of the rule must not bring: its own finding and those of the default persona. What is a matter of style may disagree
    (a seed of the global generator)."""
    return [one for one in load_rules().rules if one.persona == "regular" or one.id == rule.id]


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][2] is not None])
def test_bad_becomes_fixed(case: str) -> None:
    rule, bad, fixed = CASES[case]
    assert fixed is not None
    assert not list(unlike_fixed(rule, bad, fixed, beside(rule)))


@pytest.mark.parametrize("case", CASES)
def test_a_fix_removes_its_finding_and_brings_no_other(case: str) -> None:
    _, trial = tried(case)
    assert not trial.problems, "\n".join(trial.problems)


def test_every_fixable_rule_has_its_proof() -> None:
    proved = {CASES[case][0].id for case in CASES if CASES[case][2] is not None}
    assert {rule.id for rule in load_rules().rules if rule.fixes} <= proved


def test_rules_ask_for_recipes_that_there_are_and_all_are_asked_for() -> None:
    asked = {fix.recipe for rule in load_rules().rules for fix in rule.fixes}
    assert asked == set(known_recipes())


@pytest.mark.parametrize("folder", sorted({case.partition("/")[0] for case in CASES}))
def test_good_trees_are_left_alone(folder: str) -> None:
    rule = next(one for one in load_rules().rules if one.id == folder)
    for good in sorted((FIXTURES / folder).glob("good*")):
        assert not Bench(DiskTree(good), load_rules().rules).tried([rule.id]).outcome.files, good.name
