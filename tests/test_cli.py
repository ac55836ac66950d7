"""The command line end to end: every command, every exit status, what goes where, and how little `--version` imports."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.report_example import FINDINGS, REPORT

import mlrubric.analyze
from mlrubric.cli import main
from mlrubric.cli.arguments import COMMANDS
from mlrubric.cli.deadline import DeadlinePassed, deadline
from mlrubric.cli.output import Progress, options_for, wants_color
from mlrubric.knowledge.location import rules_directory
from mlrubric.model.report import Report

REPOSITORY = Path(__file__).resolve().parents[1] / "fixtures" / "repos" / "level0-churn"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process; the status, standard output and standard error."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "MLRUBRIC_DEBUG", "MLRUBRIC_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else 2
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[Report], None]:
    """Lets the analysis give a report made by hand: what follows from a report is asked here, not how it comes about."""

    def use(report: Report) -> None:
        real = mlrubric.analyze.analyze

        def analyze(*arguments: object, **more: object) -> mlrubric.analyze.Analysis:
            return replace(real(*arguments, **more), report=report)  # type: ignore[arg-type]

        monkeypatch.setattr(mlrubric.analyze, "analyze", analyze)

    return use


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def shell(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return subprocess.run(
        [sys.executable, "-c", "import sys; from mlrubric.cli import main; sys.exit(main())", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**clean, **environment},
        timeout=120,
        check=False,
    )


# ---- start ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_version_and_help_import_nothing_heavy(arguments: Sequence[str]) -> None:
    code = (
        "import sys\nfrom mlrubric.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        "print('MODULES', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("MODULES", 1)[1].split())
    heavy = {"libcst", "networkx", "jsonschema", "rich", "yaml", "tomli", "tree_sitter", "pathspec", "packaging", "pip_audit", "pygls"}
    assert not loaded & (heavy | {"dataclasses", "inspect", "pathlib", "typing", "json", "subprocess"})
    assert {name for name in loaded if name.startswith("mlrubric")} == {"mlrubric", "mlrubric.cli", "mlrubric.cli.arguments"}


def test_help_has_every_command_and_examples(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0 and "examples:" in out
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s", out, re.MULTILINE)
        status, text, _ = run(command, "--help")
        assert status == 0 and "examples:" in text and "exit status:" in text


@pytest.mark.parametrize("name", ["sarif", "html", "badge", "rdjson"])
def test_the_output_formats_in_the_help_come_from_the_folder(run: Run, name: str) -> None:
    assert name in run("score", "--help")[1]


# ---- score ----------------------------------------------------------------------------------------------------------


def test_score_is_the_default_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    plain = run()
    assert plain[0] == 0 and "ML Test Score" in plain[1] and "\x1b" not in plain[1]
    assert run("score", ".") == plain == run(REPOSITORY) == run("score")
    assert "Tests for features and data" in run("-v")[1]


def test_an_empty_folder_and_one_without_machine_learning_are_fine(run: Run, empty: Path) -> None:
    status, out, err = run("score", empty)
    assert (status, err) == (0, "") and "no machine learning was found here" in out
    (empty / "hello.py").write_text("print('hello')\n")
    status, out, _ = run("score", empty)
    assert status == 0 and "no machine learning was found here" in out


def test_many_outputs_of_one_analysis(run: Run, tmp_path: Path) -> None:
    report, log, page = tmp_path / "r.json", tmp_path / "r.sarif", tmp_path / "r.html"
    status, out, _ = run(
        REPOSITORY, "--write", f"json={report}", "--write", f"sarif={log}", "--output-format", "html", "--output-file", page
    )
    assert status == 0 and out == ""
    schema = json.loads((rules_directory() / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(report.read_text()), schema)
    assert json.loads(log.read_text())["version"] == "2.1.0" and page.read_text().startswith("<!doctype html>")


def test_the_same_repository_gives_the_same_bytes(run: Run) -> None:
    assert run(REPOSITORY, "--output-format", "json") == run(REPOSITORY, "--output-format", "json")


HANDED = """\
import pandas as pd
from multiprocessing import Pool
from sklearn.svm import SVC

def first(rows):
    return SVC().fit(rows, rows)

def second(rows):
    return SVC(C=2).fit(rows, rows)

def third(rows):
    return rows.dropna()

