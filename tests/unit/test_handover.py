"""Data on its way from task to task of an orchestrator, and models on their way through a registry; the bad twin of each names another."""

from __future__ import annotations

import pytest
from tests.programs import picture

HEAD = "import pandas as pd\nfrom sklearn.svm import SVC\n"
READ = "rows = pd.read_csv('a.csv')\n"
CHECK = "if rows.isna().any().any():\n        raise ValueError('rows are missing')\n"
FIT = "SVC().fit(rows[['a']], rows['b'])"


def trained(files: dict[str, str]) -> tuple[str, str, str]:
    """Of the one training: whether a read of data reaches it, which part of the data it sees, and whether the data is checked."""
    found = picture(files)
    (fit,) = [found.graph.nodes[n].attributes for n in found.graph.with_role("model.fit")]
    reads = {found.graph.nodes[n].attributes["to_fit"] for n in found.graph.with_role("data.read")}
    return ("true" if "true" in reads else "false"), fit["part"], fit["validated"]


AIRFLOW = (
    HEAD
    + "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\n"
    + f"def read(ti):\n    {READ}    ti.xcom_push(key='rows', value=rows)\n"
    + "def check(**context):\n    rows = context['ti'].xcom_pull(task_ids='{first}', key='{key}')\n    {check}    return rows\n"
    + f"def fit(ti):\n    rows = ti.xcom_pull(task_ids='{{second}}')\n    {FIT}\n"
    + "with DAG('d', schedule='@daily') as dag:\n    a = PythonOperator(task_id='read', python_callable=read)\n"
    + "    b = PythonOperator(task_id='check', python_callable=check)\n    c = PythonOperator(task_id='fit', python_callable=fit)\n"
    + "    a >> b >> c\n"
)


@pytest.mark.parametrize(
    ("first", "key", "second", "check", "expected"),
    [
        ("read", "rows", "check", CHECK, ("true", "whole", "true")),
        ("read", "rows", "check", "print(rows)\n", ("true", "whole", "false")),
        ("read", "rows", "other", CHECK, ("false", "none", "none")),
        ("read", "other", "check", CHECK, ("false", "none", "none")),
        ("other", "rows", "check", CHECK, ("false", "none", "none")),
    ],
)
def test_what_a_task_pushes_and_another_pulls(first: str, key: str, second: str, check: str, expected: tuple[str, str, str]) -> None:
    assert trained({"a.csv": "a,b\n", "d.py": AIRFLOW.format(first=first, key=key, second=second, check=check)}) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("op_kwargs={'rows': \"{{ ti.xcom_pull(task_ids='read') }}\"}", "true"),
        ("op_kwargs={'rows': \"{{ ti.xcom_pull(task_ids='other') }}\"}", "false"),
        ("op_kwargs={'rows': a.output}", "true"),
        ("op_kwargs={'others': a.output}", "false"),
    ],
)
def test_what_an_operator_hands_to_its_function(options: str, expected: str) -> None:
    code = HEAD + "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\n"
    code += f"def read():\n    {READ}    return rows\ndef fit(rows):\n    {FIT}\nwith DAG('d') as dag:\n"
    code += (
        f"    a = PythonOperator(task_id='read', python_callable=read)\n    PythonOperator(task_id='b', python_callable=fit, {options})\n"
    )
    assert trained({"a.csv": "a,b\n", "d.py": code})[0] == expected


DAGSTER = (
    HEAD
    + f"from dagster import AssetIn, asset\n@asset\ndef raw():\n    {READ}    return rows\n"
    + "@asset(ins={{'rows': AssetIn('{first}')}})\ndef checked(rows):\n    {check}    return rows\n"
    + f"@asset\ndef model({{second}}):\n    rows = {{second}}\n    {FIT}\n"
)


@pytest.mark.parametrize(
    ("first", "second", "check", "expected"),
    [
        ("raw", "checked", CHECK, ("true", "whole", "true")),
        ("raw", "checked", "print(rows)\n", ("true", "whole", "false")),
        ("raw", "raw", CHECK, ("true", "whole", "false")),
        ("raw", "other", CHECK, ("false", "none", "none")),
        ("other", "checked", CHECK, ("false", "none", "none")),
    ],
)
def test_an_asset_that_another_takes(first: str, second: str, check: str, expected: tuple[str, str, str]) -> None:
    assert trained({"a.csv": "a,b\n", "assets.py": DAGSTER.format(first=first, second=second, check=check)}) == expected


def test_one_of_several_assets_of_a_function() -> None:
    code = HEAD + "from dagster import AssetOut, asset, multi_asset\n@multi_asset(outs={'one': AssetOut(), 'two': AssetOut()})\n"
    code += f"def both():\n    {READ}    return rows, 3\n@asset\ndef model({{}}):\n    rows = {{}}\n    {FIT}\n"
    assert trained({"a.csv": "a,b\n", "assets.py": code.replace("{}", "one")})[0] == "true"
    assert trained({"a.csv": "a,b\n", "assets.py": code.replace("{}", "two")})[0] == "false"


