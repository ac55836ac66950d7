"""What SQL statements learn from all rows of a table, derive and pick."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programs import picture

from mlrubric.rules.judge import findings
from mlrubric.rules.load import load_rules
from mlrubric.source.syntax.sql_features import described

LEARNS: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("select coalesce(age, avg(age) over ()) as age from t", [("avg", "age", "fill")]),
    ("select coalesce(t.age, avg(t.age) over ()) age from t", [("avg", "age", "fill")]),
    ("select avg(age) over (rows between unbounded preceding and unbounded following) - age d, age from t", []),
    ("select ifnull(age, (select avg(age) from t)) as age from t", [("avg", "age", "fill")]),
    ("select ifnull(age, (select avg(age) from t where age is not null and age > 0)) as age from t", [("avg", "age", "fill")]),
    (
        "select if(age is null, (select approx_quantiles(age, 100)[offset(50)] from `p.d.t`), age) age from "
        "`p.d.t`",
        [("approx_quantiles", "age", "fill")],
    ),
    (
        "select (f - m.mu) / nullif(m.sd, 0) as z from t cross join (select avg(f) as mu, stddev(f) sd from "
        "t) m",
        [("avg", "f", "scale"), ("stddev", "f", "scale")],
    ),
    (
        "with b as (select * from r), s as (select min(x) lo, max(x) hi from b) select (x - lo) / (hi - lo) "
        "as y from b, s",
        [("min", "x", "scale"), ("max", "x", "scale")],
    ),
    ("with s as (select *, avg(x) over () as m from t) select coalesce(x, m) as x from s", [("avg", "x", "fill")]),
    ("select safe_divide(x - avg(x) over (), stddev(x) over ()) as z from t", [("avg", "x", "scale"), ("stddev", "x", "scale")]),
    ("select * replace (coalesce(a, avg(a) over ()) as a) from t", [("avg", "a", "fill")]),
    (
        "select case when a <= 0 then (select percentile_cont(0.5) within group (order by a) from t) else a "
        "end a from t",
        [("percentile_cont", "a", "fill")],
    ),
    ("select ml.standard_scaler(x) over () as x from t", [("standard_scaler", "x", "scale")]),
    ("update t set age = (select avg(age) from t) where age is null", [("avg", "age", "fill")]),
    ("update t set age = coalesce(age, (select avg(age) from t))", [("avg", "age", "fill")]),
    ("create table f as (select coalesce(x, avg(x) over ()) x from t)", [("avg", "x", "fill")]),
    ("insert into f (x) select coalesce(x, avg(x) over ()) from t", [("avg", "x", "fill")]),
    (
        "select coalesce(t.x, s.m)::float as x from {{ ref('a') }} t cross join (select avg(x) m from {{ "
        "ref('a') }}) s",
        [("avg", "x", "fill")],
    ),
    ("select * except (b), coalesce(a, avg(a) over ()) as a from t union all select * from u", [("avg", "a", "fill")]),
]  # fmt: skip

NOTHING = [
    "select coalesce(age, avg(age) over (partition by city)) as age from t",
    "select coalesce(age, avg(age) over (order by d)) as age from t",
    "select coalesce(age, avg(age) over w) as age from t window w as (partition by city)",
    "select ifnull(age, (select avg(age) from t where part = 'train')) as age from t",
    "select ifnull(age, (select avg(age) from u)) as age from t",
    "select ifnull(age, (select avg(s.age) from t s where s.city = t.city)) as age from t",
    "select ifnull(age, (select avg(age) filter (where part = 'train') from t)) as age from t",
    "with s as (select city, avg(x) as m from t group by city) select coalesce(t.x, s.m) x from t join s using (city)",
    "with s as (select avg(x) as m from t where fold <> 0) select coalesce(t.x, s.m) x from t, s",
    "select city, avg(x) as x from t group by city",
    "select avg(x) - min(x) as spread from t",
    "select max(ts) over () - ts as recency from t",
    "select x, avg(x) over () as m from t",
    "select sum(x) / count(*) as r from t",
    "select case when x > avg(x) over () then 1 else 0 end as high from t",
    "select coalesce(t.x, s.m) as x from {{ a }} t cross join (select avg(x) m from {{ b }}) s",
    "select coalesce(ended_at, max(ended_at) over ()) as ended_at from t",
    "select coalesce(x, 0) as x, (select avg(y) from t) - x as d from t",
    "update t set age = 0 where age is null",
    "update t set age = (select avg(age) from u where u.id = t.id) where age is null",
    "create model m transform (ml.standard_scaler(x) over () as x, y) options (model_type = 'linear_reg') as select x, y from t",
]


def learnt(text: str) -> list[tuple[str, str, str]]:
    return [(one.name, one.column, one.use) for _, said in described(text) for one in said.learns]


@pytest.mark.parametrize(("text", "expected"), LEARNS)
def test_numbers_over_all_rows(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert learnt(text) == expected


@pytest.mark.parametrize("text", NOTHING)
def test_other_aggregates(text: str) -> None:
    assert learnt(text) == []


@pytest.mark.parametrize(
    ("text", "picks"),
    [
        ("select * from t where mod(abs(farm_fingerprint(id)), 10) < 8", "hash"),
        ("select * from t where abs(hash(id)) % 10 < 8", "hash"),
        ("select * from t where rand() < 0.8", "chance"),
        ("select *, case when random() < 0.8 then 'train' else 'test' end as part from t", "parts"),
        ("select *, rand() as noise from t where part = 'train'", ""),
        ("select md5(id) as id from t where id > 3", ""),
    ],
)
def test_picked_rows(text: str, picks: str) -> None:
    assert [said.picks for _, said in described(text)] == [picks]


def test_derived_columns_that_get_out() -> None:
    text = "with a as (select b + 1 as c, d * 2 as e, f from t), g as (select h / 2 as i from u) select c as k, e, f, upper(f) as l from a"
    derived = [(one.name, one.tokens) for _, said in described(text) for one in said.derives]
    assert derived == [("k", ("b", "+", "1")), ("e", ("d", "*", "2")), ("l", ("upper", "f"))]


PIECES = st.sampled_from(
    [
        "select", "from", "where", "with", "a", "b.c", "(", ")", ",", "as", "avg(a)", "over ()", "over (partition by a)", "case", "when",
        "then",
        "else", "end", "coalesce(a, ", "union all", "group by", "update", "set", "=", "is null", "{{ x }}", "{% if y %}", "'t'", "/", "-",
        ";",
        "--\n", "join", "if(", "min(a)", "* replace (", "except", "within group (order by a)", "recursive", "{% endif %}", "[offset(1)]",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40))
def test_any_words_are_read(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for _, said in described(text):
        offsets = [*(one.offset for one in said.learns), *(one.offset for one in said.derives)]
        assert all(0 <= offset < len(text) for offset in offsets)


@given(
    st.sampled_from([text for text, _ in LEARNS]),
    st.lists(
        st.sampled_from([" ", "\n", " -- note, from x where y\n", " /* avg(z) over () */ ", "{# a #}", "{% if b %}"]),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_blanks_comments_and_case_change_nothing_but_lines(text: str, blanks: list[str], upper: bool) -> None:
    words = text.split(" ")
    spaced = "".join(word + (blanks[at % len(blanks)] if "'" not in word and "{" not in word else " ") for at, word in enumerate(words))
    spaced = spaced if "{{" not in text else text
    spaced = spaced.upper() if upper and "{" not in spaced else spaced
    assert learnt(spaced) == learnt(text)
    for _, said in described(spaced):
        assert all(spaced[one.offset :].lower().startswith((one.name, f"ml.{one.name}")) for one in said.learns)


@given(st.sampled_from([text for text, _ in LEARNS if text.startswith("select") and "{{" not in text and "union" not in text]))
def test_a_query_around_changes_nothing(text: str) -> None:
    assert learnt(f"with inside as ({text}) select * from inside") == learnt(text)
    assert learnt(f"create or replace table out as {text}") == learnt(text)


def test_a_long_chain_is_read_in_one_go() -> None:
    links = ", ".join(
        f"c{n} as (select a{n - 1} + b{n - 1} + a{n - 1} as a{n}, b{n - 1} - a{n - 1} as b{n} from c{n - 1})" for n in range(1, 60)
    )
    text = f"with c0 as (select avg(x) over () as a0, y as b0 from t), {links} select coalesce(b899, a899) as z from c899"
    assert learnt(text) == []


TRAIN = """import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
{read}
train, test = train_test_split(rows, random_state=0)
print(Ridge().fit(train[["x"]], train["y"]).score(test[["x"]], test["y"]))
"""
FILLED = "create table shop.filled as\nselect coalesce(x, avg(x) over ()) as x, y from shop.rows"


def found(files: dict[str, str], rule: str = "LEAK007") -> list[tuple[str, int]]:
    rules = [one for one in load_rules().rules if one.id == rule]
    return [(one.place.path, one.place.span.line) for one in findings(picture(files), rules)]


def test_a_table_that_a_query_fills_is_split() -> None:
    read = 'rows = pd.read_sql("select x, y from shop.filled", "postgresql://shop")'
    assert found({"filled.sql": FILLED, "train.py": TRAIN.format(read=read)}) == [("filled.sql", 2)]
    assert found({"filled.sql": FILLED, "train.py": TRAIN.format(read=read.replace("shop.filled", "shop.rows"))}) == []


def test_a_query_that_nobody_is_known_to_use() -> None:
    read = "rows = pd.read_csv('rows.csv')"
    assert found({"filled.sql": FILLED, "train.py": TRAIN.format(read=read)}) == []


DBT = {
    "dbt_project.yml": "name: shop\n",
    "models/filled.sql": "select coalesce(x, avg(x) over ()) as x, y, day from {{ source('shop', 'rows') }}",
    "models/features.sql": "select x, y from {{ ref('filled') }} where day > '2020-01-01'",
}


def test_models_on_the_way_to_a_table_that_is_split() -> None:
    read = 'rows = pd.read_sql("select x, y from analytics.features", "postgresql://shop")'
    assert found({**DBT, "train.py": TRAIN.format(read=read)}) == [("models/filled.sql", 1)]
    assert found({**DBT, "train.py": TRAIN.format(read=read.replace("analytics.features", "shop.rows"))}) == []


STEPS = """create table `{{ out }}.clean` as
with usual as (select avg(x) as x from `{{ source }}`)
select ifnull(t.x, u.x) as x, t.y from `{{ source }}` t, usual u;
create table `{{ out }}.train` as
select * from `{{ out }}.PICKED` t where mod(abs(farm_fingerprint(to_json_string(t))), 10) < 8;
"""
FLOW = """from pathlib import Path
from google.cloud import bigquery
from jinja2 import Template
from sklearn.linear_model import Ridge

