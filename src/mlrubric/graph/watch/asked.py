"""What an expression asks: its subject by the way it is put together, whether its series exist, whether its limit fits the unit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlrubric.graph.watch.series import Names, Series
from mlrubric.knowledge.metrics import Unit
from mlrubric.source.syntax.promql import Expr, conditions, number, selectors

COUNTED = frozenset({"increase", "changes", "rate", "delta", "resets"})
KEEPS = frozenset(
    {
        "histogram_quantile",
        "avg_over_time",
        "max_over_time",
        "min_over_time",
        "quantile_over_time",
        "last_over_time",
        "abs",
        "label_replace",
    }
)
AVERAGES = frozenset({"avg", "max", "min", "quantile", "topk", "bottomk", "sum"})
CODE = re.compile(r"code|status")
LIMIT = re.compile(r"(>=|<=|==|!=|>|<)\s*(-?[\d.]+(?:[eE]-?\d+)?)")


def subjects(expr: Expr, names: Names) -> frozenset[str]:
    """What an expression watches."""
    found = set[str]()
    waiting = [expr]
    while waiting:
        current = waiting.pop()
        if current.kind == "selector":
            found |= names.of(current).subjects
        elif _since(current):
            found |= {_aged(names.of(s)) for s in selectors(current)}
        elif current.kind == "call" and current.name in ("absent", "absent_over_time"):
            found |= {_absent(names, s) for s in selectors(current)}
        elif _stands_still(current, names):
            found.add("age")
        elif current.kind == "binary" and current.name == "/" and any(_errors(s) for s in selectors(current.args[0])):
            found.add("availability")
        else:
            waiting.extend(current.args)
    return frozenset(found - {"none"})


def _errors(selector: Expr) -> bool:
    """Whether a selector takes the requests that failed."""
    return any(
        CODE.search(label) and operator in ("=", "=~") and value.startswith(("5", "[45]", "4..|5", "(5"))
        for label, operator, value in selector.matchers
    )


def _since(expr: Expr) -> bool:
    """`time() - x`."""
    return expr.kind == "binary" and expr.name == "-" and any(e.kind == "call" and e.name == "time" for e in expr.args[0].walk())


def _aged(series: Series) -> str:
    if series.origin == "exporter" and "age" not in series.subjects:
        return "none"
    return "source" if "source" in series.subjects else "age"


def _absent(names: Names, selector: Expr) -> str:
    own = names.of(selector).subjects
    if own & {"age", "source"}:
        return next(iter(sorted(own & {"age", "source"})))
    return "age" if names.metrics.has_word("training", selector.name) else "availability"


def _stands_still(expr: Expr, names: Names) -> bool:
    """A count of trainings or runs that does not grow."""
    for side, operator, limit in conditions(expr) if expr.kind == "binary" else ():
        calls = [e for e in side.walk() if e.kind == "call" and e.name in COUNTED]
        few = (operator in ("==", "<=") and limit == 0) or (operator == "<" and 0 < limit <= 1)
        if few and any(names.metrics.has_word("training", s.name) for call in calls for s in selectors(call)):
            return True
    return False


def dead(expr: Expr, names: Names) -> tuple[str, ...]:
    """The series without which an expression never gives a value, and that nobody emits."""
    if expr.kind == "binary" and expr.name == "or":
        left, right = dead(expr.args[0], names), dead(expr.args[1], names)
        return (*left, *right) if left and right else ()
    if expr.kind == "binary" and expr.name == "unless":
        return dead(expr.args[0], names)
    if expr.kind == "selector":
        series = names.of(expr)
        return (series.metric,) if series.origin == "unknown" else ()
    return tuple(dict.fromkeys(metric for inner in expr.args for metric in dead(inner, names)))


# ---- units ----------------------------------------------------------------------------------------------------------


def misfits(expr: Expr, limit: str, names: Names) -> Iterator[tuple[str, str, float]]:
    """Limits that the unit of the metric cannot mean: (metric, unit, limit)."""
    compared = list(conditions(expr))
    outside = LIMIT.fullmatch(limit.strip())
    if outside is not None and not compared:
        compared.append((expr, outside[1], float(outside[2])))
    for side, operator, value in compared:
        metric = _measured(side)
        unit = names.metrics.unit(metric) if metric else None
        if unit is not None and operator in (">", ">=", "<", "<=") and value > 0 and not _fits(unit, value) and _meant(unit, metric, names):
            yield metric, unit.name, value


def _fits(unit: Unit, value: float) -> bool:
    return not (unit.below is not None and value >= unit.below) and not (unit.above is not None and value < unit.above)


def _meant(unit: Unit, metric: str, names: Names) -> bool:
    """Limits of durations are judged for what takes a moment only: the answer to a request, a prediction."""
    if unit.what != "latency":
        return True
    return names.metrics.subject(metric) == "performance" and not names.metrics.has_word("long", metric)


def _measured(expr: Expr) -> str:
    """The metric whose unit a value has: through quantiles, averages, and sums that are divided by their count; "" when another unit
    comes out, or none is known."""
    if expr.kind == "selector":
        return "" if expr.name.endswith(("_count", "_total", "_bucket")) else expr.name.removesuffix("_sum")
    if expr.kind == "call" and expr.name in KEEPS and expr.args:
        inner = expr.args[-1] if expr.name in ("histogram_quantile", "quantile_over_time") else expr.args[0]
        if expr.name == "histogram_quantile":
            names = {s.name for s in selectors(inner)}
            return names.pop().removesuffix("_bucket") if len(names) == 1 else ""
        return _measured(inner)
    if expr.kind == "aggregate" and expr.name in AVERAGES and expr.args:
        inner = expr.args[-1]
        rated = inner.kind == "call" and inner.name in ("rate", "irate", "increase")
        return "" if rated or expr.name == "sum" else _measured(inner)
    if expr.kind == "binary" and expr.name == "/":
        above, below = ({s.name for s in selectors(side)} for side in expr.args)
        if len(above) == len(below) == 1:
            total, count = above.pop(), below.pop()
            if total.endswith("_sum") and count == f"{total[:-4]}_count":
                return total[:-4]
        return ""
    if expr.kind == "binary" and expr.name in ("+", "-") and (number(expr.args[0]) is not None or number(expr.args[1]) is not None):
        return _measured(expr.args[0] if number(expr.args[0]) is None else expr.args[1])
    return ""


def promised(target: str) -> tuple[str, str] | None:
    """The unit and the value of a share that is written in the wrong one: 0.999 where percent are meant, 99.9 where a ratio is."""
    try:
        value = float(target.rstrip("%"))
    except ValueError:
        return None
    if target.endswith("%"):
        return ("percent", f"{value:g}") if 0 < value <= 1 else None
    return ("a ratio", f"{value:g}") if value > 1 else None
