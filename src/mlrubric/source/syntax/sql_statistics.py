"""Numbers that a SQL statement learns from all rows of a table and puts back into the rows: gaps filled with a mean, columns scaled by it.

An aggregate without groups (a mean, a deviation, a quantile, a range), a window without partition and order, in the select itself, in a
query of `with`, in a join or in brackets. What counts: its rows are those that are filled or scaled, no more and no fewer. Aggregates by
group, running windows and rows that were chosen (`where part = 'train'`) are no such number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlrubric.source.syntax.sql_tree import SILENT, Item, Query, Range, Select, Tree, plain

MIDDLES = frozenset(
    [
        "avg", "mean", "median", "mode", "percentile_cont", "percentile_disc", "percentile", "percentile_approx", "approx_percentile",
        "approx_quantiles", "approx_median", "quantile", "quantile_cont", "quantile_disc", "quantileexact", "approx_quantile",
        "medianexact",
    ]
)  # fmt: skip
SPREADS = frozenset(
    ["stddev", "stddev_pop", "stddev_samp", "stdev", "stdevp", "std", "var_pop", "var_samp", "variance", "stddevpop", "stddevsamp"]
)
ENDS = frozenset({"min", "max"})
LEARNS = MIDDLES | SPREADS | ENDS
SCALERS = frozenset({"standard_scaler", "min_max_scaler", "max_abs_scaler", "robust_scaler", "imputer"})  # ml.standard_scaler(x) over ()
FILLS = frozenset({"coalesce", "ifnull", "nvl", "isnull", "zeroifnull", "nvl2"})
CHOICES = frozenset({"if", "iff", "iif", "nvl2", "decode"})
DIVIDES = frozenset({"safe_divide", "div0", "div0null", "divide"})
AROUND = frozenset(
    ["nullif", "cast", "safe_cast", "try_cast", "round", "float", "float64", "greatest", "try_to_double", "to_double", "any_value"]
)
WORDS = frozenset({"is", "not", "null", "and", "or", "between", "true", "false", "isnan", "is_nan", "isnull", "abs", "isfinite"})
TIMES = ("date", "time", "day", "month", "year", "timestamp", "_at", "_ts", "_dt", "epoch")
PLACED = frozenset(["nulls", "ignore", "respect", "within", "group", "order", "by", "over", "asc", "desc", "interval", "distinct"])
DEEPEST = 50  # queries of `with` that a column is followed through
MANY = 400  # words of one expression that are looked at


@dataclass(frozen=True, slots=True)
class Learnt:
    """A number over all rows that changes a column of the rows: `name` of the aggregate, `column` it is over, `use` fill or scale,
    `yields` the column that is made with it; `offset` is where the aggregate stands."""

    name: str
    column: str
    use: str
    yields: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Statistic:
    name: str
    columns: frozenset[str]
    at: int
    rows: tuple[str, ...]  # the sources that it is over; () for those of the select it stands in
    where: tuple[str, ...] = ()


def learnt(tree: Tree) -> list[Learnt]:
    """The numbers of a statement that change the rows they are over, in the order in which they are written."""
    reader = _Reader(tree)
    found = {one for select in tree.selects for one in reader.select(select)}
    return [*sorted(found, key=lambda one: (one.offset, one.yields)), *reader.update()]


class _Reader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.low, self.words = tree.low, tree.words
        self._known: dict[tuple[int, str], tuple[_Statistic, ...]] = {}  # select and column
        self._lines: dict[int, set[str]] = {}
        self._depth = 0

    # ---- what is learnt -----------------------------------------------------------------------------------------

    def select(self, select: Select) -> Iterator[Learnt]:
        """The numbers that the columns of a select are filled or scaled with."""
        if select.grouped or self.constant(select):
            return
        for item in select.items:
            if item.name != "*" and item.words[1] - item.words[0] <= MANY:
                yield from self._used(item.words, item.name, select)

    def _used(self, words: Range, yields: str, select: Select, filled: str = "") -> Iterator[Learnt]:
        for start, stop, statistic in self._mentions(words, select):
            columns = statistic.columns & self._names(words, (start, stop))
            columns |= statistic.columns if statistic.name in SCALERS else statistic.columns & {filled}
            if not columns or not self._same_rows(statistic, select):
                continue
            use = "fill" if filled else self._use(words, start, stop, statistic)
            column = sorted(columns)[0]
            if use and not (statistic.name in ENDS and any(word in column for word in TIMES)):
                yield Learnt(statistic.name, column, use, yields or column, self.words[statistic.at][2])

    def update(self) -> list[Learnt]:
        """`update t set x = (select avg(x) from t) where x is null`."""
        if self.tree.word(0) != "update":
            return []
        ends = [at for at in self.tree.level(0, len(self.low)) if self.low[at] in ("set", "where", "from")]
        begin = next((at + 1 for at in ends if self.low[at] == "set"), -1)
        if begin < 0:
            return []
        stop = next((at for at in ends if at > begin), len(self.low))
        gaps = tuple(self.low[stop + 1 :]) if stop < len(self.low) and self.low[stop] == "where" else ()
        select = Select(sources=list(self.tree.sources(1, begin - 1)))
        found: list[Learnt] = []
        for start, end in self.tree.parts(begin, stop):
            if self.tree.word(start + 1) != "=":
                continue
            column = plain(self.low[start])
            filled = column if gaps[1:3] == ("is", "null") and plain(gaps[0]) == column and len(gaps) == 3 else ""
            found.extend(self._used((start + 2, end), column, select, filled))
        return found

    def _use(self, words: Range, start: int, stop: int, statistic: _Statistic) -> str:
        """What an expression does with a number: fill gaps, scale, or something else ("")."""
        if statistic.name in SCALERS:
            return "scale"
        at = start
        while at > words[0]:
            before = self.low[at - 1]
            around = self.tree.around[at]
            if before in ("-", "/"):
                return "scale" if statistic.name not in ENDS or self._divided(words) else ""
            if around >= words[0] and self.tree.word(around - 1) in DIVIDES and before == ",":
                return "scale"
            if around >= words[0] and self.tree.word(around - 1) in FILLS and before == ",":
                return "fill"
            if around >= words[0] and self.tree.word(around - 1) in CHOICES and before == ",":
                return "fill" if self._asks_for_gaps((around + 1, self.low.index(",", around)), statistic) else ""
            if before in ("then", "else"):
                begin = self._case(at - 1, words[0])
                return "fill" if begin >= 0 and self._asks_for_gaps((begin, at if before == "else" else at - 1), statistic) else ""
            if before != "(" or around < words[0]:
                return ""
            at = around - 1 if around > words[0] and self.words[around - 1][0] == "name" and self.low[around - 1] in AROUND else around
            if at == around and around > words[0] and self.words[around - 1][0] == "name" and self.low[around - 1] not in SILENT:
                return ""
        return ""

    def _divided(self, words: Range) -> bool:
        return any(self.low[at] == "/" or self.low[at] in DIVIDES for at in range(*words))

    def _case(self, at: int, start: int) -> int:
        """Where the `case` around a branch begins."""
        depth = 0
        for index in range(at - 1, start - 1, -1):
            depth += (self.low[index] == "end") - (self.low[index] == "case")
            if depth < 0:
                return index
        return -1

    def _asks_for_gaps(self, words: Range, statistic: _Statistic) -> bool:
        """Whether a condition looks for values that are missing or impossible, of the column that the number is of."""
        low = self.low[words[0] : words[1]]
        named = any(plain(word) in statistic.columns for word in low)
        gap = "null" in low or "isnull" in low or "is_nan" in low or "isnan" in low or "0" in low
        return named and gap

    # ---- numbers over all rows ----------------------------------------------------------------------------------

    def constant(self, select: Select) -> bool:
        """Whether a select yields one row of aggregates."""
        return not select.grouped and any(self._plain_aggregate(item.words) for item in select.items)

    def _plain_aggregate(self, words: Range) -> bool:
        inside = self.tree.close
        at = words[0]
        while at < words[1]:
            if self.low[at] == "(" and self.tree.word(at + 1) in ("select", "with"):
                at = inside.get(at, at) + 1
                continue
            called = self.tree.word(at + 1) == "(" and self.words[at][0] == "name"
            if called and (self.low[at] in LEARNS or self.low[at] in ("count", "sum")) and not self._over(at):
                return True
            at += 1
        return False

    def _over(self, at: int) -> int:
        """Where the bracket of `over` stands behind a call, or 0; behind `within group (…)` and `filter (…)` too."""
        end = self.tree.close.get(at + 1, -1)
        while end >= 0:
            if self.tree.word(end + 1) == "over":
                return end + 2
            if self.tree.word(end + 1) in ("ignore", "respect") and self.tree.word(end + 2) == "nulls":
                end += 2
                continue
            step = {"within": 3, "filter": 2}.get(self.tree.word(end + 1), 0)
            if not step:
                return 0
            end = self.tree.close.get(end + step, -1)
        return 0

    def _mentions(self, words: Range, select: Select) -> Iterator[tuple[int, int, _Statistic]]:
        """Where an expression names a number over all rows."""
        at = words[0]
        while at < words[1]:
            word = self.low[at]
            if word == "(" and self.tree.word(at + 1) in ("select", "with"):
                close = self.tree.close.get(at, words[1])
                found = self._scalar(self.tree.query(at + 1, close, select.own))
                if found is not None:
                    yield at, close + 1, found
                at = close + 1
                continue
            if self.words[at][0] == "name" and self.tree.word(at + 1) == "(":
                over = self._over(at)
                if over and self._learns(word) and self._whole(over):
                    close = self.tree.close.get(over, over)
                    yield at, close + 1, _Statistic(plain(word), self._names((at + 2, over - 1)), at, ())
                    at = close + 1
                    continue
            elif self.words[at][0] == "name" and self.tree.word(at - 1) != "as":
                for statistic in self._column(word, select):
                    yield at, at + 1, statistic
            at += 1

    def _learns(self, word: str) -> bool:
        return word in LEARNS or (plain(word) in SCALERS and word.startswith("ml."))

    def _whole(self, bracket: int) -> bool:
        """Whether a window is all rows: neither parts nor an order."""
        inside = self.low[bracket + 1 : self.tree.close.get(bracket, bracket)] if self.tree.word(bracket) == "(" else ["?"]
        return not inside or (inside[0] in ("rows", "range") and inside.count("unbounded") == 2)

    def _scalar(self, query: Query) -> _Statistic | None:
        """The number of a query in brackets that yields one."""
        if len(query.arms) != 1 or len(query.arms[0].items) != 1:
            return None
        return next(iter(self._made(query.arms[0].items[0], query.arms[0])), None)

    def _made(self, item: Item, select: Select) -> Iterator[_Statistic]:
        """The numbers that a column is made of, and of nothing else."""
        if self.constant(select):
            sources = tuple(source.name for source in select.sources)
            if not all(sources) or any(source.query is not None for source in select.sources):
                return
            for at in range(*item.words):
                if self.low[at] in LEARNS and self.tree.word(at + 1) == "(" and not self._over(at):
                    close = self.tree.close.get(at + 1, at)
                    if self.tree.word(close + 1) == "filter":
                        continue
                    columns = self._names((at + 2, close)) or self._names((close + 1, item.words[1]))
                    where = tuple(self.low[slice(*select.where)])
                    yield _Statistic(self.low[at], columns, at, sources, () if self._harmless(where, columns) else where)
            return
        if select.grouped or item.words[1] - item.words[0] > MANY:
            return
        found = list(self._mentions(item.words, select))
        outside = self._names(item.words)
        for start, stop, _ in found:
            outside -= self._names((start, stop))
        if found and not outside:
            for _, _, statistic in found:
                yield statistic if statistic.rows else _replaced(statistic, tuple(s.name for s in select.sources), self._where(select))

    def _where(self, select: Select) -> tuple[str, ...]:
        return tuple(self.low[slice(*select.where)])

    def _column(self, word: str, select: Select) -> tuple[_Statistic, ...]:
        """The numbers behind a column of a source."""
        key = (id(select), word)
        if key not in self._known:
            self._known[key] = ()  # while it is looked for
            self._depth += 1
            self._known[key] = tuple(self._behind(word, select)) if self._depth < DEEPEST else ()
            self._depth -= 1
        return self._known[key]

    def _behind(self, word: str, select: Select) -> Iterator[_Statistic]:
        qualifier, name = word.rpartition(".")[0], plain(word)
        if not name:
            return
        for source in select.sources:
            query = source.query or select.own.get(source.name)
            if query is None or len(query.arms) != 1 or (qualifier and plain(qualifier) != source.alias):
                continue
            arm = query.arms[0]
            for item in arm.items:
                single = item.words[1] - item.words[0] == 1
                if item.name == "*":
                    yield from self._column(name, arm)
                elif item.name == name:
                    yield from self._column(self.low[item.words[0]], arm) if single else self._made(item, arm)

    def _harmless(self, where: tuple[str, ...], columns: frozenset[str]) -> bool:
        """Whether a condition only leaves out values that are missing or impossible."""
        return all(
            word in WORDS or plain(word) in columns or not word.strip("<>=!().+-") or word.replace(".", "").isdigit() or word == "'nan'"
            for word in where
        )

    def _same_rows(self, statistic: _Statistic, select: Select) -> bool:
        """Whether a number is over the rows of the select: over its sources, or what they are made of, and not over some of them."""
        if not statistic.rows:
            return True
        above = self._lineage(select)
        rows = set(statistic.rows)
        own = {name for name in rows if name in above}
        others = rows - own
        if not own or not all(self._single(select.own.get(name)) for name in others):
            return False
        here = self._where(select)
        return not statistic.where or here[: len(statistic.where)] == statistic.where

    def _single(self, query: Query | None) -> bool:
        """Whether a query of `with` gives one row of constants, which may stand beside the rows."""
        return query is not None and all(not arm.sources or self.constant(arm) for arm in query.arms)

    def _lineage(self, select: Select, depth: int = 0) -> set[str]:
        """Every name that the rows of a select come from."""
        if id(select) in self._lines:
            return self._lines[id(select)]
        found = self._lines[id(select)] = set()
        for source in select.sources:
            query = source.query or select.own.get(source.name)
            if query is not None and query.arms and all(self.constant(arm) for arm in query.arms):
                continue  # one row beside the others
            if source.name:
                found.add(source.name)
            for arm in query.arms if query is not None and depth < DEEPEST else ():
                found |= self._lineage(arm, depth + 1)
        return found

    def _names(self, words: Range, but: Range = (0, 0)) -> frozenset[str]:
        """The columns that an expression names."""
        found: set[str] = set()
        for at in range(*words):
            if but[0] <= at < but[1] or self.words[at][0] != "name" or self.tree.word(at + 1) == "(":
                continue
            name = plain(self.low[at])
            if name and not name[0].isdigit() and self.tree.word(at - 1) not in ("as", ":") and self.low[at] not in SILENT:
                found.add(name)
        return frozenset(
            found - {"nulls", "ignore", "respect", "within", "group", "order", "by", "over", "asc", "desc", "interval", "distinct"}
        )


def _replaced(statistic: _Statistic, rows: tuple[str, ...], where: tuple[str, ...]) -> _Statistic:
    """A number over a window, seen from outside of the select that the window is of."""
    return _Statistic(statistic.name, statistic.columns, statistic.at, rows, statistic.where or where)
