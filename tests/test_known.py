"""`check --baseline`, `--write-baseline`, `--changed-since`, `--min-*`: through the command, on a repository with a history."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlrubric.cli import main

TRAIN = """import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

frame = pd.read_csv("data.csv")
train, test = train_test_split(frame)
LogisticRegression().fit(train[["a"]], train["y"])
"""
SERVE = """import joblib

model = joblib.load("model.joblib")
model.set_path("/content/drive/MyDrive/models")
"""
SELECT = ("--select", "SEED,LEAK,DATA005")


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN, encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def check(root: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, list[tuple[str, str, int]], list[str]]:
    status = main(["check", str(root), "-q", *SELECT, *more, "--output-format", "json"])
    told = json.loads(capsys.readouterr().out)
    return status, [(f["rule"], f["file"], f["line"]) for f in told["findings"]], [n["message"] for n in told["notices"]]


def edit(root: Path, old: str, new: str) -> None:
    file = root / "train.py"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_baseline_leaves_out_what_is_known(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = repository.parent / "known.json"
    assert check(repository, capsys)[1] == [("SEED001", "train.py", 6)]
    assert main(["check", str(repository), *SELECT, "--write-baseline", str(baseline)]) == 0
    assert "1 finding written" in capsys.readouterr().err
    edit(repository, "frame =", "# moved\n\nframe =")
    edit(
        repository, "LogisticRegression()", "more = frame.sample(3)\nLogisticRegression().fit(more[['a']], more['y'])\nLogisticRegression()"
    )
    _, found, notices = check(repository, capsys, "--baseline", str(baseline))
    assert found == [("SEED001", "train.py", 9)] and any("1 known by" in message for message in notices)


def test_what_is_gone_from_a_baseline_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = repository.parent / "known.json"
    assert main(["check", str(repository), *SELECT, "--write-baseline", str(baseline)]) == 0
    capsys.readouterr()
    edit(repository, "split(frame)", "split(frame, random_state=1)")
    _, found, notices = check(repository, capsys, "--baseline", str(baseline))
    assert found == [] and any("1 of it gone" in message for message in notices)


def test_a_baseline_that_is_none_is_wrong_use(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(repository), "--baseline", str(repository / "train.py")]) == 2
    assert "no baseline" in capsys.readouterr().err
    assert main(["check", str(repository), "--baseline", str(repository / "none.json")]) == 2
    assert "--write-baseline" in capsys.readouterr().err


def test_only_what_a_change_brought(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(repository, capsys, "--changed-since", "HEAD")[1] == []
    edit(repository, "import pandas", "# a remark above\nimport pandas")
    _, found, notices = check(repository, capsys, "--changed-since", "HEAD")
    assert found == [] and any("1 finding was there at HEAD already" in message for message in notices)
    edit(repository, "split(frame)", "split(frame, test_size=0.3)")
    assert check(repository, capsys, "--changed-since", "HEAD")[1] == [("SEED001", "train.py", 7)], "who changes a line answers for it"
    (repository / "serve.py").write_text(SERVE, encoding="utf-8")
    assert ("DATA005", "serve.py", 4) in check(repository, capsys, "--changed-since", "HEAD")[1]


def test_a_change_elsewhere_that_brings_a_finding_is_found(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The split is not touched: the seed that stood before it went."""
    edit(repository, "frame =", "import numpy as np\n\nnp.random.seed(3)\nframe =")
    git(repository, "commit", "-qam", "seeded")
    assert check(repository, capsys)[1] == []
    edit(repository, "np.random.seed(3)\n", "")
    assert [rule for rule, *_ in check(repository, capsys, "--changed-since", "HEAD")[1]] == ["SEED001"]


def test_the_base_is_where_the_work_parted(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What others mended on the main branch meanwhile is nothing that this change brought."""
    git(repository, "checkout", "-q", "-b", "work")
    (repository / "notes.md").write_text("work\n", encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "work")
    git(repository, "checkout", "-q", "main")
    edit(repository, "split(frame)", "split(frame, random_state=1)")
    git(repository, "commit", "-qam", "mended")
    git(repository, "checkout", "-q", "work")
    assert check(repository, capsys)[1] != []
    assert check(repository, capsys, "--changed-since", "main")[1] == []


@pytest.mark.parametrize("more", [("--changed-since", "nowhere"), ("--changed-since", "--upload-pack=x")])
def test_a_revision_that_is_none_is_wrong_use(repository: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, str]) -> None:
    assert main(["check", str(repository), f"{more[0]}={more[1]}"]) == 2
    assert "--changed-since" in capsys.readouterr().err


def test_least_severity_and_confidence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(repository, capsys, "--min-severity", "warning")[1] and not check(repository, capsys, "--min-severity", "error")[1]
    (repository / "mlrubric.toml").write_text('min_confidence = "high"\nmin_severity = "error"\n', encoding="utf-8")
    assert not check(repository, capsys)[1] and check(repository, capsys, "--min-severity", "note")[1]


def test_an_ignore_that_ignores_nothing_is_a_notice(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(repository, "split(frame)", "split(frame)  # mlrubric: ignore[SEED001] a sketch")
    assert check(repository, capsys)[1:] == ([], [])
    edit(repository, "split(frame)", "split(frame, random_state=1)")
    assert check(repository, capsys)[1:] == ([], ["nothing to ignore: SEED001 finds nothing here any more, the comment can go"])


def test_a_baseline_is_not_written_from_what_is_left_over(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is known already would be missing from it."""
    baseline = tmp_path / "known.json"
    main(["check", str(repository), *SELECT, "--write-baseline", str(baseline)])
    written = baseline.read_text()
    for known in (["--baseline", str(baseline)], ["--changed-since", "HEAD"]):
        assert main(["check", str(repository), *SELECT, *known, "--write-baseline", str(baseline)]) == 2
        assert "--write-baseline" in capsys.readouterr().err and baseline.read_text() == written
