"""What is measured beside score and levels: objectives, latency by layer, importance at serving, shift-left, lineage, and its command."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from mlrubric.analyze import analyze
from mlrubric.cli import main
from mlrubric.config import Settings
from mlrubric.model.measures import Measures

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOLDER = FIXTURES / "levels" / "measures"


@cache
def measured(folder: Path = FOLDER) -> Measures:
    found = analyze(folder, Settings(exclude=("expected.toml",))).report.measures
    assert found is not None
    return found


def of(overlay: dict[str, str | None], folder: Path = FOLDER) -> Measures:
    found = analyze(folder, Settings(), overlay=overlay).report.measures
    assert found is not None
    return found


def test_objectives_have_target_unit_and_what_emits_their_metric() -> None:
    known = {one.name: one for one in measured().objectives}
    assert set(known) == {"fast-enough", "Slow", "http_req_duration"}
    promise, alert, load = known["fast-enough"], known["Slow"], known["http_req_duration"]
    assert (promise.stands, promise.target, promise.metrics) == ("objective", "99.9%", ("churn_request_seconds",))
    assert [str(place) for place in promise.joined] == ["serve.py:12"] and promise.serves
    assert (alert.stands, alert.target, alert.unit, alert.live, alert.problem) == ("alert", "0.1", "seconds", True, "")
    assert (load.stands, load.target, load.unit) == ("load test", "p(95)<100", "ms")


def test_an_objective_of_a_metric_that_nobody_emits_says_so() -> None:
    rules = (FOLDER / "prometheus/rules.yml").read_text(encoding="utf-8").replace("churn_inference", "churn_scoring")
    alert = next(one for one in of({"prometheus/rules.yml": rules}).objectives if one.name == "Slow")
    assert "churn_scoring_seconds" in alert.problem and not alert.joined


def test_a_service_level_that_only_a_text_speaks_of_is_documented() -> None:
    text = "# Churn\n\n## Service level (SLA)\n\nAnswers come in 100 ms, 99.9 % of the time.\n"
    gone = {"slo/churn.yml": None, "prometheus/rules.yml": None, "load.js": None}
    (one,) = of({"README.md": text, **gone}).objectives
    assert one.stands == "documented" and one.problem and not one.live
    assert not of({"README.md": "# Churn\n\n## Service level (SLA)\n\nSoon.\n", **gone}).objectives


def test_latency_by_layer() -> None:
    layers = {one.layer: one for one in measured().latency}
    assert {layer: one.name for layer, one in layers.items()} == {
        "features": "churn_feature_lookup_seconds",
        "inference": "churn_inference_seconds",
        "post-processing": "churn_postprocessing_seconds",
        "whole": "churn_request_seconds",
    }
    assert layers["inference"].watched and not layers["features"].watched


def test_importance_that_is_emitted_at_serving() -> None:
    (one,) = {(one.place.line, one.goes) for one in measured().importance if "shap_values" in one.api}
    assert one == (26, "metric")
    quiet = (FOLDER / "serve.py").read_text(encoding="utf-8").replace("            IMPORTANCE.set(float(values[0][0]))\n", "")
    assert {one.goes for one in of({"serve.py": quiet}).importance if "shap_values" in one.api} == {"nowhere that is seen"}


def test_shift_left_tells_the_read_that_is_checked_late_from_one_that_is_checked_at_once() -> None:
    late = measured()
    early = (FOLDER / "train.py").read_text(encoding="utf-8").replace(
        'calls["per_month"]', 'assert calls["count"].ge(0).all()\ncalls["per_month"]', 1
    )  # fmt: skip
    moved = of({"train.py": early})
    never = of({"train.py": (FOLDER / "train.py").read_text(encoding="utf-8").replace("assert table", "checked = table")})
    assert late.shift_left is not None and moved.shift_left is not None
    assert 0 < late.shift_left <= moved.shift_left <= 1 and never.shift_left == 0
    first, second = (next(read for read in one.reads if "calls" in read.label) for one in (late, moved))
    assert first.distance is not None and second.distance is not None and second.distance < first.distance
    assert all(read.distance is None for read in never.reads)


def test_alerts_say_what_they_do() -> None:
    assert {(one.name, one.severity, one.action) for one in measured().alerts} == {("Slow", "page", "notify"), ("Full", "", "notify")}
    loop = measured(FIXTURES / "levels" / "loop")
    assert {(one.name, one.severity, "retrain" in one.action) for one in loop.alerts} == {("InputDrift", "ticket", True)}


# ---- lineage --------------------------------------------------------------------------------------------------------

PINNED = "outs:\n- md5: 5f1d7a84db26c2b0c9ba9e7f3f1a9d11\n  size: 4096\n  hash: md5\n  path: calls.csv\n"
SCRIPT = """import os
import joblib
import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression

rows = pd.read_csv(SOURCE)
with mlflow.start_run():
    mlflow.log_params({"c": 1})
    LOG
    model = LogisticRegression().fit(rows[["tenure"]], rows["left"])
    mlflow.sklearn.log_model(model, "model")
"""
SENT = "transport:\n  type: http\n  url: http://marquez:5000\n"


@pytest.mark.parametrize(
    ("level", "source", "log"),
    [
        (0, "os.environ['ROWS']", "pass"),
        (1, "'s3://lake/calls.csv'", "pass"),
        (2, "'calls.csv'", "pass"),
        (3, "'calls.csv'", "mlflow.log_input(mlflow.data.from_pandas(rows))"),
    ],
)
def test_lineage_by_depth(level: int, source: str, log: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT.replace("SOURCE", source).replace("LOG", log), encoding="utf-8")
    (tmp_path / "calls.csv.dvc").write_text(PINNED, encoding="utf-8")
    found = measured(tmp_path)
    assert [one.level for one in found.traced if one.kind == "model"] == [level]
    assert [one.id for one in found.lineage if one.status == "met"] == [f"lineage-{depth}" for depth in range(level + 1)]
    assert found.traced[0].columns == (("left", "tenure"))


def test_the_command_follows_a_model_to_its_data_and_its_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", "fraud", str(FIXTURES / "repos" / "level2-fraud"), "--output-format", "json", "-q"]) == 0
    chain = json.loads(capsys.readouterr().out)
    assert chain["format"] == "mlrubric-lineage/1" and chain["level"] == 1 and "amount" in chain["columns"]
    assert [(s["source"], s["origin"], s["version"]) for s in chain["sources"]] == [("s3://risk-lake/payments.parquet", "bucket", None)]
    assert {"file": "src/fraud/train.py", "line": 13}.items() <= next(h for h in chain["hops"] if h["label"].endswith(".fit")).items()
    (tmp_path / "train.py").write_text(SCRIPT.replace("SOURCE", "'calls.csv'").replace("LOG", "pass"), encoding="utf-8")
    (tmp_path / "calls.csv.dvc").write_text(PINNED, encoding="utf-8")
    assert main(["lineage", "train.py:11", str(tmp_path), "-q"]) == 0
    text = capsys.readouterr().out
    assert "2 of 4" in text and "pinned: dvc 5f1d7a84db26c2b0c9ba9e7f3f1a9d11" in text and "no git history" in text


@pytest.mark.parametrize("name", ["fraud", "features", "amount", "src/fraud/train.py:13", "payments.parquet"])
def test_the_command_knows_models_features_columns_files_and_lines(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", name, str(FIXTURES / "repos" / "level2-fraud"), "-q"]) == 0
    assert "s3://risk-lake/payments.parquet" in capsys.readouterr().out


def test_the_command_says_when_nothing_has_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", "frauds", str(FIXTURES / "repos" / "level2-fraud"), "-q"]) == 2
    assert "nothing here is called `frauds`; did you mean fraud?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["gate-3", "loop-1", "lineage-2", "Z3.2", "G1.9"])
def test_links_and_levels_are_explained_and_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    assert name in capsys.readouterr().out
    assert main(["why", name, str(FIXTURES / "repos" / "level2-fraud"), "-q"]) == 0
    assert name in capsys.readouterr().out