KEDRO = {
    "conf/base/catalog.yml": "raw:\n  type: pandas.CSVDataset\n  filepath: data/a.csv\nmodel:\n  type: pickle.PickleDataset\n"
    "  filepath: models/m.pkl\n",
    "data/a.csv": "a,b\n",
    "src/nodes.py": HEAD
    + "def split(frame, options):\n    return frame[:10], 3\ndef check(rows):\n    "
    + CHECK
    + f"    return rows\ndef fit(rows):\n    return {FIT}\n",
}
PIPELINE = (
    "from kedro.pipeline import node, pipeline\nfrom nodes import check, fit, split\n"
    "def create_pipeline():\n    return pipeline([node(split, ['raw', 'params:x'], ['train', 'count']), "
    "node(func=check, inputs={'rows': '%s'}, outputs='good'), node(fit, inputs='%s', outputs='model')])\n"
)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("train@pandas", "good", ("true", "whole", "true")),
        ("train", "train", ("true", "whole", "false")),
        ("count", "good", ("false", "none", "none")),
        ("train", "other", ("false", "none", "none")),
    ],
)
def test_names_in_the_declaration_of_a_task(first: str, second: str, expected: tuple[str, str, str]) -> None:
    files = {**KEDRO, "src/pipe.py": PIPELINE % (first, second)}
    assert trained(files)[:2] == expected[:2]
    if expected[0] == "true":
        assert trained(files) == expected


def test_names_of_a_catalogue_are_files() -> None:
    found = picture({**KEDRO, "src/pipe.py": PIPELINE % ("train", "good")})
    (read,) = [found.graph.nodes[n] for n in found.graph.with_role("data.read")]
    (saved,) = [found.graph.nodes[n] for n in found.graph.with_role("model.save")]
    assert (read.place.path, read.attributes["path"], read.attributes["origin"]) == ("conf/base/catalog.yml", "data/a.csv", "tracked")
    assert [found.graph.nodes[e.target].label for e in found.graph.successors(saved.id, ("write",))] == ["models/m.pkl"]


COMPONENTS = """from kfp import dsl
@dsl.component
def read(out: dsl.Output[dsl.Dataset], second: dsl.Output[dsl.Dataset]):
    import pandas as pd
    pd.read_csv('a.csv').to_csv(out.path)
@dsl.component
def fit(given: dsl.Input[dsl.Dataset], model: dsl.Output[dsl.Model]):
    import pandas as pd
    from sklearn.svm import SVC
    rows = pd.read_csv(given.path)
    SVC().fit(rows[['a']], rows['b'])
@dsl.pipeline
def p():
    r = read().set_display_name('x')
    fit(given=r.outputs['{}'])
"""
OLD_COMPONENTS = """from kfp.components import InputPath, OutputPath, create_component_from_func
import kfp
def read(out_path: OutputPath('CSV'), second_path: OutputPath()):
    import pandas as pd
    pd.read_csv('a.csv').to_csv(out_path)
def fit(given_path: InputPath('CSV')):
    import pandas as pd
    from sklearn.svm import SVC
    rows = pd.read_csv(given_path)
    SVC().fit(rows[['a']], rows['b'])
read_op = create_component_from_func(read)
fit_op = create_component_from_func(fit, base_image='x')
@kfp.dsl.pipeline(name='p')
def p():
    r = read_op()
    fit_op(given=r.outputs['{}'])
"""


@pytest.mark.parametrize("code", [COMPONENTS, OLD_COMPONENTS])
@pytest.mark.parametrize(("output", "reaches"), [("out", ["true", "true"]), ("second", ["false", "true"])])
def test_an_output_of_a_component_is_a_file_of_the_next(code: str, output: str, reaches: list[str]) -> None:
    found = picture({"a.csv": "a,b\n", "p.py": code.replace("{}", output)})
    assert [found.graph.nodes[n].attributes["to_fit"] for n in found.graph.with_role("data.read")] == reaches


@pytest.mark.parametrize("call", ["read.submit().result()", "read.with_options(retries=3)()", "read.fn()", "read()"])
def test_a_task_that_is_submitted(call: str) -> None:
    code = HEAD + f"from prefect import flow, task\n@task\ndef read():\n    return pd.read_csv('a.csv')\n@task\ndef fit(rows):\n    {FIT}\n"
    code += f"@flow\ndef run():\n    fit.submit({call})\nrun()\n"
    assert trained({"a.csv": "a,b\n", "f.py": code})[0] == "true"


REGISTER = HEAD + "import mlflow\nmodel = SVC().fit(x, y)\nmlflow.sklearn.log_model(model, 'model', registered_model_name='churn')\n"


@pytest.mark.parametrize(
    ("uri", "joined"),
    [
        ("models:/churn/Production", True),
        ("models:/churn@champion", True),
        ("models:/churn/3", True),
        ("models:/other/Production", False),
        ("churn.pkl", False),
    ],
)
def test_a_model_that_is_loaded_by_its_name_in_the_registry(uri: str, joined: bool) -> None:
    found = picture({"train.py": REGISTER, "serve.py": f"import mlflow\nmodel = mlflow.pyfunc.load_model('{uri}')\n"})
    (load,) = found.graph.with_role("model.load")
    (fit,) = found.graph.with_role("model.fit")
    assert (load in found.graph.sweep([fit], ("flow", "read", "write", "join"))) is joined


@pytest.mark.parametrize(("path", "joined"), [("model", True), ("other", False)])
def test_a_model_that_is_registered_from_a_run(path: str, joined: bool) -> None:
    code = (
        HEAD + "import mlflow\nwith mlflow.start_run() as run:\n    model = SVC().fit(x, y)\n    mlflow.sklearn.log_model(model, 'model')\n"
    )
    code += f"    mlflow.register_model(f'runs:/{{run.info.run_id}}/{path}', 'churn')\n"
    found = picture({"train.py": code})
    (register,), (fit,) = found.graph.with_role("model.register"), found.graph.with_role("model.fit")
    assert (register in found.graph.sweep([fit], ("flow",))) is joined
