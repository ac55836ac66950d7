"""A check that stops with a bare `raise` beside files of Great Expectations: a statement has no receiver to follow."""

from __future__ import annotations

from mlrubric.analyze import analyze_tree
from mlrubric.config import Settings
from mlrubric.source.tree import MemoryTree

FILES = {
    "train.py": """\
import pandas as pd
from sklearn.linear_model import LinearRegression

frame = pd.read_csv("rows.csv")
try:
    frame["age"].astype(float)
except ValueError:
    if not frame["age"].between(0, 120).all():
        raise
LinearRegression().fit(frame[["age"]], frame["y"])
""",
    "gx/expectations/rows.json": '{"expectation_suite_name": "rows", "expectations": [{"expectation_type": '
    '"expect_column_values_to_not_be_null", "kwargs": {"column": "age"}}]}',
}


def test_it_is_read() -> None:
    report = analyze_tree(MemoryTree(dict(FILES)), "rows", Settings()).report
    assert next(test for test in report.tests if test.id == "data-1").status == "present"
