"""PromQL: which series an expression reads, what it compares, and what is no PromQL."""

from __future__ import annotations

import pytest

from mlrubric.source.syntax.promql import HOLE, PromqlProblem, conditions, parse, selectors


@pytest.mark.parametrize(
    ("text", "names", "limits"),
    [
        ("up == 0", ["up"], [("==", 0.0)]),
        (
            'histogram_quantile(0.95, sum(rate(x_bucket{job="a",code=~"5.."}[5m])) by (le)) > 0.1',
            ["x_bucket"],
            [(">", 0.1)],
        ),
        ("sum by (job) (rate(a[5m])) / ignoring(code) group_left sum(rate(b[5m])) > 14.4 * 0.001", ["a", "b"], [(">", 0.0144)]),
        ("a / on(x) group_left(y) (b + c) >= 2", ["a", "b", "c"], [(">=", 2.0)]),
        ("time() - trained_timestamp_seconds > 7*86400", ["trained_timestamp_seconds"], [(">", 604800.0)]),
        ("0.5 > a", ["a"], [("<", 0.5)]),
        ("-a ^ 2 < -1", ["a"], [("<", -1.0)]),
        ("a unless on(instance) b == bool 1", ["a", "b"], [("==", 1.0)]),
        ("max_over_time((a > 1)[5m:1m])", ["a"], [(">", 1.0)]),
        ("avg without(instance)(a offset -5m) @ end()", ["a"], []),
        ("a @ 1609746000 > 1h", ["a"], [(">", 3600.0)]),
        ('{__name__=~"foo_.*"} > 1', [f"foo_{HOLE}"], [(">", 1.0)]),
        ('{"http.server.duration", job="a"} > 1', ["http.server.duration"], [(">", 1.0)]),
        ("rate(a[$__rate_interval]) > $limit", ["a"], []),
        ('{{ .Values.prefix }}_latency{job="{{ .Release.Name }}"} > {{ .Values.limit }}', [f"{HOLE}_latency"], []),
        ("vector(1)", [], []),
        ("# a comment\na > 1 # another", ["a"], [(">", 1.0)]),
        ("a > Inf or b != NaN", ["a", "b"], [(">", float("inf")), ("!=", pytest.approx(float("nan"), nan_ok=True))]),
    ],
)
def test_expressions(text: str, names: list[str], limits: list[tuple[str, float]]) -> None:
    expr = parse(text)
    assert [s.name for s in selectors(expr)] == names
    found = [(operator, number) for _, operator, number in conditions(expr)]
    assert [f[0] for f in found] == [w[0] for w in limits]
    assert [f[1] for f in found] == pytest.approx([w[1] for w in limits], nan_ok=True)


def test_ranges_and_labels() -> None:
    found = selectors(parse('rate(a_total{code=~"5..", job!="x"}[1h30m])'))[0]
    assert found.span == "1h30m"
    assert found.matchers == (("code", "=~", "5.."), ("job", "!=", "x"))


@pytest.mark.parametrize("text", ["", "sum(", "a b", "a{b}", "a >", "SELECT 1 FROM t;", "(" * 5000, "a[5m"])
def test_what_is_no_promql(text: str) -> None:
    with pytest.raises(PromqlProblem):
        parse(text)
