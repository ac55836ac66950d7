"""Hostile and odd input, end to end through the command: nothing crashes, nothing of the repository runs, nothing is silently empty."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlrubric.cli import main

TRAIN = """\
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

loans = pd.read_csv("data/loans.csv")
joblib.dump(LogisticRegression().fit(loans[["income"]], loans["late"]), "model.joblib")
"""
WORKFLOW = """\
name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-22.04
    steps:
      - uses: actions/checkout@v4
      - run: python train.py
"""
SCORED = Callable[..., dict[str, Any]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    return folder


@pytest.fixture
def score(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> SCORED:
    """The report of `mlrubric score FOLDER --output-format json`, which must leave with 0."""
    monkeypatch.delenv("MLRUBRIC_OUTPUT_FORMAT", raising=False)

    def call(folder: Path, *arguments: str) -> dict[str, Any]:
        assert main(["score", str(folder), "--output-format", "json", *arguments]) == 0
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return report

    return call


def write(folder: Path, path: str, text: str | bytes) -> Path:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return target


def text_of(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    assert main([str(argument) for argument in arguments]) == status
    captured = capsys.readouterr()
    return captured.out + captured.err


def triggers(report: dict[str, Any]) -> list[str]:
    return [trigger["label"] for trigger in report["repository"]["triggers"]]


def findings(report: dict[str, Any], rule: str) -> list[tuple[str, int]]:
    return [(finding["file"], finding["line"]) for finding in report["findings"] if finding["rule"] == rule]


def unreadable(report: dict[str, Any]) -> dict[str, int | None]:
    """File -> line of what the report says it could not read."""
    return {notice["file"]: notice.get("line") for notice in report["notices"] if notice["file"] and notice["level"] != "note"}


# ---- encodings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_requirements_in_any_encoding(root: Path, score: SCORED, encoding: str) -> None:
    bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    write(root, "requirements.txt", bom + "# für das Modell\npandas==2.2.3\nscikit-learn\n".encode(encoding))
    report = score(root)
    assert findings(report, "ENV001") == [("requirements.txt", 3)]
    assert not unreadable(report)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_marks(root: Path, score: SCORED, ending: str, bom: bytes) -> None:
    write(root, "train.py", bom + TRAIN.replace("\n", ending).encode())
    write(root, "requirements.txt", bom + f"pandas==2.2.3{ending}scikit-learn{ending}".encode())
    write(root, ".github/workflows/ci.yml", bom + WORKFLOW.replace("train.py", "train.py || true").replace("\n", ending).encode())
    report = score(root)
    assert findings(report, "ENV001") == [("requirements.txt", 2)]
    assert triggers(report) == ["push"]
    assert report["repository"]["kind"] == "pipeline"
    assert not unreadable(report)


def test_tabs(root: Path, score: SCORED) -> None:
    write(root, "train.py", "if True:\n" + "".join(f"\t{line}\n" for line in TRAIN.split("\n")))
    write(root, "Makefile", "train:\n\tpython train.py\n")
    script = "      - run: |\n          if true; then\n          \tmake train\n          fi"
    write(root, ".github/workflows/ci.yml", WORKFLOW.replace("      - run: python train.py", script))
    report = score(root)
    assert report["repository"]["kind"] == "pipeline"
    assert not unreadable(report)


def test_a_tab_that_yaml_forbids_is_named(root: Path, score: SCORED) -> None:
    write(root, ".github/workflows/ci.yml", WORKFLOW.replace("    runs-on", "\truns-on"))
    assert unreadable(score(root)) == {".github/workflows/ci.yml": 5}


# ---- YAML -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["on", '"on"', "'on'", "true", "yes", "'true'", "1"])
def test_on_is_a_key_and_not_true(root: Path, score: SCORED, key: str) -> None:
    """YAML 1.1 reads `on` as true; GitHub means the word. A file that such a parser has written back says `true`."""
    write(root, ".github/workflows/ci.yml", WORKFLOW.replace("on: push", f"{key}: push"))
    assert triggers(score(root)) == (["push"] if key in ("on", '"on"', "'on'", "true") else [])


def test_a_workflow_of_comments_only(root: Path, score: SCORED) -> None:
    write(root, ".github/workflows/ci.yml", "".join(f"# {line}\n" for line in WORKFLOW.split("\n")))
    report = score(root)
    assert triggers(report) == []
    assert all(test["mode"] != "automated" for test in report["tests"])


def test_a_redefined_anchor(root: Path, score: SCORED) -> None:
    """The later anchor wins from its place on: the first job is lost, the second is not."""
    text = """\
