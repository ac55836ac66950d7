"""A parameter that a decorator validates, beside files of Great Expectations: it is a check that is no call, and has no receiver."""

from __future__ import annotations

from pathlib import Path

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.source.tree import MemoryTree

FIXTURE = Path(__file__).parents[2] / "fixtures" / "tools" / "pandera" / "input"
SUITE = '{"expectation_suite_name": "rows", "expectations": []}'


def test_it_is_read() -> None:
    files = {path.relative_to(FIXTURE).as_posix(): path.read_text(encoding="utf-8") for path in FIXTURE.rglob("*") if path.is_file()}
    report = analyze_tree(MemoryTree({**files, "gx/expectations/rows.json": SUITE}), "rows", Settings()).report
    assert next(test for test in report.tests if test.id == "data-1").status == "automated"
