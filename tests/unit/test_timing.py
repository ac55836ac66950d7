"""What a budget measures is found by one sweep, however many checks there are."""

from __future__ import annotations

import time

from tests.programs import picture

from mlrubric.graph.build import Picture

BUDGET = """
import time
import pandas as pd

def features(frame):
    return frame.fillna(0)

def clock():
    return time.perf_counter()

def test_direct():
    start = time.perf_counter()
    features(pd.read_csv("a.csv"))
    assert time.perf_counter() - start < 1

def test_fit():
    from sklearn.linear_model import LinearRegression
    start = time.time()
    LinearRegression().fit([[1]], [1])
    assert time.time() - start < 1
"""


def picture_of(text: str) -> Picture:
    return picture({"tests/test_budget.py": text})


def test_each_budget_has_its_own_subject() -> None:
    graph = picture_of(BUDGET).graph
    timed = {graph.nodes[n].place.line: graph.nodes[n].attributes["timed"].split() for n in graph.with_role("check.cost")}
    assert sorted(timed) == [14, 20]
    assert "data.read" in timed[14] and not any(role.startswith("model.") for role in timed[14])
    assert "model.fit" in timed[20]


def test_many_checks_cost_in_proportion() -> None:
    def seconds(count: int) -> float:
        steps = "".join(f"    value = value + {i}\n    assert value < {i}\n" for i in range(count))
        started = time.process_time()
        picture_of(f"{BUDGET}\ndef test_chain():\n    value = clock()\n{steps}")
        return time.process_time() - started

    seconds(10)  # imports and the catalogue
    assert seconds(1600) < 16 * max(seconds(200), 0.05)
