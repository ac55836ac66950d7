"""Every rule against its fixtures: a mark must be met exactly, and what is not marked stays silent.

`# expect: ID` stands on the very line; a file that can hold no comment has `<file>.expect` beside it, one `LINE ID` or `cell N ID` a line.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlrubric.analyze import analyze
from mlrubric.config import FILE_NAME, read_settings
from mlrubric.graph.build import Picture, build
from mlrubric.knowledge.catalogue import load_catalogue
from mlrubric.model.verdict import Finding
from mlrubric.prove.examples import Mark, marks, misses, where
from mlrubric.read.drive import read_tree
from mlrubric.rules.judge import findings
from mlrubric.rules.load import load_rules
from mlrubric.rules.rule import Rule
from mlrubric.source.tree import DiskTree

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "rules"
CASES = [
    case
    for rule in sorted(FIXTURES.iterdir())
    if rule.is_dir()
    for case in sorted(rule.iterdir())
    if case.name.partition("-")[0] in ("bad", "good")
]
TODAY = "2026-11-01"


def rule_of(case: Path) -> Rule:
    rule = load_rules().find(case.parent.name)
    assert isinstance(rule, Rule), f"no rule {case.parent.name}"
    return rule


def picture_of(case: Path) -> Picture:
    tree = DiskTree(case)
    return build(list(read_tree(tree)), [entry.path for entry in tree.files], load_catalogue())


def marks_of(case: Path, rule: str) -> set[Mark]:
    paths = (p for p in sorted(case.rglob("*")) if p.is_file())
    return marks({p.relative_to(case).as_posix(): p.read_bytes().decode("utf-8", "replace") for p in paths}, rule)


def found_in(case: Path, rule: Rule, persona: str = "auditor") -> list[Finding]:
    if (case / FILE_NAME).is_file() or rule.question.get("kind") == "document":  # what people say is held against the score
        settings = replace(read_settings(case), as_of=TODAY, persona=persona)
        return [one for one in analyze(case, settings).report.findings if one.rule == rule.id]
    return findings(picture_of(case), [rule], persona)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_marks_are_met_and_the_rest_is_silent(case: Path) -> None:
    rule = rule_of(case)
    found = found_in(case, rule)
    wanted = marks_of(case, rule.id)
    assert wanted if case.name.startswith("bad") else not wanted, "a bad tree has marks, a good one has none"
    assert {where(one) for one in found} == wanted, "\n".join(f"{one.place} {one.message}" for one in found)
    assert len(found) == len(wanted), "one cause, one finding"


@pytest.mark.parametrize("rule", [rule for rule in load_rules().rules if rule.examples], ids=lambda rule: rule.id)
def test_examples_are_as_their_rule_says(rule: Rule) -> None:
    assert not [f"example {miss.number}, {miss.side}: {miss.message}" for miss in misses(rule)]


@pytest.mark.parametrize("case", [c for c in CASES if c.name.startswith("bad")], ids=lambda case: f"{case.parent.name}/{case.name}")
def test_messages_name_the_thing(case: Path) -> None:
    for finding in found_in(case, rule_of(case)):
        for said in (finding.message, *([finding.advice] if rule_of(case).advice else [])):
            assert "``" not in said and "{" not in said and "  " not in said and "\n" not in said, said
        assert finding.fingerprint and finding.level in ("error", "warning", "note") and finding.confidence in ("high", "medium", "low")


def test_fingerprints_survive_new_lines_above() -> None:
    """A finding keeps its fingerprint when it moves."""
    case = FIXTURES / "SEED001" / "bad"
    rule = rule_of(case)
    tree = DiskTree(case)
    facts = list(read_tree(tree))
    before = findings(build(facts, [e.path for e in tree.files], load_catalogue()), [rule])
    from mlrubric.source.overlay import OverlayTree

    path = before[0].place.path
    moved = OverlayTree(tree, {path: "# one more line\n" + tree.read(path).decode()})
    after = findings(build(list(read_tree(moved)), [e.path for e in moved.files], load_catalogue()), [rule])
    assert [f.fingerprint for f in after if f.place.path == path] == [f.fingerprint for f in before if f.place.path == path]
    assert after[0].place.line == before[0].place.line + 1
