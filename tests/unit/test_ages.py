"""Results in documents that are older than the code they speak of."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.source.tree import DiskTree, MemoryTree

CODE = """import joblib
import pandas as pd
from sklearn.metrics import f1_score


def main():
    rows = pd.read_csv("a.csv")
    if f1_score(rows.y, joblib.load("m.pkl").predict(rows)) < 0.5:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
"""
FILES: dict[str, str | bytes] = {"evaluate.py": CODE, "docs/evaluation.md": "# Evaluation\n\nF1 is 0.81 on the test rows.\n"}


@pytest.mark.parametrize(
    ("written", "made", "lower"),
    [
        ("2026-01-01", "2026-03-01", False),
        ("2026-01-01", "2026-06-01", True),
        ("2026-06-01", "2026-01-01", False),
        (None, "2026-06-01", False),
        ("2026-01-01", None, False),
    ],
)
def test_an_old_result_is_trusted_less(written: str | None, made: str | None, lower: bool) -> None:
    tree = MemoryTree(FILES)
    fresh = next(t for t in analyze_tree(tree, "x", Settings()).report.tests if t.id == "infra-4")
    assert (fresh.status, fresh.document.path if fresh.document else "") == ("manual", "docs/evaluation.md")
    tree.days = {path: day for path, day in (("docs/evaluation.md", written), ("evaluate.py", made)) if day is not None}
    report = analyze_tree(tree, "x", Settings()).report
    found = next(t for t in report.tests if t.id == "infra-4")
    assert found.status == "manual" and found.credit == fresh.credit
    assert found.confidence == pytest.approx(fresh.confidence - (0.2 if lower else 0.0))
    assert any("days older" in notice.message for notice in report.notices) is lower
    told = [one for one in analyze_tree(tree, "x", replace(Settings(), persona="pedantic")).report.findings if one.rule == "GOV004"]
    assert [(one.place.path, one.tests) for one in told] == ([("docs/evaluation.md", ("infra-4",))] if lower else [])
    if told:
        assert "152 days older than evaluate.py" in told[0].message or "151 days older than evaluate.py" in told[0].message
        assert [one.place.path for one in told[0].related] == ["evaluate.py"]
        assert not [one for one in report.findings if one.rule == "GOV004"], "a note for the pedantic"


def test_git_tells_the_days(tmp_path: Path) -> None:
    def git(*words: str, day: str = "2026-01-01") -> None:
        stamp = f"{day}T12:00:00+00:00"
        environment = {
            "GIT_AUTHOR_DATE": stamp,
            "GIT_COMMITTER_DATE": stamp,
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
        }
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=tmp_path, env=environment, check=True, capture_output=True
        )

    git("init", "-q")
    (tmp_path / "a[1].md").write_text("a")
    (tmp_path / "b.py").write_text("b")
    git("add", ".")
    git("commit", "-qm", "first")
    (tmp_path / "b.py").write_text("c")
    git("commit", "-qam", "second", day="2026-08-01")
    tree = DiskTree(tmp_path)
    assert (tree.changed("a[1].md"), tree.changed("b.py"), tree.changed("none")) == ("2026-01-01", "2026-08-01", None)
