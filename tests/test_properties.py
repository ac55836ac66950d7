"""What must hold for every repository: the same tree gives the same bytes without a network, taking away a consequence, a run, a trigger
or a test never earns, and one more check on the way never costs.
"""

from __future__ import annotations

import ast
import json
import socket
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.report import Options, View, formats
from mlrubric.source.tree import MemoryTree

FIXTURES = Path(__file__).parents[1] / "fixtures"
WHOLE = [FIXTURES / "repos" / name for name in ("level0-churn", "level1-bikes", "level2-fraud")]
SMALL = [path.parent for path in sorted(FIXTURES.glob("tests/*/automated*/expected.toml"))]
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


WORKFLOWS = ".github/workflows/"
Change = Callable[[Files], Iterator[Files]]  # every place where the files can be changed so, one result for each

# ---- taking away -------------------------------------------------------------------------------------------------------


def steps_of(files: Files) -> list[Place]:
    """Steps of workflows that run one line."""

    def fits(path: str, line: str) -> bool:
        command = line.strip().removeprefix("- ")
        return path.startswith(WORKFLOWS) and command.startswith("run: ") and not command.endswith("|") and "install" not in command

    return lines_with(files, fits)


def in_steps(change: Callable[[str], list[str]]) -> Change:
    return lambda files: (changed(files, place, change) for place in steps_of(files))


def beside(words: str) -> Change:
    """A key beside the `run:` of a step."""
    return in_steps(lambda line: [line, " " * line.index("run:") + words])


def by_hand(files: Files) -> Iterator[Files]:
    """The whole `on:` of a workflow, with the lines that belong to it, becomes a start by hand."""
    for path, index in lines_with(files, lambda path, line: path.startswith(WORKFLOWS) and line.startswith("on:")):
        lines = files[path].split("\n")
        end = index + 1
        while end < len(lines) and (not lines[end].strip() or lines[end].startswith((" ", "#"))):
            end += 1
        yield {**files, path: "\n".join([*lines[:index], "on: workflow_dispatch", *lines[end:]])}


def renamed_away(files: Files) -> Iterator[Files]:
    """A workflow that lies where no server looks."""
    for path in sorted(files):
        if path.startswith(WORKFLOWS):
            yield {(f"{p}.disabled" if p == path else p): text for p, text in files.items()}


def switched_off(files: Files) -> Iterator[Files]:
    """A job that never runs."""
    for path, index in lines_with(files, lambda path, line: path.startswith(WORKFLOWS) and line.startswith("    runs-on:")):
        yield changed(files, (path, index), lambda line: ["    if: false", line])


def in_tests(change: Callable[[str], list[str]]) -> Change:
    """At the definition of a test."""

    def changes(files: Files) -> Iterator[Files]:
        for place in lines_with(files, is_test):
            marked = changed(files, place, change)
            yield {**marked, place[0]: imported(marked[place[0]], "import pytest")}

    return changes


def is_test(path: str, line: str) -> bool:
    return path.rpartition("/")[2].startswith("test_") and line.startswith("def test_")


def imported(text: str, line: str) -> str:
    """The text with an import, behind what must come first."""
    first = 0
    for node in ast.parse(text).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        first = node.end_lineno or node.lineno
    lines = text.split("\n")
    return "\n".join([*lines[:first], line, *lines[first:]])


