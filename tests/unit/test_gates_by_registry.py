"""A deployment of a registered model is as guarded as the registrations of that model."""

from __future__ import annotations

import pytest
from tests.programs import picture

TRAIN = """import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
X, Xt, y, yt = train_test_split(df[["a"]], df["y"], random_state=0)
model = LogisticRegression().fit(X, y)
{gate}mlflow.sklearn.log_model(model, "model", registered_model_name="churn")
"""
GATE = 'if model.score(Xt, yt) < 0.8:\n    raise SystemExit("too low")\n'
SERVICE = """apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {{name: churn}}
spec:
  predictor:
    model:
      storageUri: {source}
"""
STEPS = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {run}\n"


@pytest.mark.parametrize(
    ("gate", "source", "expected"),
    [
        (GATE, "models:/churn/3", "true"),
        (GATE, "models:/churn@champion", "true"),
        ("", "models:/churn/3", "false"),
        (GATE, "models:/other/3", "false"),
        (GATE, "gs://models/churn/3", "false"),
    ],
    ids=["version", "alias", "nothing guards it", "another model", "a bucket"],
)
def test_a_deployment_of_a_registered_model(gate: str, source: str, expected: str) -> None:
    found = picture(
        {
            "train.py": TRAIN.format(gate=gate),
            "deploy/churn.yaml": SERVICE.format(source=source),
            ".github/workflows/train.yml": STEPS.format(run="python train.py"),
            ".github/workflows/deploy.yml": STEPS.format(run="kubectl apply -f deploy/churn.yaml"),
        }
    )
    (node,) = found.graph.with_role("model.deploy")
    assert found.graph.nodes[node].attributes["guarded"] == expected
