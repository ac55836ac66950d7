"""SQL: the tables of statements, and data that flows through tables from program to program."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.source.syntax.sql import is_sql, statements

STATEMENTS: list[tuple[str, list[str], list[str]]] = [
    ("select a from t1 x, s.t2 as y join t3 on x.a = y.b where z in (select k from t5)", ["t1", "s.t2", "t3", "t5"], []),
    ("select * from (select * from t4) q left outer join t6 using (id)", ["t4", "t6"], []),
    ("with a as (select * from raw.x), b as (select * from a) select * from b join c using (id)", ["raw.x", "c"], []),
    ("insert into db.out (a, b) select a, extract(year from d) from src where x is distinct from y", ["src"], ["db.out"]),
    ("create or replace table if not exists m.feat as select *, trim(both ' ' from n) from base", ["base"], ["m.feat"]),
    ("create temp view v as select 1", [], ["v"]),
    ("merge into tgt using stage s on tgt.id = s.id when matched then update set x = 1", ["stage"], ["tgt"]),
    ("update t set a = 1 where b = 2", ["t"], ["t"]),
    ("delete from t where a in (select b from u)", ["u"], []),
    (
        "{{ config(materialized='table') }} select * from {{ ref('stg_x') }} join {{ source('raw', 'orders') }} o",
        ["stg_x", "raw.orders"],
        [],
    ),
    ("{% if x %} select * from a {% endif %}", ["a"], []),
    ("select * from \x00.tab where d = '{}'", ["tab"], []),
    ("select * from {schema}.tab -- from other", ["tab"], []),
    ("select * from {table}", [], []),
    ("select * from generate_series(1, 2), t", ["t"], []),
    ('select * from "My Table"', ["my table"], []),
    ("select 'from x' as y from z", ["z"], []),
    ("select count(*) from t; insert overwrite table z select * from u", ["t", "u"], ["z"]),
    ("select 1", [], []),
    ("", [], []),
    ("select * from (((", [], []),
]


@pytest.mark.parametrize(("text", "reads", "writes"), STATEMENTS)
def test_tables(text: str, reads: list[str], writes: list[str]) -> None:
    found = statements(text)
    assert ([r for one in found for r in one.reads], [w for one in found for w in one.writes]) == (reads, writes)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("select a, b.c, sum(d) as e from t", ("a", "c", "e")),
        ("select * from t", ()),
        ("select a, count(*) from t", ()),
        ("with x as (select q from t) select a from x", ("a",)),
    ],
)
def test_columns(text: str, columns: tuple[str, ...]) -> None:
    assert statements(text)[0].columns == columns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM t", True),
        ("-- x\nwith a as (select 1) select 2", True),
        ("data/select/a.csv", False),
        ("selected.csv", False),
        ("select", False),
    ],
)
def test_what_is_sql(text: str, expected: bool) -> None:
    assert is_sql(text) is expected


HEAD = "import pandas as pd\nfrom sklearn.svm import SVC\n"
FIT = "SVC().fit(rows[['a']], rows['b'])\n"
WRITERS = {
    "load.py": "import pandas as pd\npd.read_csv('raw.csv').to_sql('shop_orders', engine)\n",
    "insert.py": "import pandas as pd\nimport sqlite3\nc = sqlite3.connect('x')\nrows = pd.read_csv('raw.csv')\n"
    "c.cursor().execute('INSERT INTO shop_orders SELECT * FROM staged')\n",
    "spark.py": "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
    "spark.read.csv('raw.csv').write.mode('overwrite').saveAsTable('shop_orders')\n",
    "build.sql": "create table shop_orders as select * from staged;\n",
}
READS = {
    "pd.read_sql('SELECT a, b FROM {}', engine)": True,
    "pd.read_sql_table('{}', engine)": True,
    "pd.read_sql(open('query.sql').read(), engine)": True,
    "pd.read_sql(f'SELECT a FROM {{schema}}.{} WHERE d > 1', engine)": True,
}


@pytest.mark.parametrize("writer", sorted(WRITERS))
@pytest.mark.parametrize("read", sorted(READS))
@pytest.mark.parametrize(("table", "joined"), [("shop_orders", True), ("other_orders", False)])
def test_a_table_that_one_program_writes_and_another_reads(writer: str, read: str, table: str, joined: bool) -> None:
    files = {writer: WRITERS[writer], "train.py": f"{HEAD}rows = {read.format(table)}\n{FIT}", "query.sql": f"select * from {table}\n"}
    graph = picture(files).graph
    (fit,) = graph.with_role("model.fit")
    writers = {n.id for n in graph.nodes if n.place.path == writer}
    assert bool(writers & graph.sweep([fit], ("flow", "read", "write", "join"), back=True).keys()) is joined


def test_models_of_dbt() -> None:
    files = {
        "dbt/dbt_project.yml": "name: x\n",
        "dbt/models/staging/stg_orders.sql": "select a, b from {{ source('raw', 'orders') }}\n",
        "dbt/models/features.sql": "{{ config(x='y') }}\nwith x as (select * from {{ ref('stg_orders') }}) select a, b from x\n",
        "dbt/tests/no_nulls.sql": "select * from {{ ref('features') }} where a is null\n",
        "train.py": f"{HEAD}rows = pd.read_sql('select * from mart.features', engine)\n{FIT}",
        "Makefile": "all:\n\tcd dbt && dbt run\n",
    }
    graph = picture(files).graph
    (fit,) = graph.with_role("model.fit")
    found = graph.sweep([fit], ("flow", "read", "write", "join"), back=True)
    labels = {graph.nodes[n].label for n in found}
    assert {"table:features", "dbt/models/features.sql", "table:stg_orders", "table:raw.orders"} <= labels
    assert "dbt/tests/no_nulls.sql" not in labels
    table = next(n for n in graph.nodes if n.label == "table:features")
    assert table.attributes["columns"] == "a b"
    run = next(n for n in graph.nodes if n.kind == "command" and n.label == "dbt run")
    assert "dbt/models/features.sql" in {graph.nodes[e.target].label for e in graph.successors(run.id, ("run",))}


def test_a_query_is_no_path() -> None:
    graph = picture({"a.py": f"{HEAD}rows = pd.read_sql('select * from t', engine)\n{FIT}"}).graph
    assert [n.label for n in graph.nodes if n.kind in ("artifact", "dataset")] == ["table:t"]
    assert [graph.nodes[n].attributes["origin"] for n in graph.with_role("data.read")] == ["database"]
