"""Metrics of the code: the names of their series, and what they are about by what is put into them."""

from __future__ import annotations

from tests.programs import picture

METRICS = """\
from prometheus_client import Counter, Gauge, Histogram, Summary

PREFIX = "churn"
REQUESTS = Counter(f"{PREFIX}_requests_total", "x", ["status"])
LATENCY = Histogram(name="latency_seconds", documentation="x", namespace=PREFIX)
KEPT = {"psi": Gauge("churn_shift", "x", ["feature"]), "age": Gauge("churn_model_age_days", "x")}
QUIET = Gauge("churn_quiet", "x")


class Monitor:
    def __init__(self) -> None:
        self.output = Summary("churn_output", "x")
        self.broken = Counter("churn_broken", "x")

    def record(self, model, row):
        self.output.observe(max(model.predict_proba([row])[0]))
"""
SERVE = """\
import joblib
import numpy as np
from fastapi import FastAPI
from scipy.stats import ks_2samp

from app import metrics
from app.metrics import KEPT, LATENCY, REQUESTS, Monitor

app = FastAPI()
model = joblib.load("model.joblib")
monitor = Monitor()


@app.post("/predict")
@LATENCY.time()
def predict(a: float):
    REQUESTS.labels("200").inc()
    value = model.predict([[a]])
    if np.isnan(value).any():
        monitor.broken.inc()
    monitor.record(model, [a])
    return {"value": float(value[0])}


def drift(reference, current):
    for name in reference.columns:
        KEPT["psi"].labels(feature=name).set(ks_2samp(reference[name], current[name]).statistic)
        metrics.KEPT["age"].set(3)
"""
OFFLINE = """\
from prometheus_client import Gauge
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

import pandas as pd

AUC = Gauge("churn_auc", "x")
frame = pd.read_csv("a.csv")
x, x_test, y, y_test = train_test_split(frame[["a"]], frame["b"], random_state=0)
model = LogisticRegression().fit(x, y)
AUC.set(roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]))
"""


def marked(files: dict[str, str], key: str) -> dict[str, str]:
    nodes = picture(files).graph.nodes
    return {node.attributes["metric"]: node.attributes[key] for node in nodes if "metric" in node.attributes}


def test_what_is_put_in_decides() -> None:
    files = {"app/__init__.py": "", "app/metrics.py": METRICS, "app/serve.py": SERVE}
    assert marked(files, "subject") == {
        "churn_requests_total": "performance",
        "churn_latency_seconds": "performance",
        "churn_shift": "drift",
        "churn_model_age_days": "age",
        "churn_quiet": "other",
        "churn_output": "prediction",
        "churn_broken": "numeric",
    }
    fed = {metric for metric, feeders in marked(files, "feeders").items() if feeders}
    assert fed == set(marked(files, "subject")) - {"churn_quiet"}


def test_a_quality_straight_from_training_is_none_of_serving() -> None:
    assert marked({"train.py": OFFLINE}, "subject") == {"churn_auc": "offline"}


def test_names_that_are_not_known() -> None:
    whole = "def make(name):\n    return Gauge(name, 'x')\n"
    part = "def part(name):\n    return Gauge('a_' + name, 'x')\n"
    code = f"from prometheus_client import Gauge\n\n{whole}\n{part}"
    assert set(marked({"a.py": code}, "metric")) == {"*", "a_*"}