def statements(files: Files, *kinds: type[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Statements of some kinds that have their lines for themselves."""
    for path in sorted(files):
        for node in ast.walk(ast.parse(files[path])) if path.endswith(".py") else ():
            if isinstance(node, kinds) and not files[path].split("\n")[node.lineno - 1][: node.col_offset].strip():
                yield path, node


def around(change: Callable[[list[str], str], list[str]], *kinds: type[ast.stmt]) -> Change:
    """Statements of some kinds with something around them, or in their place; `change` is given their lines and the space before them."""

    def changes(files: Files) -> Iterator[Files]:
        for path, node in statements(files, *kinds):
            lines, end = files[path].split("\n"), node.end_lineno or node.lineno
            new = change(lines[node.lineno - 1 : end], " " * node.col_offset)
            yield {**files, path: "\n".join([*lines[: node.lineno - 1], *new, *lines[end:]])}

    return changes


def caught(lines: list[str], space: str) -> list[str]:
    return [f"{space}try:", *(f"    {line}" for line in lines), f"{space}except BaseException:", f"{space}    pass"]


def dead(lines: list[str], space: str) -> list[str]:
    return [f"{space}if False:", *(f"    {line}" for line in lines)]


def printed(_: list[str], space: str) -> list[str]:
    return [f'{space}print("something is wrong")']


FAILING = (ast.Assert, ast.Raise)
WEAKER: dict[str, Change] = {
    "|| true": in_steps(lambda line: [line + " || true"]),
    "| tee": in_steps(lambda line: [line + " | tee output.txt"]),
    "|| echo": in_steps(lambda line: [line + " || echo failed"]),
    "continue-on-error": beside("continue-on-error: true"),
    "step if: false": beside("if: false"),
    "job if: false": switched_off,
    "by hand": by_hand,
    "renamed away": renamed_away,
    "skip": in_tests(lambda line: ["@pytest.mark.skip", line]),
    "skipif": in_tests(lambda line: ['@pytest.mark.skipif(True, reason="later")', line]),
    "xfail": in_tests(lambda line: ["@pytest.mark.xfail", line]),
    "caught": around(caught, *FAILING),
    "if False": around(dead, *FAILING),
    "printed": around(printed, *FAILING),
}

# ---- adding ------------------------------------------------------------------------------------------------------------


def checked_reads(files: Files) -> Iterator[Files]:
    """Behind a read into a variable, one more look at the rows, which stops the run."""
    for path, node in statements(files, ast.Assign):
        assert isinstance(node, ast.Assign)
        target, call = node.targets[0], node.value
        reads = isinstance(call, ast.Call) and ast.unparse(call.func).startswith("pd.read_")
        if reads and isinstance(target, ast.Name):
            lines, end, space = files[path].split("\n"), node.end_lineno or node.lineno, " " * node.col_offset
            new = [f"{space}if {target.id}.isna().any().any():", f'{space}    raise ValueError("there are holes in the data")']
            yield {**files, path: "\n".join([*lines[:end], *new, *lines[end:]])}


def asserted_twice(lines: list[str], space: str) -> list[str]:
    return [*lines, *lines]


def more_tests(files: Files) -> Iterator[Files]:
    """One more file of tests, beside another one that has a copy of its tests."""
    for path in sorted(files):
        folder, _, name = path.rpartition("/")
        if name.startswith("test_") and name.endswith(".py"):
            yield {**files, f"{folder}/test_again_{name[5:]}".lstrip("/"): files[path]}


def workflow_more(files: Files) -> Iterator[Files]:
    """One more workflow that runs the tests, and one that looks at the style."""
    steps = "\n".join(["      - uses: actions/checkout@v4", "      - run: pip install -r requirements.txt"])
    for name, command in (("more-tests", "pytest"), ("style", "ruff check .")):
        head = f"name: {name}\non: [push, pull_request]\njobs:\n  it:\n    runs-on: ubuntu-22.04\n    steps:\n"
        text = f"{head}{steps}\n      - run: {command}\n"
        yield {**files, f"{WORKFLOWS}{name}.yml": text}


def started_more(files: Files) -> Iterator[Files]:
    """A workflow that also runs every night."""
    for path, index in lines_with(files, lambda path, line: path.startswith(WORKFLOWS) and line == "on: push"):
        nightly = ["on:", "  push:", "  schedule:", '    - cron: "0 3 * * *"']
        yield changed(files, (path, index), lambda line, new=nightly: new)  # type: ignore[misc]


def strict_shell(files: Files) -> Iterator[Files]:
    """Steps whose shell fails with every command."""
    for place in steps_of(files):
        yield changed(files, place, lambda line: [line, " " * line.index("run:") + "shell: bash"])


STRONGER: dict[str, Change] = {
    "checked read": checked_reads,
    "asserted twice": around(asserted_twice, ast.Assert),
    "test file": more_tests,
    "workflow": workflow_more,
    "schedule": started_more,
    "shell: bash": strict_shell,
}


def drawn(files: Files, changes: dict[str, Change], data: st.DataObject) -> tuple[str, Files]:
    """The name of a change and the files after it, at one of the places where it can be made."""
    possible = {name: found for name in sorted(changes) if (found := list(changes[name](files)))}
    assume(possible)
    name = data.draw(st.sampled_from(sorted(possible)))
    return name, data.draw(st.sampled_from(possible[name]))


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
        name, files = drawn(files, WEAKER, data)
        after, now = points(files)
        assert {test: (name, single[test], now[test]) for test in now if now[test] > single[test]} == {}
        assert after <= before


@given(st.data())
@some
def test_one_more_check_never_costs(data: st.DataObject) -> None:
    files = dict(files_of(data.draw(st.sampled_from([*WHOLE, *SMALL]))))
    for _ in range(data.draw(st.integers(1, 2))):
        before, single = points(files)
        name, files = drawn(files, STRONGER, data)
        after, now = points(files)
        assert {test: (name, single[test], now[test]) for test in now if now[test] < single[test]} == {}
        assert after >= before


def test_no_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, forbidden)
    for folder in WHOLE:
        assert json.loads(report_of(dict(files_of(folder))))["tests"]


@pytest.mark.parametrize("name", sorted(WEAKER))
def test_every_change_takes_something_away(name: str) -> None:
    """The changes are no empty ones: somewhere in a small tree each of them costs the point."""
    case = "infra-4" if name in ("if False", "printed", "caught") else "infra-2"
    files = dict(files_of(FIXTURES / "tests" / case / "automated"))
    assert points(files)[1][case] == 1.0
    assert min(points(after)[1][case] for after in WEAKER[name](files)) < 1.0


@pytest.mark.parametrize("name", sorted(STRONGER))
def test_every_addition_is_made_somewhere(name: str) -> None:
    trees = [dict(files_of(folder)) for folder in (*WHOLE, *SMALL)]
    assert any(after != files for files in trees for after in STRONGER[name](files))