SQL = Path(__file__).parent / "sql"


def main():
    client = bigquery.Client()
    client.query(Template((SQL / "steps.sql").read_text()).render(out="taxi", source="taxi.trips")).result()
    rows = client.list_rows("taxi.train").to_dataframe()
    Ridge().fit(rows[["x"]], rows["y"])


main()
"""


def test_statements_of_one_file_by_the_names_of_their_templates() -> None:
    assert found({"sql/steps.sql": STEPS.replace("PICKED", "clean"), "train.py": FLOW}) == [("sql/steps.sql", 2)]
    assert found({"sql/steps.sql": STEPS.replace("PICKED", "others"), "train.py": FLOW}) == []


WRITTEN = """from google.cloud import bigquery
from sklearn.linear_model import Ridge


def to_table(client, query, destination):
    client.query(query, job_config=bigquery.QueryJobConfig(destination=destination)).result()


def main(client):
    to_table(client, "select coalesce(x, avg(x) over ()) as x, y from taxi.trips", destination="taxi.clean")
    to_table(client, "select * from taxi.SOURCE t where mod(abs(farm_fingerprint(t.id)), 10) < 8", destination="taxi.train")
    rows = client.list_rows("taxi.train").to_dataframe()
    Ridge().fit(rows[["x"]], rows["y"])