name: CI
on: push
jobs:
  first:
    runs-on: ubuntu-22.04
    steps:
      - run: &command python train.py || true
      - run: *command
  second:
    runs-on: ubuntu-22.04
    steps:
      - run: &command python train.py
      - run: *command
"""
    write(root, ".github/workflows/ci.yml", text)
    write(root, "train.py", TRAIN.replace("joblib.dump", "assert loans.income.min() >= 0\njoblib.dump"))
    report = score(root)
    assert not unreadable(report)
    assert {line for _, line in findings(report, "CI001")} <= {7, 8}
    main_test = next(test for test in report["tests"] if test["id"] == "data-1")
    assert main_test["status"] == "automated"
    path = main_test["evidence"][0]["path"]
    assert {step["line"] for step in path if step["kind"] == "command"} == {12}


def test_aliases_that_grow_without_end(root: Path, score: SCORED) -> None:
    lines = ['a0: &a0 ["x", "x"]', *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 40))]
    write(root, ".github/workflows/ci.yml", WORKFLOW + "\n".join(lines) + "\n")
    assert list(unreadable(score(root))) == [".github/workflows/ci.yml"]


# ---- broken files ---------------------------------------------------------------------------------------------------

BROKEN = {
    "broken.py": ("import pandas\n\ndef f(:\n    pass\n", 3),
    "broken.ipynb": ('{"cells": [\n{"cell_type": "code",\n', 3),
    ".github/workflows/broken.yml": ("on: push\njobs:\n  a: [\n", 4),
    "pyproject.toml": ('[project]\nname = "x"\nversion = \n', 3),
    "dvc.yaml": ("stages:\n  train:\n    cmd: python train.py\n   deps: [a]\n", 4),
    "poetry.lock": ("[[package]\nname = 1\n", 1),
}


@pytest.mark.parametrize("path", BROKEN)
def test_a_broken_file_is_named_with_its_line(root: Path, score: SCORED, capsys: pytest.CaptureFixture[str], path: str) -> None:
    text, line = BROKEN[path]
    write(root, path, text)
    report = score(root)
    assert unreadable(report) == {path: line}
    assert [notice["file"] for notice in report["repository"]["unreadable"]] == [path]
    assert report["repository"]["kind"] == "research"  # the rest was read
    assert f"{path}:{line}" in text_of(capsys, "score", root, "--output-format", "concise")
    assert "1 unreadable" in text_of(capsys, "score", root)
    assert main(["score", str(root), "--strict"]) == 3


def test_all_broken_files_at_once(root: Path, score: SCORED) -> None:
    for path, (text, _) in BROKEN.items():
        write(root, path, text)
    assert unreadable(score(root)) == {path: line for path, (_, line) in BROKEN.items()}


def test_broken_json(root: Path, score: SCORED) -> None:
    write(root, "Pipfile.lock", '{"default": {"numpy": \n')
    assert list(unreadable(score(root))) == ["Pipfile.lock"]


def test_bytes_that_are_no_text(root: Path, score: SCORED) -> None:
    write(root, "requirements.txt", bytes(range(256)) * 8)
    write(root, "noise.py", b"\x00\x01\x02" * 99)
    assert score(root)["repository"]["kind"] == "research"


def test_deep_nesting(root: Path, score: SCORED) -> None:
    write(root, "deep.py", "x = " + "(" * 5000 + ")" * 5000 + "\n")
    write(root, "dvc.yaml", "stages: " + "[" * 5000 + "]" * 5000 + "\n")
    write(root, "deep.ipynb", '{"cells":' * 5000)
    assert set(unreadable(score(root))) == {"deep.py", "dvc.yaml", "deep.ipynb"}


# ---- folders --------------------------------------------------------------------------------------------------------


def test_an_empty_folder(tmp_path: Path, score: SCORED, capsys: pytest.CaptureFixture[str]) -> None:
    report = score(tmp_path)
    assert report["repository"]["kind"] == "none"
    assert report["score"]["points"] == 0
    assert "no machine learning was found" in text_of(capsys, "score", tmp_path)


def test_a_folder_without_machine_learning(tmp_path: Path, score: SCORED, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "main.py", "print('hello')\n")
    write(tmp_path, ".github/workflows/ci.yml", WORKFLOW.replace("train", "main"))
    assert score(tmp_path)["repository"]["kind"] == "none"
    assert "no machine learning was found" in text_of(capsys, "score", tmp_path)


def test_no_git_repository(root: Path, score: SCORED) -> None:
    write(root, ".gitignore", "ignored.py\n")
    write(root, "ignored.py", "def f(:\n")
    report = score(root)
    assert report["repository"]["commit"] is None
    assert report["repository"]["kind"] == "research"
    assert not unreadable(report)


@pytest.mark.parametrize("name", ["gone", "train.py", "train.py/inner"])
def test_a_path_that_is_no_folder(root: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    said = text_of(capsys, "score", root / name, status=2)
    assert ("is a file" if name == "train.py" else "no such folder") in said and name in said
    assert "Traceback" not in said


# ---- what would run -------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.fsmonitor=false")
    subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True)


def test_the_file_monitor_of_a_repository_does_not_run(root: Path, score: SCORED, tmp_path: Path) -> None:
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "first")
    ran = tmp_path / "ran"
    trap = write(root, ".git/monitor.sh", f"#!/bin/sh\ntouch '{ran}'\n")
    trap.chmod(0o755)
    with (root / ".git" / "config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = {trap}\n\thooksPath = .git\n\tpager = {trap}\n")
    subprocess.run(["git", "-C", str(root), "status"], check=False, capture_output=True)
    assert ran.exists(), "the trap does not close: this test would prove nothing"
    ran.unlink()
    report = score(root)
    assert not ran.exists()
    assert report["repository"]["commit"]


def test_a_setup_script_does_not_run(root: Path, score: SCORED, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w').close()\n"
    write(root, "setup.py", f"from setuptools import setup\n{code}setup(name='x', install_requires=['pandas'])\n")
    for path in ("conftest.py", "sitecustomize.py", "noxfile.py", "dodo.py", "pandas.py", "src/__init__.py", "rules/x.py"):
        write(root, path, code)
    report = score(root)
    assert not ran.exists()
    assert not unreadable(report)
    assert not list(root.rglob("__pycache__"))


def test_a_link_that_leads_out(root: Path, score: SCORED, tmp_path: Path) -> None:
    outside = write(tmp_path, "outside/requirements.txt", "tensorflow\n")
    (root / "etc").symlink_to("/etc")
    (root / "linked").symlink_to(outside.parent)
    (root / "requirements.txt").symlink_to(outside)
    (root / "loop").symlink_to(root)
    report = score(root)
    assert findings(report, "ENV001") == []
    named = {notice["file"]: notice["message"] for notice in report["notices"] if notice["file"]}
    assert "leads out" in named["requirements.txt"]
    assert "passwd" not in json.dumps(report)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_in_the_tree_does_not_wait(root: Path, score: SCORED) -> None:
    os.mkfifo(root / "requirements.txt")
    assert score(root)["repository"]["kind"] == "research"


# ---- names ----------------------------------------------------------------------------------------------------------

EVIL = "tr\x1b[31main\x07\u202e.py"


@pytest.fixture
def evil(root: Path) -> Path:
    (root / "train.py").rename(root / EVIL)
    write(root, ".github/workflows/ci.yml", WORKFLOW.replace("python train.py", "pytest || true"))
    write(root, "test_\x1b[2Jx.py", "def test_x():\n    assert 1 < 2\n")
    write(root, "bad\x1b]0;title\x07.py", "def f(:\n")
    write(root, "requirements\x1b[5m.txt", "pandas\n")
    return root


@pytest.mark.parametrize("form", ["full", "concise", "markdown", "github", "gitlab", "junit", "rdjson", "html"])
def test_names_are_escaped_where_they_are_printed(evil: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    text = text_of(capsys, "score", evil, "--output-format", form, "-v")
    assert "main" in text
    assert not [c for c in text if ord(c) < 32 and c not in "\n\t"], form
    assert "\u202e" not in text


@pytest.mark.parametrize("form", ["json", "sarif", "gitlab", "rdjson"])
def test_names_survive_in_machine_formats(evil: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    text = text_of(capsys, "score", evil, "--output-format", form)
    json.loads(text)
    assert "\x1b" not in text and "\x07" not in text


def test_names_in_sarif_are_addresses(evil: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = json.loads(text_of(capsys, "score", evil, "--output-format", "sarif"))
    addresses = [
        location["physicalLocation"]["artifactLocation"]["uri"]
        for run in log["runs"]
        for result in run["results"]
        for location in result["locations"]
    ]
    assert addresses
    assert all(address.isascii() and address.isprintable() and " " not in address for address in addresses)
