"""A line of shell or a condition of a workflow as the gate before a release: what is compared, whether it stops anything."""

from __future__ import annotations

import pytest
from tests.programs import picture

TRAIN = """import json
import os

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X, Xt, y, yt = train_test_split(df.drop(columns=["y"]), df["y"], random_state=0)
model = LogisticRegression().fit(X, y)
score = accuracy_score(yt, model.predict(Xt))
with open("reports/metrics.json", "w") as file:
    json.dump({"accuracy": score}, file)
"""
TELL = """with open(os.environ["GITHUB_OUTPUT"], "a") as out:
    out.write(f"good={score > 0.8}")
"""
REGISTER = 'import mlflow\n\nmlflow.register_model("runs:/1/model", "m")\n'
HEAD = "on: push\njobs:\n  train:\n    runs-on: x\n"
RUN = "      - id: train\n        run: python train.py\n"


def guarded(workflow: str, train: str = TRAIN) -> str:
    found = picture({".github/workflows/a.yml": workflow, "train.py": train, "register.py": REGISTER})
    (node,) = found.graph.with_role("model.register")
    return found.graph.nodes[node].attributes["guarded"]


def steps(script: str) -> str:
    lines = "".join(f"          {line}\n" for line in script.splitlines())
    return f"{HEAD}    steps:\n{RUN}      - run: |\n{lines}      - run: python register.py\n"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("jq -e '.accuracy > 0.8' reports/metrics.json", "true"),
        ("jq '.accuracy > 0.8' reports/metrics.json", "false"),
        ("jq -e '.accuracy > 0.8' reports/metrics.json || true", "false"),
        ("jq -e '.accuracy > 0.8' other.json", "false"),
        ("jq -e .accuracy reports/metrics.json", "false"),
        ("test \"$(jq '.accuracy > 0.8' reports/metrics.json)\" = true", "true"),
        ("test -f reports/metrics.json", "false"),
        ('A=$(jq .accuracy reports/metrics.json)\nif (( $(echo "$A < 0.8" | bc -l) )); then\n  exit 1\nfi', "true"),
        ('A=$(jq .accuracy reports/metrics.json)\nif (( $(echo "$A < 0.8" | bc -l) )); then\n  echo low\nfi', "false"),
        ('A=$(jq .accuracy reports/metrics.json)\nif (( $(echo "$A < 0.8" | bc -l) )); then\n  exit 0\nfi', "false"),
        ('A=$(jq .accuracy reports/metrics.json)\nB=$A\n[ "$B" -gt 1 ] || exit 1', "true"),
        ('A=$(jq .accuracy reports/metrics.json)\n[ "$A" -gt 1 ] || echo low', "false"),
        ("awk -v a=$(jq .accuracy reports/metrics.json) 'BEGIN { exit !(a >= 0.8) }'", "true"),
        ("grep -q '\"passed\": true' reports/metrics.json", "true"),
        ("grep -q accuracy reports/metrics.json", "false"),
    ],
)
def test_a_line_of_shell(script: str, expected: str) -> None:
    assert guarded(steps(script)) == expected


def test_a_release_behind_a_question() -> None:
    script = 'A=$(jq .accuracy reports/metrics.json)\nif [ "$A" -gt 80 ]; then\n  python register.py\nfi'
    lines = "".join(f"          {line}\n" for line in script.splitlines())
    assert guarded(f"{HEAD}    steps:\n{RUN}      - run: |\n{lines}") == "true"


@pytest.mark.parametrize(
    ("tell", "condition", "expected"),
    [
        ('echo "good=$(jq \'.accuracy > 0.8\' reports/metrics.json)" >> "$GITHUB_OUTPUT"', "steps.tell.outputs.good == 'true'", "true"),
        ('echo "::set-output name=good::$(jq .accuracy reports/metrics.json)"', "steps.tell.outputs.good > 0.8", "true"),
        ('echo "good=yes" >> "$GITHUB_OUTPUT"', "steps.tell.outputs.good == 'true'", "false"),
        ('echo "good=$(jq .accuracy reports/metrics.json)" >> "$GITHUB_OUTPUT"', "steps.tell.outputs.other == 'true'", "false"),
        ('echo "good=$(jq .accuracy reports/metrics.json)" >> "$GITHUB_OUTPUT"', "github.ref == 'refs/heads/main'", "false"),
    ],
)
def test_an_output_of_a_step(tell: str, condition: str, expected: str) -> None:
    end = f"      - if: {condition}\n        run: python register.py\n"
    assert guarded(f"{HEAD}    steps:\n{RUN}      - id: tell\n        run: |\n          {tell}\n{end}") == expected


@pytest.mark.parametrize(("told", "expected"), [("${{ steps.train.outputs.good }}", "true"), ("${{ github.sha }}", "false")])
def test_an_output_of_a_needed_job(told: str, expected: str) -> None:
    needed = f"    outputs:\n      good: {told}\n    steps:\n{RUN}"
    after = "  release:\n    needs: train\n    if: needs.train.outputs.good == 'True'\n    runs-on: x\n    steps:\n"
    after += "      - run: python register.py\n"
    assert guarded(f"{HEAD}{needed}{after}", TRAIN + TELL) == expected
