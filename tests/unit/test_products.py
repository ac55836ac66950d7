"""Models of a repository: which trainings are of one, how each is released, which count, and whose a piece of evidence is."""

from __future__ import annotations

import json

import pytest
from tests.programs import picture

from mlrubric.graph.owners import Owners
from mlrubric.graph.products import Product, products

FIT = """
import joblib
import mlflow
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

rows = pd.read_csv("{data}")
model = {model}
model.fit(rows[["a"]], rows["y"])
{keep}
"""
FOREST, LINEAR, DUMMY = "RandomForestClassifier()", "LogisticRegression()", "DummyClassifier()"
SAVE = 'joblib.dump(model, "{}")'
REGISTER = 'mlflow.sklearn.log_model(model, "model", registered_model_name="{}")'


def fit(keep: str = "", model: str = FOREST, data: str = "data/rows.csv") -> str:
    return FIT.format(data=data, model=model, keep=keep)


def found(files: dict[str, str]) -> list[tuple[str, str, bool]]:
    return [(one.name, one.release, one.main) for one in products(picture(files))]


def notebook(text: str) -> str:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": text.strip().splitlines(keepends=True)}
    return json.dumps({"cells": [cell], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5})


APP = """
import joblib
from fastapi import FastAPI

app = FastAPI()
model = joblib.load("{0}")


@app.post("/predict")
def predict(rows: list[float]) -> float:
    return float(model.predict([rows])[0])
"""
SCORES = """
import joblib
import pandas as pd


def main() -> None:
    rows = pd.read_csv("data/new.csv")
    model = joblib.load("m/a.joblib")
    rows["p"] = model.predict(rows[["a"]])
    rows.to_csv("out/predictions.csv")


if __name__ == "__main__":
    main()
"""
HELPER = "import joblib\n\n\ndef keep(model, path):\n    joblib.dump(model, path)\n"
RELEASE = """
on: {push: {tags: ["v*"]}}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python train.py
      - uses: softprops/action-gh-release@v2
        with: {files: m/a.joblib}
"""


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        # one name, one model; two names, two
        ({"a.py": fit(SAVE.format("m/a.joblib")), "b.py": fit(SAVE.format("m/a.joblib"))}, [("m/a.joblib", "none", True)]),
        ({"a.py": fit(REGISTER.format("x")), "b.py": fit(REGISTER.format("x"))}, [("x", "registry", True)]),
        ({"a.py": fit(REGISTER.format("x")), "b.py": fit(REGISTER.format("y"))}, [("x", "registry", True), ("y", "registry", True)]),
        # what is tried beside it in one file is no other model
        ({"a.py": fit("other = LogisticRegression().fit(rows[['a']], rows.y)\n" + REGISTER.format("x"))}, [("x", "registry", True)]),
        # nothing is released: what learns from the same rows is tried for one task, other rows are another task
        ({"a.py": fit(SAVE.format("m/a.joblib")), "b.py": fit(SAVE.format("m/b.joblib"), LINEAR)}, [("m/a.joblib", "none", True)]),
        (
            {"a.py": fit(SAVE.format("m/a.joblib")), "b.py": fit(SAVE.format("m/b.joblib"), data="data/others.csv")},
            [("m/a.joblib", "none", True), ("m/b.joblib", "none", True)],
        ),
        # rivals, notebooks and tests do not count beside a model that does
        (
            {"a.py": fit(SAVE.format("m/a.joblib")), "b.py": fit(model=DUMMY, data="data/others.csv")},
            [("m/a.joblib", "none", True), ("b.py", "none", False)],
        ),
        ({"a.py": fit(REGISTER.format("x")), "b.py": fit(data="data/others.csv")}, [("x", "registry", True), ("b.py", "none", False)]),
        (
            {"a.py": fit(REGISTER.format("x")), "n.ipynb": notebook(fit(REGISTER.format("tried")))},
            [("x", "registry", True), ("tried", "registry", False)],
        ),
        ({"n.ipynb": notebook(fit(SAVE.format("m/a.joblib")))}, [("m/a.joblib", "none", True)]),
        ({"a.py": fit(REGISTER.format("x")), "tests/test_a.py": fit(REGISTER.format("y"))}, [("x", "registry", True)]),
        # how it goes out
        ({"train.py": fit(SAVE.format("m/a.joblib")), "app.py": APP.format("m/a.joblib")}, [("m/a.joblib", "serving", True)]),
        ({"train.py": fit(SAVE.format("m/a.joblib")), "app.py": APP.format("m/b.joblib")}, [("m/a.joblib", "serving", True)]),
        ({"train.py": fit(SAVE.format("m/a.joblib")), "score.py": SCORES}, [("m/a.joblib", "batch", True)]),
        ({"train.py": fit(SAVE.format("m/a.joblib")), ".github/workflows/r.yml": RELEASE}, [("m/a.joblib", "artifact", True)]),
        ({"train.py": fit(SAVE.format("s3://models/a.joblib"))}, [("s3://models/a.joblib", "artifact", True)]),
        ({"app.py": APP.format("m/a.joblib")}, []),
        # a helper that keeps several models tells nothing of any
        (
            {
                "keep.py": HELPER,
                "a.py": "from keep import keep\n" + fit('keep(model, "m/a.joblib")\n' + REGISTER.format("x")),
                "b.py": "from keep import keep\n" + fit('keep(model, "m/b.joblib")\n' + REGISTER.format("y")),
            },
            [("x", "registry", True), ("y", "registry", True)],
        ),
    ],
)
def test_models(files: dict[str, str], wanted: list[tuple[str, str, bool]]) -> None:
    assert found(files) == wanted


SHARED = "import numpy as np\n\n\ndef seed():\n    np.random.seed(1)\n"
GATE = 'import sys\nfrom sklearn.metrics import f1_score\nif f1_score(rows["y"], model.predict(rows[["a"]])) < 0.5:\n    sys.exit(1)\n'


def test_whose_a_node_is() -> None:
    seen = picture(
        {
            "seeds.py": SHARED,
            "a.py": "from seeds import seed\nimport random\nseed()\nrandom.seed(3)\n" + fit(GATE + REGISTER.format("x")),
            "b.py": "from seeds import seed\nseed()\n" + fit(REGISTER.format("y")),
            "c.py": "import random\nrandom.seed(3)\n",
        }
    )
    made = products(seen)
    owners = Owners(seen, made)
    names = {1: "x", 2: "y", 3: "both", 0: "nobody"}

    def of(role: str) -> dict[str, str]:
        nodes = seen.graph.nodes
        return {nodes[n].place.path: names[owners.of(n)] for n in seen.graph.with_role(role)}

    assert [one.name for one in made] == ["x", "y"] and isinstance(made[0], Product)
    assert of("model.fit") == {"a.py": "x", "b.py": "y"}
    assert of("model.compare") == {"a.py": "x"}
    assert of("random.seed") == {"seeds.py": "both", "a.py": "x", "c.py": "nobody"}
