"""What must hold for every repository: the same tree gives the same bytes, and taking away a consequence never earns points."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.report import Options, View, formats
from mlrubric.source.tree import MemoryTree

FIXTURES = Path(__file__).parents[1] / "fixtures"
WHOLE = [FIXTURES / "repos" / name for name in ("level0-churn", "level1-bikes", "level2-fraud")]
SMALL = [path.parent for path in sorted(FIXTURES.glob("tests/*/automated/expected.toml"))]
Files = dict[str, str]
Place = tuple[str, int]  # path and index of a line

some = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@cache
def files_of(folder: Path) -> tuple[tuple[str, str], ...]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "expected.toml")
    return tuple((path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")) for path in paths)


def report_of(files: Files) -> str:
    analysis = analyze_tree(MemoryTree(dict(files)), "repository", Settings())
    return formats()["json"].render(View(analysis.report, lambda path: files.get(path, ""), {}), Options(command="score"))


@cache
def _points(files: tuple[tuple[str, str], ...]) -> tuple[float, tuple[tuple[str, float], ...]]:
    report = analyze_tree(MemoryTree(dict(files)), "repository", Settings()).report
    return report.score.points, tuple((test.id, test.credit.observed) for test in report.tests)


def points(files: Files) -> tuple[float, dict[str, float]]:
    total, tests = _points(tuple(sorted(files.items())))
    return total, dict(tests)


def lines_with(files: Files, fits: Callable[[str, str], bool]) -> list[Place]:
    """Path and index of the lines that fit."""
    return [(path, index) for path, text in sorted(files.items()) for index, line in enumerate(text.split("\n")) if fits(path, line)]


def changed(files: Files, place: Place, change: Callable[[str], list[str]]) -> Files:
    path, index = place
    lines = files[path].split("\n")
    return {**files, path: "\n".join([*lines[:index], *change(lines[index]), *lines[index + 1 :]])}


def is_step(path: str, line: str) -> bool:
    command = line.strip().removeprefix("- ")
    return path.startswith(".github/workflows/") and command.startswith("run: ") and not command.endswith("|")


def is_trigger(path: str, line: str) -> bool:
    return path.startswith(".github/workflows/") and line.startswith("on:")


def is_test(path: str, line: str) -> bool:
    return path.rpartition("/")[2].startswith("test_") and line.startswith("def test_")


def swallowed(files: Files, place: Place) -> Files:
    return changed(files, place, lambda line: [line + " || true"])


def piped(files: Files, place: Place) -> Files:
    return changed(files, place, lambda line: [line + " | tee output.txt"])


def tolerated(files: Files, place: Place) -> Files:
    return changed(files, place, lambda line: [line, " " * line.index("run:") + "continue-on-error: true"])


def switched_off(files: Files, place: Place) -> Files:
    return changed(files, place, lambda line: [line, " " * line.index("run:") + "if: false"])


def by_hand(files: Files, place: Place) -> Files:
    """The whole `on:` of a workflow, with the lines that belong to it, becomes a start by hand."""
    path, index = place
    lines = files[path].split("\n")
    end = index + 1
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith((" ", "#"))):
        end += 1
    return {**files, path: "\n".join([*lines[:index], "on: workflow_dispatch", *lines[end:]])}


def skipped(files: Files, place: Place) -> Files:
    marked = changed(files, place, lambda line: ["@pytest.mark.skip", line])
    text = marked[place[0]]
    if "import pytest" not in text:
        head, _, rest = text.partition("import ")
        marked[place[0]] = f"{head}import pytest\nimport {rest}" if rest else f"import pytest\n\n{text}"
    return marked


WEAKER: tuple[tuple[Callable[[str, str], bool], Callable[[Files, Place], Files]], ...] = (
    (is_step, swallowed), (is_step, piped), (is_step, tolerated), (is_step, switched_off), (is_trigger, by_hand), (is_test, skipped),
)  # fmt: skip


def weakened(files: Files, data: st.DataObject) -> Files:
    """The files after a change that takes a consequence, a run, a trigger or a test away."""
    possible = [(places, change) for fits, change in WEAKER if (places := lines_with(files, fits))]
    places, change = data.draw(st.sampled_from(possible))
    return change(files, data.draw(st.sampled_from(places)))


@given(st.sampled_from([*WHOLE, *SMALL]), st.randoms(use_true_random=False))
@some
def test_the_same_tree_gives_the_same_bytes(folder: Path, random: Random) -> None:
    files = dict(files_of(folder))
    shuffled = list(files.items())
    random.shuffle(shuffled)
    first, second = report_of(files), report_of(dict(shuffled))
    assert first == second
    assert json.loads(first)["format"] == "mlrubric-report/1"


@given(st.data())
@some
def test_taking_away_never_earns(data: st.DataObject) -> None:
    files = dict(files_of(data.draw(st.sampled_from([*WHOLE, *SMALL]))))
    for _ in range(data.draw(st.integers(1, 3))):
        before, single = points(files)
        files = weakened(files, data)
        after, now = points(files)
        assert {test: (single[test], now[test]) for test in now if now[test] > single[test]} == {}
        assert after <= before


def test_every_change_takes_something_away() -> None:
    """The changes are no empty ones: on a small tree each of them costs the point."""
    files = dict(files_of(FIXTURES / "tests" / "infra-2" / "automated"))
    assert points(files)[1]["infra-2"] == 1.0
    for fits, change in WEAKER:
        place = next(place for place in lines_with(files, fits) if "install" not in files[place[0]].split("\n")[place[1]])
        assert points(change(files, place))[1]["infra-2"] < 1.0, change