rows = pd.read_csv("a.csv")
for work in (first, second, third):
    Pool(2).map(work, rows)
"""


def test_the_order_of_edges_does_not_depend_on_hashes(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(HANDED)
    first, *others = [shell("graph", tmp_path, "--output-format", "json", PYTHONHASHSEED=seed).stdout for seed in "01345"]
    assert b'"flow"' in first and all(other == first for other in others)


def test_the_environment_names_the_format(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLRUBRIC_OUTPUT_FORMAT", "json")
    assert json.loads(run(REPOSITORY)[1])["format"] == "mlrubric-report/1"
    monkeypatch.setenv("MLRUBRIC_OUTPUT_FORMAT", "pdf")
    status, _, err = run(REPOSITORY)
    assert status == 2 and "pdf" in err


# ---- exit statuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("score",), 0),
        (("score", "--fail-on", "never"), 0),
        (("score", "--fail-on", "error"), 1),
        (("score", "--fail-under", "0"), 0),
        (("score", "--fail-under", "0.5"), 1),
        (("score", "--fail-under", "0.5", "--profile", "lenient"), 0),
        (("check",), 1),
        (("check", "--fail-on", "never"), 0),
        (("check", "--fail-on", "note"), 1),
        (("check", "--output-format", "sarif"), 0),
        (("check", "--output-format", "json"), 1),
        (("check", "--output-format", "sarif", "--fail-on", "error"), 1),
        (("score", "--output-format", "sarif", "--fail-under", "1"), 1),
        (("score", "--strict"), 3),
        (("check", "--strict"), 3),
    ],
)
def test_gates(run: Run, judged: Callable[[Report], None], arguments: Sequence[str], status: int) -> None:
    judged(REPORT)
    command, *more = arguments
    assert run(command, REPOSITORY, *more)[0] == status


@pytest.mark.parametrize(("level", "status"), [("error", 0), ("warning", 0), ("note", 1)])
def test_fail_on_is_the_least_level_that_fails(run: Run, judged: Callable[[Report], None], level: str, status: int) -> None:
    judged(replace(REPORT, findings=(FINDINGS[4],)))  # a note
    assert run("check", REPOSITORY, "--fail-on", level)[0] == status


def test_gates_of_the_configuration(run: Run, judged: Callable[[Report], None], tmp_path: Path) -> None:
    judged(REPORT)
    config = tmp_path / "c.toml"
    config.write_text('fail_under = 1.0\nfail_on = "never"\n')
    assert run("score", REPOSITORY, "--config", config)[0] == 1
    assert run("score", REPOSITORY, "--config", config, "--output-format", "sarif")[0] == 0  # no gate on the command line
    assert run("check", REPOSITORY, "--config", config)[0] == 0


def test_today_is_a_date(run: Run) -> None:
    before = date.today()
    report = json.loads(run("score", REPOSITORY, "--as-of", "today", "--output-format", "json")[1])
    assert before <= date.fromisoformat(report["repository"]["as_of"]) <= date.today()


def test_files_of_which_none_could_be_read(run: Run, judged: Callable[[Report], None]) -> None:
    judged(replace(REPORT, repository=replace(REPORT.repository, analysed=0)))
    status, _, err = run("score", REPOSITORY)
    assert status == 3 and "none of the files could be read" in err
    judged(replace(REPORT, repository=replace(REPORT.repository, analysed=0, unreadable=())))
    assert run("score", REPOSITORY)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scor",), "did you mean `score`?"),
        (("score", "nowhere"), "no such folder: nowhere"),
        (("check", "nowhere"), "no such file or folder: nowhere"),
        (("score", "--fail-under", "8"), "no number from 0 to 7"),
        (("score", "--fail-under", "nan"), "no number from 0 to 7"),
        (("score", "--as-of", "yesterday"), "no date"),
        (("score", "--timeout", "0"), "no number of seconds"),
        (("score", "--output-format", "pdf"), "invalid choice"),
        (("score", "--write", "json"), "FORMAT=FILE"),
        (("score", "--write", "pdf=x"), "no output format"),
        (("score", "--write", "json=nowhere/x.json"), "there is no folder"),
        (("score", "--config", "nothing.toml"), "no such file"),
        (("score", "--select", "LEEK001"), "no rule is called or begins with `LEEK001`"),
        (("score", "--audit", "--offline"), "forbids"),
        (("score", "--osv-url", "http://x"), "goes with --audit"),
        (("check", "-"), "--stdin-filename"),
        (("check", "-", "a.py"), "stands alone"),
        (("check", "--stdin-filename", "a.py"), "goes with `check -`"),
        (("explain", "infra-9"), "did you mean infra-"),
        (("why", "infra-9"), "is no test; did you mean infra-"),
        (("why", "nothing.py:3"), "no such file"),
        (("why", "seed001"), "mlrubric explain SEED001 says what it is"),
        (("score", "-q", "-v"), "not allowed"),
        (("explain",), "required"),
    ],
)
def test_wrong_use(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*arguments)
    assert (status, out) == (2, "") and said in err and "Traceback" not in err


def test_a_mistake_in_the_configuration(run: Run, empty: Path) -> None:
    (empty / "mlrubric.toml").write_text('\npersonna = "x"\n')
    status, _, err = run("score", empty)
    assert status == 2 and f"{empty / 'mlrubric.toml'}:2:1: unknown key `personna`; did you mean `persona`?" in err


def test_our_own_defect(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **more: object) -> None:
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr(mlrubric.analyze, "analyze", broken)
    status, out, err = run("score", REPOSITORY)
    assert (status, out) == (3, "") and "internal error: ZeroDivisionError: no reason" in err and "Traceback" not in err
    monkeypatch.setenv("MLRUBRIC_DEBUG", "1")
    assert "Traceback" in run("score", REPOSITORY)[2]


def test_timeout_ends_the_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*arguments: object, **more: object) -> None:
        try:
            time.sleep(30)
        except Exception:  # a reader that swallows everything must not swallow this
            time.sleep(30)

    monkeypatch.setattr(mlrubric.analyze, "analyze", slow)
    started = time.monotonic()
    status, out, err = run("score", REPOSITORY, "--timeout", "0.2")
    assert (status, out) == (3, "") and "not finished after 0.2 s" in err
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_a_deadline_without_signals(monkeypatch: pytest.MonkeyPatch, handler: Any) -> None:
    """In the background, too, where a shell lets interrupts be ignored."""
    monkeypatch.delattr("signal.setitimer")
    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(DeadlinePassed), deadline(0.1):
            for _ in range(100):
                time.sleep(0.05)
        with deadline(60):
            pass
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


# ---- check ----------------------------------------------------------------------------------------------------------


def test_check_reports_on_the_paths_that_were_given(run: Run, judged: Callable[[Report], None], tmp_path: Path) -> None:
    for path in ("src/features.py", ".dvc/config", "pyproject.toml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    judged(REPORT)
    found = json.loads(run("check", tmp_path / "src" / "features.py", "--output-format", "json")[1])["findings"]
    assert [finding["file"] for finding in found] == ["src/features.py"]
    found = json.loads(run("check", tmp_path / "src", tmp_path / ".dvc", "--output-format", "json")[1])["findings"]
    assert [finding["file"] for finding in found] == [".dvc/config", "src/features.py"]
    assert len(json.loads(run("check", tmp_path, "--output-format", "json")[1])["findings"]) == len(FINDINGS)


def test_check_reads_standard_input(tmp_path: Path) -> None:
    done = shell("check", "-", "--stdin-filename", "models/train.py", "--output-format", "json", stdin=b"def f(:\n")
    document = json.loads(done.stdout)
    assert document["format"] == "mlrubric-findings/1" and [notice["file"] for notice in document["notices"]] == ["models/train.py"]
    assert done.returncode == 3  # the only file could not be read
    outside = shell("check", "-", "--stdin-filename", "../../etc/passwd.py", stdin=b"x = 1\n")
    assert outside.returncode == 0 and b"No findings in 1 file" in outside.stdout


# ---- explain, rules, why, graph -------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["infra-4", "G1.6", "ENV003", "env003", "vulnerable-dependency"])
def test_explain(run: Run, what: str) -> None:
    status, out, _ = run("explain", what)
    assert status == 0 and len(out.split("\n")) > 3


def test_explain_says_a_message_in_words_where_a_finding_has_names(run: Run) -> None:
    from mlrubric.rules.load import load_rules

    assert "`<this call>` learns from all rows before the split at <file and line>" in " ".join(run("explain", "LEAK001")[1].split())
    for rule in load_rules().rules:
        said = run("explain", rule.id)[1].split("\n\n")[1]
        assert not re.search(r"\{[@\w.]+\}", said), said


def test_why_says_where_the_split_is_in_another_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "prep.py").write_text(
        "from sklearn.preprocessing import StandardScaler\n\n\ndef scale(X):\n    return StandardScaler().fit_transform(X)\n"
    )
    (tmp_path / "train.py").write_text(
        "import pandas as pd\nfrom prep import scale\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\n\ndf = pd.read_csv('x.csv')\nX = scale(df[['a']])\n"
        "X_train, X_test, y_train, y_test = train_test_split(X, df['y'], random_state=0)\n"
        "model = LogisticRegression().fit(X_train, y_train)\nprint(model.score(X_test, y_test))\n"
    )
    status, out, _ = run("why", "prep.py:5:12", tmp_path)
    assert status == 0 and "before the split at train.py:8 (`train_test_split`)" in " ".join(out.split())
    assert "  prep.py:5  `StandardScaler.fit_transform` learns from all rows before the split at train.py:8" in run("score", tmp_path)[1]


def test_every_entry_of_the_book_is_explained_within_the_width(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlrubric.rules.load import load_rules

    monkeypatch.setenv("COLUMNS", "72")
    book = load_rules()
    for identifier in [*(r.id for r in book.rules), *(t.id for t in book.tests), *(c.id for c in book.capabilities)]:
        status, out, _ = run("explain", identifier)
        assert status == 0 and max(len(line) for line in out.split("\n")) <= 72, identifier


def test_rules(run: Run) -> None:
    status, out, _ = run("rules", "--output-format", "json")
    rules = json.loads(out)["rules"]
    assert status == 0 and {rule["id"] for rule in rules} >= {"ENV003"}
    assert all(set(rule) == {"id", "name", "level", "confidence", "persona", "tests", "fix", "stage"} for rule in rules)
    assert all(rule["id"] in run("rules")[1] for rule in rules)


def test_why_a_test_prints_each_hop_with_its_line(run: Run) -> None:
    status, out, _ = run("why", "infra-4", REPOSITORY)
    assert status == 0 and "pytest -v tests | tee" in out and "broken:" in out and "^" in out
    assert ".github/workflows/ci.yml:" in out and "trigger push" in out


def test_why_takes_a_place_as_short_as_the_first_screen_shows_it(run: Run) -> None:
    status, out, _ = run("why", "ci.yml:26", REPOSITORY)
    assert status == 0 and "CI001" in out and ".github/workflows/ci.yml:26" in out


def test_why_a_test_that_is_not_there(run: Run, empty: Path) -> None:
    status, out, _ = run("why", "monitor-3", empty)
    assert status == 0 and "nothing in this repository does this" in out


def test_why_a_place(run: Run, judged: Callable[[Report], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "features.py").write_text("x = 1\n" * 8)
    judged(REPORT)
    monkeypatch.chdir(tmp_path)
    status, out, _ = run("why", "src/features.py:8")
    assert status == 0 and "LEAK001 [warning]" in out and "src/features.py:6" in out and "see src/train.py:12: split here" in out
    assert "no finding at src/features.py:1" in run("why", "src/features.py:1")[1]


@pytest.mark.parametrize("place", ["evaluate.py:9:4", "evaluate.py:9"])
def test_why_takes_a_place_with_its_column(run: Run, releasing: Path, place: str) -> None:
    status, out, wrong = run("why", place, ".")
    assert (status, wrong) == (0, "") and "a live trigger leads here" in out


def test_why_takes_the_places_that_check_prints(run: Run, tmp_path: Path) -> None:
    sources = ["import pandas as pd\nfrom sklearn.svm import SVC", "df = pd.read_csv('x.csv')\n\nSVC().fit(df[['a']], df['y'])"]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    (tmp_path / "n.ipynb").write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    printed = [line.split(": ")[0] for line in run("check", "--output-format", "concise", tmp_path)[1].splitlines() if "NB001" in line]
    assert printed == ["n.ipynb:cell 2:3:1"]
    for place in (printed[0], "n.ipynb:cell 2:3", "n.ipynb:cell 2"):
        status, out, _ = run("why", place, tmp_path)
        assert status == 0 and "NB001 [" in out and "how it is run: by hand" in out
    status, out, _ = run("why", "n.ipynb:cell 2:1", tmp_path)
    assert status == 0 and "NB001 [" not in out and "DATA001 [" in out
    assert "no finding at n.ipynb:cell 1:1" in run("why", "n.ipynb:cell 1:1", tmp_path)[1]
    assert "n.ipynb:cell 2:2 is a blank line" in run("why", "n.ipynb:cell 2:2", tmp_path)[1]
    for place, said in (("n.ipynb:cell 3:1", "n.ipynb has 2 cells"), ("n.ipynb:cell 2:4", "n.ipynb:cell 2 has 3 lines")):
        status, _, wrong = run("why", place, tmp_path)
        assert status == 2 and said in wrong


def test_why_says_that_a_line_is_blank_or_not_there(run: Run, releasing: Path) -> None:
    assert run("why", "evaluate.py:2")[1].strip() == "evaluate.py:2 is a blank line: nothing stands there"
    for place in ("evaluate.py:11", "evaluate.py:0"):
        status, _, wrong = run("why", place)
        assert status == 2 and "evaluate.py has 10 lines" in wrong
    status, _, wrong = run("why", "evaluate.py:cell 1:1")
    assert status == 2 and "evaluate.py is no notebook" in wrong


GATE = """import sys

