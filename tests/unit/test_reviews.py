"""Who reviews the model: patterns of owners, and what a history shows of pull requests and people."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mlrubric.analyze import analyze
from mlrubric.config import Settings
from mlrubric.graph.reviews import _pattern
from mlrubric.model.policy import DEFAULTS
from mlrubric.source.history import Commit, people, reviewed

TRAIN = "import pandas as pd\nfrom sklearn.linear_model import Ridge\n\nd = pd.read_csv('d.csv')\nRidge().fit(d[['a']], d['b'])\n"


@pytest.mark.parametrize(
    ("pattern", "meets", "leaves"),
    [
        ("*", ["a.py", "src/a.py"], []),
        ("*.py", ["a.py", "src/a.py"], ["a.pyc", "py"]),
        ("/models/", ["models/a.py", "models/x/a.py"], ["src/models/a.py", "models.py"]),
        ("models/", ["models/a.py", "src/models/a.py"], ["models.py"]),
        ("src/models", ["src/models/a.py"], ["lib/src/models/a.py", "src/models_old/a.py"]),
        ("docs/*", ["docs/a.py"], ["docs/x/a.py"]),
        ("/src/**/train.py", ["src/train.py", "src/a/b/train.py"], ["train.py"]),
        ("src/**", ["src/a/b.py"], ["lib/a.py"]),
        ("train.py", ["train.py", "src/train.py"], ["src/train.pyx"]),
    ],
)
def test_patterns(pattern: str, meets: list[str], leaves: list[str]) -> None:
    assert all(_pattern(pattern).match(path) for path in meets)
    assert not any(_pattern(pattern).match(path) for path in leaves)


def commit(name: str, parents: str = "", subject: str = "change", body: str = "", author: str = "Anna <a@x.org>") -> Commit:
    return Commit(name, tuple(parents.split()), author, subject, body)


def test_what_a_merge_of_a_pull_request_brings_was_reviewed() -> None:
    history = [
        commit("m2", "d1 f3", "Merge branch 'topic'"),
        commit("f3", "m1"),
        commit("d1", "m1"),
        commit("m1", "r f2", "Merge pull request #7 from x/topic"),
        commit("f2", "f1"),
        commit("f1", "r"),
        commit("r"),
    ]
    assert reviewed(history) == {"m1", "f2", "f1"}


def test_squashed_commits_and_trailers() -> None:
    history = [
        commit("c", "b", "Tune the depth (#12)"),
        commit("b", "a", body="text\n\nReviewed-by: Bert <b@x.org>"),
        commit("a", subject="Fixes #3"),
    ]
    assert reviewed(history) == {"c", "b"}


def test_one_person_may_have_several_addresses() -> None:
    authors = ["Anna <a@x.org>", "Anna <anna@home.org>", "anna b <anna@home.org>", "dependabot[bot] <bot@github.com>"]
    assert people([commit(str(i), author=author) for i, author in enumerate(authors)]) == 1
    assert people([commit("1"), commit("2", author="Bert <b@x.org>")]) == 2


def git(root: Path, *words: str, author: str = "Anna") -> None:
    who = {
        f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", author), ("EMAIL", f"{author}@x.org"))
    }
    safe = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], cwd=root, env=os.environ | who | safe, check=True, capture_output=True)


def history(root: Path, subjects: list[str], authors: list[str]) -> None:
    git(root, "init", "-q")
    for number, subject in enumerate(subjects):
        (root / "train.py").write_text(f"{TRAIN}# {number}\n")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", subject, author=authors[number % len(authors)])


@pytest.mark.parametrize(
    ("subjects", "authors", "owners", "policy", "status"),
    [
        ([f"change (#{n})" for n in range(6)], ["Anna", "Bert"], "", (), "manual"),
        ([f"change (#{n})" for n in range(6)], ["Anna", "Bert"], "", (("review", "pull-request"),), "automated"),
        ([f"change {n}" for n in range(6)], ["Anna", "Bert"], "", (("review", "pull-request"),), "present"),
        (["a (#1)", "b", "c (#2)", "d"], ["Anna", "Bert"], "", (), "present"),
        (["a", "b"], ["Anna"], "*.py @x/team\n", (), "automated"),
        (["a", "b", "c", "d", "e"], ["Anna"], "*.py @x/team\n", (), "manual"),
        (["a", "b", "c", "d", "e"], ["Anna", "Bert"], "*.py @x/team\n", (), "automated"),
    ],
)
def test_history(
    tmp_path: Path, subjects: list[str], authors: list[str], owners: str, policy: tuple[tuple[str, str], ...], status: str
) -> None:
    if owners:
        (tmp_path / "CODEOWNERS").write_text(owners)
    history(tmp_path, subjects, authors)
    report = analyze(tmp_path, Settings(policy=tuple({**DEFAULTS, **dict(policy)}.items()))).report
    assert next(one.status for one in report.tests if one.id == "model-1") == status
