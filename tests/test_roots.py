"""`check` on a part of a repository: a file, a folder, two folders and the folder that one stands in say the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlrubric.cli import main

Found = list[tuple[str, str, int]]
TRAIN = """import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

frame = pd.read_csv("data.csv")
train, test = train_test_split(frame)
LogisticRegression().fit(train[["a"]], train["y"])
"""
WORKFLOW = """on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - run: pytest tests
"""
TEST = """from train import frame


def test_rows():
    assert len(frame)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for path, text in ((".github/workflows/ci.yml", WORKFLOW), ("src/train.py", TRAIN), ("tests/test_train.py", TEST)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., Found]:
    def run(*arguments: object) -> Found:
        status = main(["check", *map(str, arguments), "--output-format", "json"])
        streams = capsys.readouterr()
        assert status in (0, 1), streams.err
        return [(f["rule"], f["file"], f["line"]) for f in json.loads(streams.out)["findings"]]

    return run


def test_a_folder_is_a_part_of_its_repository(repository: Path, check: Callable[..., Found], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check(repository)
    assert ("SEED001", "src/train.py", 6) in whole and not any(rule == "CI003" for rule, *_ in whole)
    source = [one for one in whole if one[1].startswith("src/")]
    assert check(repository / "src") == check(repository / "src" / "train.py") == check(repository / "src", repository / "tests") == source
    assert check(repository / "tests") == []
    monkeypatch.chdir(repository / "tests")
    assert check() == [] and check("..") == whole and check("../src/train.py") == source


def test_settings_are_those_of_the_repository(repository: Path, check: Callable[..., Found]) -> None:
    (repository / "pyproject.toml").write_text('[tool.mlrubric]\nignore = ["SEED"]\n', encoding="utf-8")
    assert not any(rule == "SEED001" for rule, *_ in check(repository / "src"))


def test_the_nearest_settings_name_the_root(repository: Path, check: Callable[..., Found]) -> None:
    (repository / "src" / "mlrubric.toml").write_text('persona = "regular"\n', encoding="utf-8")
    assert ("SEED001", "train.py", 6) in check(repository / "src")


def test_a_root_can_be_named(repository: Path, check: Callable[..., Found], capsys: pytest.CaptureFixture[str]) -> None:
    assert ("SEED001", "train.py", 6) in check(repository / "src" / "train.py", "--root", repository / "src")
    assert main(["check", str(repository / "tests"), "--root", str(repository / "src")]) == 2
    assert "is not below" in capsys.readouterr().err


@pytest.mark.parametrize(("file", "text"), [(".gitignore", "src/\n"), ("mlrubric.toml", 'exclude = ["src/"]\n')])
def test_what_a_repository_leaves_out_is_by_itself(repository: Path, check: Callable[..., Found], file: str, text: str) -> None:
    (repository / file).write_text(text, encoding="utf-8")
    assert ("SEED001", "train.py", 6) in check(repository / "src")


def test_two_repositories_are_not_mixed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = repository.parent / "other"
    (other / ".git").mkdir(parents=True)
    assert main(["check", str(repository), str(other)]) == 2
    assert "are two repositories" in capsys.readouterr().err


def test_parts_of_one_repository_with_settings_of_their_own(repository: Path, check: Callable[..., Found]) -> None:
    for part in ("src", "tests"):
        (repository / part / "mlrubric.toml").write_text('persona = "regular"\n', encoding="utf-8")
    assert ("SEED001", "src/train.py", 6) in check(repository / "src", repository / "tests")


def test_files_without_a_repository(tmp_path: Path, check: Callable[..., Found]) -> None:
    for part in ("a", "b"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "train.py").write_text(TRAIN, encoding="utf-8")
    assert ("SEED001", "train.py", 6) in check(tmp_path / "a") and ("SEED001", "b/train.py", 6) in check(tmp_path / "a", tmp_path / "b")


def test_the_sum_counts_what_was_asked_for(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(repository / "tests" / "test_train.py")])
    assert "No findings in 1 file." in capsys.readouterr().out
    (repository / "notes.zzz").write_text("x", encoding="utf-8")
    main(["check", str(repository / "notes.zzz")])
    assert "nothing of `notes.zzz` is read" in capsys.readouterr().out