import joblib
import pandas as pd
from sklearn.metrics import accuracy_score

frame = pd.read_csv("test.csv")
accuracy = accuracy_score(frame["y"], joblib.load("model.joblib").predict(frame[["a"]]))
if accuracy < 0.8:
    print("too weak")
"""
RELEASE = """on: push
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - run: python evaluate.py
      - run: kubectl apply -f model.yaml
"""


@pytest.fixture
def releasing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "release.yml").write_text(RELEASE)
    (tmp_path / "evaluate.py").write_text(GATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_why_a_place_prints_each_hop_from_the_trigger_with_its_line(run: Run, releasing: Path) -> None:
    status, out, _ = run("why", "evaluate.py:9")
    rows = [row.strip() for row in out.splitlines()]
    assert status == 0 and "how it is run: a live trigger leads here, and a failure counts" in rows
    hops = [".github/workflows/release.yml:1", ".github/workflows/release.yml:3", ".github/workflows/release.yml:6", "evaluate.py:9"]
    found = [next(i for i, row in enumerate(rows) if row.startswith(f"{hop} ") and i > 3) for hop in hops]
    assert found == sorted(found)
    assert [rows[i + 1] for i in found] == ["on: push", "release:", "- run: python evaluate.py", "if accuracy < 0.8:"]


def test_why_a_finding_shows_the_line_beside_it(run: Run, releasing: Path) -> None:
    rows = [row.strip() for row in run("why", ".github/workflows/release.yml:7")[1].splitlines()]
    assert any(row.startswith("GATE003 [error]") for row in rows)
    beside = rows.index("see evaluate.py:9: the comparison that only tells")
    assert rows[beside + 1] == "if accuracy < 0.8:"


def test_why_a_place_prints_the_first_broken_hop(run: Run, releasing: Path) -> None:
    workflow = releasing / ".github" / "workflows" / "release.yml"
    workflow.write_text(RELEASE.replace("evaluate.py", "evaluate.py || true"))
    rows = [row.strip() for row in run("why", "evaluate.py:9")[1].splitlines()]
    assert "how it is run: a live trigger leads here, and a failure is lost on the way" in rows
    broken = next(i for i, row in enumerate(rows) if row.startswith("broken: consequential:"))
    assert rows[broken + 1 : broken + 3] == [".github/workflows/release.yml:6", "- run: python evaluate.py || true"]
    assert rows[broken + 3].strip("^") == ""
    workflow.write_text(RELEASE.replace("      - run: python evaluate.py\n", ""))
    rows = [row.strip() for row in run("why", "evaluate.py:9")[1].splitlines()]
    assert "how it is run: by hand" in rows and "broken: live: no trigger runs this script." in rows


def test_why_knows_that_a_program_calls_at_its_top(run: Run, tmp_path: Path) -> None:
    helper = "from sklearn.preprocessing import StandardScaler\n\n\n"
    helper += "".join(f"def {name}(X):\n    return StandardScaler().fit_transform(X)\n\n\n" for name in ("scale", "unused"))
    (tmp_path / "prep.py").write_text(helper)
    (tmp_path / "train.py").write_text("import pandas as pd\nfrom prep import scale\n\nX = scale(pd.read_csv('x.csv'))\n")
    rows = [row.strip() for row in run("why", "prep.py:5", tmp_path)[1].splitlines()]
    assert "how it is run: by hand" in rows
    hops = [i for i, row in enumerate(rows) if row.startswith(("train.py:1 ", "prep.py:4 ", "prep.py:5 "))]
    assert len(hops) == 3
    assert "how it is run: by hand" in run("why", "train.py:4", tmp_path)[1]
    assert "how it is run: by nothing in this repository" in run("why", "prep.py:9", tmp_path)[1]


def test_why_shows_a_file_where_it_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "api.py").write_text(
        "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('model.joblib')\n\n\n"
        "@app.post('/predict')\ndef predict(a: float):\n    return float(model.predict([[a]])[0])\n"
    )
    (tmp_path / "train.py").write_text(
        "import joblib\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.preprocessing import StandardScaler\n\ndf = pd.read_csv('x.csv')\nX = StandardScaler().fit_transform(df[['a']])\n"
        "model = LogisticRegression().fit(X, df['y'])\njoblib.dump(model, 'model.joblib')\n"
    )
    rows = [row.split() for row in run("why", "train.py:7", tmp_path)[1].splitlines()]
    assert ["train.py:9", "write", "model", "model.joblib"] in rows
    assert ["api.py:5", "read", "op", "joblib.load"] in rows


def test_graph_as_json(run: Run) -> None:
    status, out, _ = run("graph", REPOSITORY)
    document = json.loads(out)
    assert status == 0 and document["format"] == "mlrubric-graph/1"
    nodes = {node["id"]: node for node in document["nodes"]}
    assert {"trigger", "job", "step", "command"} <= {node["kind"] for node in nodes.values()}
    assert all(set(node) >= {"id", "kind", "role", "label", "file", "line", "gate", "consequence"} for node in nodes.values())
    assert document["edges"] and all(edge["source"] in nodes and edge["target"] in nodes for edge in document["edges"])
    assert all(set(edge) >= {"source", "target", "kind", "file", "line", "certain"} for edge in document["edges"])


def test_graph_as_dot(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "g.dot"
    status, out, _ = run("graph", REPOSITORY, "--output-format", "dot", "--output-file", file)
    text = file.read_text()
    assert (status, out) == (0, "") and text.startswith("digraph mlrubric {") and " -> " in text
    assert all(line.count('"') % 2 == 0 for line in text.replace("\\\\", "").replace('\\"', "").split("\n"))


# ---- terminals ------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_of_a_terminal(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], colored: bool) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_color(Terminal()) is colored
    assert not wants_color(io.StringIO())


@pytest.mark.parametrize(("columns", "width"), [("20", 60), ("72", 72), ("500", 160)])
def test_width_of_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert options_for("score", 0, None).width == width


def test_a_pipe_gets_plain_text_and_errors_go_to_standard_error() -> None:
    done = shell("score", REPOSITORY)
    assert done.returncode == 0 and b"\x1b" not in done.stdout and done.stderr == b""
    assert max(len(line) for line in done.stdout.decode().split("\n")) <= 100
    assert b"\x1b[" in shell("score", REPOSITORY, FORCE_COLOR="1").stdout


def test_a_terminal_that_knows_no_unicode() -> None:
    done = shell("score", REPOSITORY, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0 and done.stdout.isascii() and b"ML Test Score" in done.stdout


def test_a_reader_that_leaves_early() -> None:
    code = "import sys; from mlrubric.cli import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", code, "graph", str(REPOSITORY)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_progress_waits_a_second_and_leaves_nothing_behind() -> None:
    now = [0.0]
    screen = Terminal()
    shown = Progress(screen, lambda: now[0])
    shown(1, 10)
    assert screen.getvalue() == ""
    now[0] = 1.5
    shown(2, 10)
    shown.close()
    assert "reading" in screen.getvalue()


def test_no_progress_without_a_terminal(run: Run) -> None:
    assert run("score", REPOSITORY)[2] == ""