main(bigquery.Client())
"""


def test_texts_of_queries_that_are_given_a_target() -> None:
    assert found({"train.py": WRITTEN.replace("SOURCE", "clean")}) == [("train.py", 10)]
    assert found({"train.py": WRITTEN.replace("SOURCE", "trips")}) == []


HELPER = """from pathlib import Path
import pandas as pd


def rows_of(name):
    return pd.read_sql((Path(__file__).parent / "sql" / f"{name}.sql").read_text(), "postgresql://shop")
"""
FITS = """import joblib
from sklearn.linear_model import Ridge
from reads import rows_of


def main():
    rows = rows_of("TRAIN")
    joblib.dump(Ridge().fit(rows[["x"]], rows["y"]), "model.joblib")


if __name__ == "__main__":
    main()
"""
ASKS = """import joblib
from reads import rows_of


def main():
    rows = rows_of("ASK")
    rows["y"] = joblib.load("model.joblib").predict(rows[["x"]])
    rows.to_csv("answers.csv")


if __name__ == "__main__":
    main()
"""
JUDGES = ASKS.replace("import joblib", "import joblib\nfrom sklearn.metrics import r2_score").replace(
    'rows["y"] = joblib.load("model.joblib").predict(rows[["x"]])',
    'print(r2_score(rows["y"], joblib.load("model.joblib").predict(rows[["x"]])))',
)


def side_by_side(train: str, ask: str, asks: str = ASKS) -> dict[str, str]:
    return {
        "reads.py": HELPER,
        "fit.py": FITS.replace("TRAIN", train),
        "ask.py": asks.replace("ASK", ask),
        "sql/past.sql": "select coalesce(x, avg(x) over ()) as x, y from past",
        "sql/open.sql": "select coalesce(x, avg(x) over ()) as x from open",
        "sql/plain.sql": "select coalesce(x, 0) as x, y from past",
    }


def test_names_that_a_helper_makes_files_of() -> None:
    assert found(side_by_side("past", "open"), "SKEW003") == [("sql/open.sql", 1)]
    assert found(side_by_side("plain", "open"), "SKEW003") == []
    assert found(side_by_side("past", "plain"), "SKEW003") == []


def test_one_query_on_both_sides() -> None:
    assert found(side_by_side("past", "past"), "SKEW003") == [("sql/past.sql", 1)]
    assert found(side_by_side("plain", "plain"), "SKEW003") == []


def test_who_measures_a_model_does_not_serve_it() -> None:
    assert found(side_by_side("past", "past", JUDGES), "SKEW003") == []


def test_columns_that_two_queries_derive() -> None:
    files = side_by_side("plain", "open")
    past = "select MADE, y from past"
    made = "extract(hour from at) + extract(minute from at) / 60.0 as hour, miles / nullif(seconds / 3600.0, 0) as speed"
    cast = "cast(a as float64) as a, cast(b as date) as b, cast(c as float64) as c, d::double precision as d"
    for columns, expected in ((made, [("sql/open.sql", 1)]), (cast, [])):
        both = {"sql/plain.sql": past.replace("MADE", columns), "sql/open.sql": f"select {columns} from open"}
        assert found({**files, **both}, "SKEW001") == expected
    other = {"sql/plain.sql": past.replace("MADE", made), "sql/open.sql": "select hour(at) as hour, km / seconds as speed from open"}
    assert found({**files, **other}, "SKEW001") == []
