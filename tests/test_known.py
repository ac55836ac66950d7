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
    baseline = repository / "known.json"
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
    baseline = repository / "known.json"
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


PINS = ("--select", "ENV001")


def told(root: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[tuple[int, str]]:
    main(["check", str(root), "-q", *PINS, *more, "--output-format", "json"])
    return [(f["line"], f["message"].partition(":")[0]) for f in json.loads(capsys.readouterr().out)["findings"]]


@pytest.fixture
def open_lines(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("pandas>=1\nnumpy==2.1.0\nscikit-learn\n", encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_each_of_several_that_are_told_as_one_is_known_by_itself(open_lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = "`pandas>=1` (and 1 more) is not pinned and no lock file fixes it"
    baseline = open_lines / "known.json"
    assert told(open_lines, capsys) == [(1, both)]
    assert main(["check", str(open_lines), *PINS, "--write-baseline", str(baseline)]) == 0
    assert "1 finding written" in capsys.readouterr().err
    with (open_lines / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("torch\nxgboost>2\n")
    new = [(4, "`torch` (and 1 more) is not pinned and no lock file fixes it")]
    assert told(open_lines, capsys, "--baseline", str(baseline)) == told(open_lines, capsys, "--changed-since", "HEAD") == new
    assert told(open_lines, capsys) == [(1, both.replace("1 more", "3 more"))]


def test_one_ignore_is_for_one_line(open_lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = open_lines / "requirements.txt"
    file.write_text(file.read_text(encoding="utf-8").replace("pandas>=1", "pandas>=1  # mlrubric: ignore[ENV001] ours"), encoding="utf-8")
    assert told(open_lines, capsys) == [(3, "`scikit-learn` is not pinned and no lock file fixes it")]


TRAINS = """import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

frame = pd.read_csv("rides.csv")
frame["hour_sin"] = np.sin(frame["hour"] * 2 * np.pi / 24)
frame["fare_log"] = np.log1p(frame["fare"] * 100)
LogisticRegression().fit(frame[["hour_sin", "fare_log"]], frame["late"])
"""
SERVES = """import joblib
import numpy as np
import pandas as pd
from fastapi import FastAPI

app = FastAPI()
model = joblib.load("model.joblib")


@app.post("/predict")
def predict(hour: int, fare: float):
    frame = pd.DataFrame([{"hour": hour, "fare": fare}])
    frame["hour_sin"] = np.sin(frame["hour"] * 2 * np.pi / 24)
    return model.predict(frame).tolist()
"""


def test_one_more_of_what_a_finding_counts_up_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second column that is copied into the serving side does not hide behind the first."""
    baseline = tmp_path / "known.json"
    (tmp_path / "train.py").write_text(TRAINS, encoding="utf-8")
    (tmp_path / "app.py").write_text(SERVES, encoding="utf-8")
    asked = ("check", str(tmp_path), "--select", "SKEW001")
    assert main([*asked, "--write-baseline", str(baseline)]) == 0
    assert main([*asked, "--baseline", str(baseline)]) == 0
    capsys.readouterr()
    more = '    frame["fare_log"] = np.log1p(frame["fare"] * 100)\n    return'
    (tmp_path / "app.py").write_text(SERVES.replace("    return", more), encoding="utf-8")
    assert main([*asked, "--baseline", str(baseline), "--output-format", "json", "-q"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert ["`fare_log`" in one["message"] for one in document["findings"]] == [True]
    assert not any("gone" in notice["message"] for notice in document["notices"])


def test_a_renamed_file_brings_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "mv", "train.py", "training.py")
    git(repository, "commit", "-qm", "renamed")
    assert check(repository, capsys, "--changed-since", "HEAD~1")[1] == []
    file = repository / "training.py"
    file.write_text(file.read_text(encoding="utf-8").replace("split(frame)", "split(frame, test_size=0.3)"), encoding="utf-8")
    assert check(repository, capsys, "--changed-since", "HEAD~1")[1] == [("SEED001", "training.py", 6)]


def test_what_a_run_does_not_look_for_is_neither_gone_nor_dropped(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = repository / "known.json"
    (repository / "serve.py").write_text(SERVE, encoding="utf-8")
    assert main(["check", str(repository), *SELECT, "--write-baseline", str(baseline)]) == 0
    whole = baseline.read_text()
    capsys.readouterr()
    edit(repository, "split(frame)", "split(frame, random_state=1)")
    for part in (("--select", "DATA005"), ("--ignore", "SEED")):
        main(["check", str(repository), *part, "--baseline", str(baseline), "--output-format", "json"])
        notices = [one["message"] for one in json.loads(capsys.readouterr().out)["notices"]]
        assert not any("gone" in message for message in notices), (part, notices)
    main(["check", str(repository / "serve.py"), *SELECT, "--baseline", str(baseline), "--output-format", "json"])
    assert not any("gone" in one["message"] for one in json.loads(capsys.readouterr().out)["notices"])
    for selected in ("DATA005", "DATA005,DATA001"):
        assert main(["check", str(repository), "--select", selected, "--ignore", "DATA001", "--write-baseline", str(baseline)]) == 0
        assert baseline.read_text() == whole and "1 that this run did not look for stay" in capsys.readouterr().err
    assert main(["check", str(repository / "serve.py"), *SELECT, "--write-baseline", str(baseline)]) == 0
    assert baseline.read_text() == whole
    assert main(["check", str(repository), *SELECT, "--write-baseline", str(baseline)]) == 0
    assert len(baseline.read_text()) < len(whole)


def test_nothing_but_a_baseline_is_written_over(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(repository), "--write-baseline", str(repository / "train.py")]) == 2
    assert "no baseline" in capsys.readouterr().err and (repository / "train.py").read_text(encoding="utf-8") == TRAIN


def test_a_baseline_is_not_written_from_what_is_left_over(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is known already would be missing from it."""
    baseline = tmp_path / "known.json"
    main(["check", str(repository), *SELECT, "--write-baseline", str(baseline)])
    written = baseline.read_text()
    for known in (["--baseline", str(baseline)], ["--changed-since", "HEAD"]):
        assert main(["check", str(repository), *SELECT, *known, "--write-baseline", str(baseline)]) == 2
        assert "--write-baseline" in capsys.readouterr().err and baseline.read_text() == written
