"""What names of metrics say, and where an alert ends in a tree of routes."""

from __future__ import annotations

import pytest

from mlrubric.graph.watch.asked import dead, misfits, subjects
from mlrubric.graph.watch.emitted import Emission
from mlrubric.graph.watch.routing import matches
from mlrubric.graph.watch.series import Names
from mlrubric.knowledge.metrics import load_metrics
from mlrubric.model.facts import AlertRoute
from mlrubric.model.place import Place
from mlrubric.source.syntax.promql import parse


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("predict_latency_seconds", "performance"),
        ("model_trained_timestamp_seconds", "age"),
        ("model_age_days", "age"),
        ("hours_since_training", "age"),
        ("prediction_nan_total", "numeric"),
        ("data_drift_psi", "drift"),
        ("FeatureNullRatio", "drift"),
        ("prediction_drift_score", "quality"),
        ("model_accuracy", "quality"),
        ("prediction_confidence", "prediction"),
        ("prediction_errors_total", "throughput"),
        ("training_serving_skew", "skew"),
        ("source_table_freshness_seconds", "source"),
        ("schema_mismatch_total", "source"),
        ("model_version_info", ""),
        ("dataset_row_count", ""),
    ],
)
def test_subject_by_words(name: str, subject: str) -> None:
    assert load_metrics().subject(name) == subject


def names(*metrics: str) -> Names:
    known = load_metrics()
    made = [Emission(n, m, known.series("prometheus_client.Gauge", m)) for n, m in enumerate(metrics)]
    return Names(known, made)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("time() - process_start_time_seconds > 3600", set()),
        ("time() - kube_cronjob_status_last_successful_time > 86400", {"age"}),
        ("time() - churn_last_run > 86400", {"age"}),
        ("time() - upstream_table_last_update > 86400", {"source"}),
        ("absent(up)", {"availability"}),
        ("absent(training_run_success)", {"age"}),
        ("increase(training_runs_total[1d]) == 0", {"age"}),
        ("increase(training_failures_total[1d]) > 0", {"availability"}),
        ('sum(rate(predictions_total{confidence="low"}[5m])) / sum(rate(predictions_total[5m])) > 0.3', {"prediction", "throughput"}),
    ],
)
def test_subject_by_question(text: str, wanted: set[str]) -> None:
    assert subjects(parse(text), names("predictions_total")) == wanted


def test_series_that_are_missing() -> None:
    known = names("a")
    assert dead(parse("a > 1"), known) == ()
    assert dead(parse("gone / a > 1"), known) == ("gone",)
    assert dead(parse("gone > 1 or a > 1"), known) == ()
    assert dead(parse("gone > 1 or lost > 1"), known) == ("gone", "lost")
    assert dead(parse("a > 1 unless gone"), known) == ()
    assert dead(parse("a:rate > 1"), known) == (), "a recording rule that may be kept elsewhere"
    known.record("a:rate", "rate(a[5m])")
    assert dead(parse("a:rate > 1"), known) == ()
    assert dead(parse("a:rates > 1"), known) == ("a:rates",)


def test_counters_have_a_suffix() -> None:
    known = load_metrics()
    assert known.series("prometheus_client.Counter", "x_total") == ("x_total", "x_created")
    assert "x_bucket" in known.series("prometheus_client.Histogram", "x")
    assert known.series("opentelemetry.metrics.Meter.create_counter", "http.server.x") == ("*http_server_x*",)


@pytest.mark.parametrize(
    ("text", "limit", "wrong"),
    [
        ("request_latency_seconds > 500", "", True),
        ("request_latency_seconds", "> 500", True),
        ("request_latency_seconds > 0.5", "", False),
        ("request_latency_seconds * 1000 > 500", "", False),
        ("request_latency_ms > 0.5", "", True),
        ("train_duration_seconds > 7200", "", False),
        ("sum(rate(request_latency_seconds_count[5m])) > 500", "", False),
        ("rate(request_latency_seconds_sum[5m]) / rate(request_latency_seconds_count[5m]) > 500", "", True),
        ("error_ratio > 5", "", True),
        ("process_resident_memory_bytes > 500", "", True),
    ],
)
def test_limits_fit_the_unit(text: str, limit: str, wrong: bool) -> None:
    assert bool(list(misfits(parse(text), limit, names()))) is wrong


@pytest.mark.parametrize(
    ("matchers", "labels", "wanted"),
    [
        ((), {}, True),
        ((("severity", "=", "page"),), {"severity": "page"}, True),
        ((("severity", "=", "page"),), {"severity": "info"}, False),
        ((("severity", "=~", "page|critical"),), {"severity": "critical"}, True),
        ((("severity", "!=", "page"),), {"severity": "page"}, False),
        ((("job", "=", "x"),), {"severity": "page"}, None),
        ((("severity", "=", "page"),), {"severity": "{{ .Values.severity }}"}, None),
        ((("severity", "=~", "("),), {"severity": "page"}, None),
    ],
)
def test_routes(matchers: tuple[tuple[str, str, str], ...], labels: dict[str, str], wanted: bool | None) -> None:
    assert matches(AlertRoute(Place("a.yml"), "alertmanager", "team", matchers), labels) is wanted
