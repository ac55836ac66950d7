"""`diff`: what a change did to the score, with the change that did it, proven by taking it back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlrubric.cli import main
from mlrubric.compare import compare
from mlrubric.compare.hunks import hunks_of, taken_back, told
from mlrubric.config import Settings
from mlrubric.model.comparison import Comparison
from mlrubric.source.tree import MemoryTree

CASE = Path(__file__).parents[1] / "fixtures" / "tests" / "infra-2" / "automated"
FILES = {
    path.relative_to(CASE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(CASE.rglob("*"))
    if path.is_file() and path.name != "expected.toml"
}
WORKFLOW = ".github/workflows/ci.yml"
TEST = next(path for path in FILES if path.rpartition("/")[2].startswith("test_"))


def compared(head: dict[str, str], base: dict[str, str] | None = None) -> Comparison:
    return compare(MemoryTree(dict(base or FILES)), MemoryTree(dict(head)), ("main", "now"), "repository", Settings())


def only(comparison: Comparison, test: str) -> tuple[float, str, str, int, bool]:
    change = next(one for one in comparison.changes if one.after.id == test)
    (cause,) = change.causes
    return change.gain, cause.message, cause.place.path, cause.place.line, cause.proven


def line_of(path: str, words: str) -> int:
    return next(i for i, line in enumerate(FILES[path].split("\n"), 1) if words in line)


def test_a_swallow_is_the_cause_whatever_else_changes() -> None:
    head = {**FILES, WORKFLOW: FILES[WORKFLOW].replace("pytest", "pytest || true"), "README.md": "# News\n"}
    head[TEST] = "# a remark\n" + FILES[TEST]
    assert only(compared(head), "infra-2") == (-0.5, "`|| true` added", WORKFLOW, line_of(WORKFLOW, "pytest"), True)


def test_the_same_change_backwards_earns() -> None:
    base = {**FILES, WORKFLOW: FILES[WORKFLOW].replace("pytest", "pytest || true")}
    assert only(compared(FILES, base), "infra-2") == (0.5, "`|| true` removed", WORKFLOW, line_of(WORKFLOW, "pytest"), True)


def test_a_deleted_file_is_named_where_it_was() -> None:
    head = {path: text for path, text in FILES.items() if path != TEST}
    gain, message, path, _, proven = only(compared(head), "infra-2")
    assert (gain, message, path, proven) == (-1.0, "the file was deleted", TEST, True)


def test_a_cause_away_from_every_path_is_found_by_taking_back() -> None:
    """What the job installs, or which tests are collected, is in no hop of the evidence."""
    head = {**FILES, "pytest.ini": "[pytest]\ntestpaths = elsewhere\n", "notes.md": "# Notes\n", "a.txt": "x\n", "b.txt": "y\n"}
    _, message, path, _, proven = only(compared(head), "infra-2")
    assert (message, path, proven) == ("the file was added", "pytest.ini", True)


def test_two_changes_of_which_each_would_do_are_both_needed_back() -> None:
    text = FILES[WORKFLOW].replace("pytest", "pytest || true")
    head = {**FILES, WORKFLOW: text, TEST: FILES[TEST].replace("assert ", "print ").replace("print ", "print(1), ")}
    change = next(one for one in compared(head).changes if one.after.id == "infra-2")
    assert {cause.place.path for cause in change.causes} == {WORKFLOW, TEST}
    assert not any(cause.proven for cause in change.causes)


def test_nothing_changed() -> None:
    assert compared(FILES).changes == ()


@pytest.mark.parametrize(
    ("base", "head", "line", "side", "words"),
    [
        ("a\nrun: pytest\n", "a\nrun: pytest | tee log\n", 2, "head", "`| tee log` added"),
        ("shell: bash -e\n", "shell: bash\n", 1, "head", "`-e` removed"),
        ("cron: 1\n", "cron: 2\n", 1, "head", "`1` became `2`"),
        ("a\nb\nc\n", "a\nc\n", 2, "base", "`b` removed"),
        ("a\n", "a\n# why\nb\nc\n", 3, "head", "`b` added with 2 more lines"),
    ],
)
def test_words_for_a_hunk(base: str, head: str, line: int, side: str, words: str) -> None:
    (hunk,) = hunks_of("f", base, head)
    assert told(hunk, None) == (line, side, words)


def test_hunks_taken_back_give_the_base() -> None:
    base, head = "a\nb\nc\nd\n", "x\nb\nd\ne\n"
    assert taken_back(hunks_of("f", base, head), {"f": head}) == {"f": base}
    assert taken_back(hunks_of("f", None, head), {"f": head}) == {"f": None}
    assert taken_back(hunks_of("f", base, None), {"f": None}) == {"f": base}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=tmp_path, check=True, capture_output=True)

    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    (tmp_path / WORKFLOW).write_text(FILES[WORKFLOW].replace("pytest", "pytest || true"), encoding="utf-8")
    return tmp_path


def test_the_command(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "HEAD", "--path", str(repository), "--output-format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "mlrubric-diff/1"
    (test,) = [one for one in document["tests"] if one["id"] == "infra-2"]
    line = line_of(WORKFLOW, "pytest")
    assert test["message"] == f"infra-2 1.0 → 0.5: `|| true` added at ci.yml:{line}"
    assert test["causes"][0]["at"] == {"file": WORKFLOW, "line": line}
    assert main(["diff", "HEAD", "--path", str(repository), "--fail-on-drop"]) == 1
    assert f"`|| true` added at ci.yml:{line}" in capsys.readouterr().out
    assert main(["diff", "HEAD", "HEAD", "--path", str(repository), "--fail-on-drop", "--output-format", "markdown"]) == 0
    assert "No test is other than before." in capsys.readouterr().out


def test_wrong_use(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "nowhere", "--path", str(repository)]) == 2
    assert "no commit `nowhere`" in capsys.readouterr().err
    assert main(["diff", "--output-format=json", "--", "-x", "--path"]) == 2
