"""Whole repositories at a level, from which capabilities are taken one by one: fixtures/levels/<repository>.toml.

A change names the capability, which are met no longer by it (and which are met anew), and the level that is left. Nothing else may move.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mlrubric.analyze import analyze
from mlrubric.config import Settings
from mlrubric.model.report import Report
from mlrubric.model.verdict import Links

FIXTURES = Path(__file__).parents[1] / "fixtures"
PLANS = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((FIXTURES / "levels").glob("*.toml"))}
SETTINGS = Settings(exclude=("expected.toml",), azure=True)
CHANGES = [(plan, change) for plan in PLANS if "row" not in PLANS[plan] for change in PLANS[plan]["change"]]
LINKS = [(plan, change) for plan in PLANS if PLANS[plan].get("row") in ("gate", "loop") for change in PLANS[plan]["change"]]
AZURE = [(plan, change) for plan in PLANS if PLANS[plan].get("row") == "azure" for change in PLANS[plan]["change"]]
REQUIRED = [f"G1.{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 11)] + [f"G2.{n}" for n in range(1, 10)]


@cache
def whole(folder: Path) -> Report:
    return analyze(folder, SETTINGS).report


def changed(folder: Path, *changes: dict[str, Any]) -> Report:
    """The repository with its edits; each edit must find its text."""
    overlay: dict[str, str | None] = {}
    for change in changes:
        overlay |= dict(change.get("add", {})) | dict.fromkeys(change.get("remove", ()))
        for edit in change.get("edit", ()):
            text = overlay.get(edit["file"]) or (folder / edit["file"]).read_text(encoding="utf-8")
            assert edit["from"] in text, (edit["file"], edit["from"])
            overlay[edit["file"]] = text.replace(edit["from"], edit["to"])
    return analyze(folder, SETTINGS, overlay=overlay).report


def met(report: Report) -> set[str]:
    return {one.id for one in report.google.capabilities if one.status == "met"}


def test_every_required_capability_is_taken_away() -> None:
    assert {change["capability"] for _, change in CHANGES} >= set(REQUIRED)


@pytest.mark.parametrize(("plan", "change"), CHANGES, ids=[f"{plan}-{change['capability']}" for plan, change in CHANGES])
def test_a_capability_that_is_taken_away_falls_and_takes_the_level_with_it(plan: str, change: dict[str, Any]) -> None:
    folder = FIXTURES / PLANS[plan]["repository"]
    before, after = whole(folder), changed(folder, change)
    said = {one.id: (one.status, one.message) for one in after.google.capabilities}
    fallen = met(before) - met(after)
    assert fallen == set(change.get("falls", ())), {name: said[name] for name in fallen ^ set(change.get("falls", ()))}
    assert met(after) - met(before) == set(change.get("rises", ()))
    assert after.google.level == change["level"], after.google.reason
    assert all(said[name][1] for name in fallen), "what is not met says why"
    wanted = {one.id for one in after.google.capabilities if one.required and one.level == after.google.level + 1}
    assert set(after.google.missing) == wanted - met(after)
    assert [step.id for step in after.google.next] == sorted(
        after.google.missing, key=lambda name: next(step.edits for step in after.google.next if step.id == name)
    )


def test_without_a_target_there_is_no_level() -> None:
    folder = FIXTURES / "repos" / "level1-bikes"
    change = next(change for _, change in CHANGES if change["capability"] == "target")
    assert "nothing here serves" in changed(folder, change).google.reason


def test_level_2_implies_tests_that_are_automated() -> None:
    statuses = {test.id: test.status for test in whole(FIXTURES / "repos" / "level2-fraud").tests}
    assert {statuses[name] for name in ("data-1", "data-7", "infra-2", "infra-3", "infra-4")} == {"automated"}
    assert "automated" in (statuses["monitor-2"], statuses["monitor-7"])


def links_of(report: Report, row: str) -> Links:
    assert report.measures is not None
    found = report.measures.gate[0] if row == "gate" else report.measures.loop
    assert found is not None
    return found


@pytest.mark.parametrize("plan", sorted({plan for plan, _ in LINKS}))
def test_a_whole_row_of_links_holds(plan: str) -> None:
    links = links_of(whole(FIXTURES / PLANS[plan]["repository"]), PLANS[plan]["row"])
    assert links.held == len(links.links) == PLANS[plan]["held"], [(one.id, one.message) for one in links.links]
    assert links.missing is None
    assert {change["link"] for _, change in LINKS} >= {one.id for one in links.links}


@pytest.mark.parametrize(("plan", "change"), LINKS, ids=[f"{change['link']}: {change['idea']}" for _, change in LINKS])
def test_a_link_that_is_cut_is_the_one_that_is_named(plan: str, change: dict[str, Any]) -> None:
    after = links_of(changed(FIXTURES / PLANS[plan]["repository"], change), PLANS[plan]["row"])
    assert {one.id for one in after.links if one.status != "met"} == set(change["falls"]), [
        (o.id, o.status, o.message) for o in after.links
    ]
    assert after.missing is not None and after.missing.id == min(change["falls"]) and after.missing.message


@cache
def azure_whole(plan: str) -> Report:
    return changed(FIXTURES / PLANS[plan]["repository"], PLANS[plan]["base"])


def azure_met(report: Report) -> set[str]:
    assert report.azure is not None
    return {one.id for one in report.azure.capabilities if one.status == "met"}


def test_azure_by_levels() -> None:
    whole_one = azure_whole("azure").azure
    assert whole_one is not None and whole_one.level == PLANS["azure"]["held"] and not whole_one.missing and whole_one.not_assessed
    plain = whole(FIXTURES / "repos" / "level2-fraud").azure
    assert plain is not None and plain.level == 2 and plain.missing == ("Z3.2", "Z3.4")
    start = whole(FIXTURES / "repos" / "level0-churn").azure
    assert start is not None and start.level == 0
    assert {change["level"] for _, change in AZURE} == {0, 1, 2, 3}


@pytest.mark.parametrize(("plan", "change"), AZURE, ids=[f"{change['link']}: {change['idea']}" for _, change in AZURE])
def test_a_capability_of_azure_that_is_taken_away(plan: str, change: dict[str, Any]) -> None:
    after = changed(FIXTURES / PLANS[plan]["repository"], PLANS[plan]["base"], change)
    assert after.azure is not None
    said = {one.id: (one.status, one.message) for one in after.azure.capabilities}
    assert azure_met(azure_whole(plan)) - azure_met(after) == set(change["falls"]), said
    assert after.azure.level == change["level"]


def test_azure_is_judged_when_it_is_asked_for() -> None:
    assert analyze(FIXTURES / "levels" / "gate", Settings()).report.azure is None
