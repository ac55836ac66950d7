"""`plan`: breaks first, every gain judged again on the mended graph, and what-if."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlrubric.analyze import Analysis, analyze_tree
from mlrubric.cli import main
from mlrubric.config import Settings
from mlrubric.rules.load import load_rules
from mlrubric.score.what_if import WishError, assume
from mlrubric.source.tree import MemoryTree

FIXTURES = Path(__file__).parents[1] / "fixtures"
CHURN = FIXTURES / "repos" / "level0-churn"
CASES = sorted(path.parent for path in FIXTURES.glob("tests/*/*/expected.toml"))


def analysed(folder: Path, changed: dict[str, str] | None = None) -> Analysis:
    files = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "expected.toml"
    }
    return analyze_tree(MemoryTree({**files, **(changed or {})}), folder.name, Settings())


def infra_2(run: str) -> Analysis:
    """A small repository with tests of features and model in one job, whose command is given."""
    folder = FIXTURES / "tests" / "infra-2" / "automated"
    path = ".github/workflows/ci.yml"
    return analysed(folder, {path: (folder / path).read_text(encoding="utf-8").replace("pytest", run, 1)})


def test_a_shared_break_is_first_and_its_gain_is_that_of_the_mended_repository() -> None:
    broken = analysed(CHURN)
    report = broken.report
    shared = [step for step in report.steps if len(step.tests) > 1]
    assert [step.tests for step in shared] == [step.tests for step in report.steps[: len(shared)]]
    for item, step in zip(report.breaks, shared, strict=False):
        after = broken.planner.without_break(broken.state, item.place.path, item.place.line)
        assert after is not None
        if step is shared[0]:
            assert (item.place, item.tests) == (step.place, step.tests)
            assert after.score.points - broken.state.score.points == step.gain
            assert after.score.observed == step.score


def test_the_mended_graph_is_the_mended_text() -> None:
    """What mending a hop in the graph is said to earn is what the repository earns with the edit made."""
    good, swallowed = infra_2("pytest"), infra_2("pytest || true")
    assert swallowed.state.score.points < good.state.score.points
    broken = swallowed.state.result("infra-2").broken
    assert broken is not None and broken.place is not None
    after = swallowed.planner.without_break(swallowed.state, broken.place.path, broken.place.line)
    assert after is not None
    assert {one.id: one.status for one in after.results} == {one.id: one.status for one in good.state.results}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_steps_add_up(case: Path) -> None:
    """The score after the last step is the sum of all gains, no step takes points, and nothing is promised beyond what a test can be."""
    analysis = analysed(case)
    ceilings = {test.id: {"automated": 1.0, "manual": 0.5}.get(test.ceiling, 0.0) for test in load_rules().tests}
    taken = analysis.planner.plan(analysis.state)
    points = analysis.state.score.points + sum(step.gain for step, _ in taken)
    assert all(step.gain >= 0 and step.edits >= 1 and step.action for step, _ in taken)
    if taken:
        last = taken[-1][1]
        assert abs(points - last.score.points) < 1e-9
        assert all(one.credit.observed <= max(ceilings[one.id], analysis.state.result(one.id).credit.observed) for one in last.results)
        assert [step.score for step, _ in taken] == [state.score.observed for _, state in taken]


def test_wishes() -> None:
    analysis = infra_2("pytest || true")
    planner, state, steps = analysis.planner, analysis.state, analysis.report.steps
    line = next(one.broken.place for one in state.results if one.id == "infra-2" and one.broken)
    assert line is not None
    for wish in (f"{line.path}:{line.line}", f"ci.yml:{line.line}", "infra-2", "infra-2=automated"):
        assert assume(planner, state, wish, steps).result("infra-2").status == "automated", wish
    assert assume(planner, state, "infra-2=none", steps).result("infra-2").credit.observed == 0.0
    first = assume(planner, state, "1", steps)
    assert first.score.points == state.score.points + steps[0].gain


@pytest.mark.parametrize("wish", ["99", "0", "infra-9", "infra-2=perfect", "nowhere.py:3", "whatever"])
def test_a_wish_that_means_nothing_says_so(wish: str) -> None:
    analysis = infra_2("pytest || true")
    with pytest.raises(WishError, match=wish.partition("=")[2] or wish.partition(":")[0]):
        assume(analysis.planner, analysis.state, wish, analysis.report.steps)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(CHURN), "--output-format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "mlrubric-plan/1"
    assert document["assumed"] == document["now"]
    assert document["after"]["score"]["points"] >= document["now"]["score"]["points"]
    assert all(step["edits"] >= 1 for step in document["steps"])
    assert main(["plan", str(CHURN), "--what-if", "infra-4,model-5", "--output-format", "json"]) == 0
    wished = json.loads(capsys.readouterr().out)
    assert wished["what_if"] == ["infra-4", "model-5"]
    assert wished["assumed"]["score"]["points"] > document["now"]["score"]["points"]
    assert not {test for step in wished["steps"] for test in step["tests"]} & {"infra-4", "model-5"}
    assert main(["plan", str(CHURN)]) == 0
    assert "points   score   edits" in capsys.readouterr().out
    assert main(["plan", str(CHURN), "--what-if", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
