"""Gates that are joined to a release only by the order of tasks: an orchestrator runs what is declared, not what the text says."""

from __future__ import annotations

import pytest
from tests.programs import picture

HEAD = """\
import mlflow, joblib, pandas as pd
from sklearn.metrics import accuracy_score
from airflow import DAG
from airflow.operators.python import PythonOperator, ShortCircuitOperator, BranchPythonOperator
from airflow.decorators import dag, task
from airflow.operators.empty import EmptyOperator
from airflow.models.baseoperator import chain
from airflow.utils.trigger_rule import TriggerRule
def evaluate():
    m = joblib.load('m.pkl'); d = pd.read_csv('d.csv')
    return accuracy_score(d.y, m.predict(d))
def decide():
    acc = evaluate()
    if acc < 0.8:
        raise ValueError('bad')
def short():
    return evaluate() > 0.8
def branch():
    if evaluate() > 0.8:
        return 'register'
    return 'stop'
def register():
    mlflow.register_model('runs:/1', 'm')
"""
OPERATORS = """\
with DAG('d', schedule='@daily') as dag:
    d = PythonOperator(task_id='decide', python_callable=decide)
    s = ShortCircuitOperator(task_id='s', python_callable=short)
    b = BranchPythonOperator(task_id='b', python_callable=branch)
    x = EmptyOperator(task_id='x')
    r = PythonOperator(task_id='register', python_callable=register{argument})
    {order}
"""
DECORATED = """\

@task
def t_decide():
    decide()
@task
def t_register(x=None):
    register()
@task.short_circuit
def t_short():
    return evaluate() > 0.8
@dag(schedule='@daily')
def flow():
    {body}
flow()
"""
COMPONENTS = """\
import kfp, mlflow, pandas as pd
from kfp import dsl
from sklearn.metrics import accuracy_score
@dsl.component
def evaluate() -> float:
    d = pd.read_csv('d.csv')
    return accuracy_score(d.y, d.p)
@dsl.component
def gate(acc: float):
    if acc < 0.8:
        raise ValueError('bad')
@dsl.component
def deploy():
    mlflow.register_model('runs:/1', 'm')
@dsl.pipeline(name='x')
def p():
    e = evaluate()
    {body}
"""
SCRIPTS = """\
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('d', schedule='@daily') as dag:
    a = BashOperator(task_id='a', bash_command='python gate.py')
    b = BashOperator(task_id='b', bash_command='python register.py')
    {order}
"""
GATE = """\
import joblib, sys, pandas as pd
from sklearn.metrics import accuracy_score
d = pd.read_csv('d.csv')
if accuracy_score(d.y, joblib.load('m.pkl').predict(d)) < 0.8:
    sys.exit(1)
"""


def guarded(files: dict[str, str]) -> str:
    """What is said of the one release."""
    graph = picture(files).graph
    releases = [n for n in graph.with_role("model.register") if "guarded" in graph.nodes[n].attributes]
    assert len(releases) == 1
    return graph.nodes[releases[0]].attributes["guarded"]


@pytest.mark.parametrize(
    ("order", "argument", "expected"),
    [
        ("d >> r", "", "true"),
        ("r << d", "", "true"),
        ("d >> x >> r", "", "true"),
        ("[d, x] >> r", "", "true"),
        ("chain(d, [x], r)", "", "true"),
        ("r.set_upstream([d])", "", "true"),
        ("d.set_downstream(r)", "", "true"),
        ("s >> r", "", "true"),
        ("b >> [r, x]", "", "true"),
        ("b >> r", ", trigger_rule='none_failed'", "true"),
        ("x >> r", "", "false"),
        ("pass", "", "false"),
        ("r >> d", "", "false"),
        ("d >> r", ", trigger_rule='all_done'", "false"),
        ("d >> r", ", trigger_rule=TriggerRule.ALL_DONE", "false"),
        ("b >> x >> r", ", trigger_rule='none_failed'", "false"),
    ],
)
def test_operators(order: str, argument: str, expected: str) -> None:
    code = HEAD + OPERATORS.format(order=order, argument=argument)
    assert guarded({"dags/d.py": code}) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("t_decide() >> t_register()", "true"),
        ("t_register(t_decide())", "true"),
        ("a = t_decide()\n    b = t_register()\n    a >> b", "true"),
        ("t_short() >> t_register()", "true"),
        ("t_decide(); t_register()", "false"),
        ("t_short(); t_register()", "false"),
        ("t_decide() >> t_register.override(trigger_rule='all_done')()", "false"),
    ],
)
def test_decorated_tasks(body: str, expected: str) -> None:
    assert guarded({"dags/d.py": HEAD + DECORATED.format(body=body)}) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("deploy().after(gate(acc=e.output))", "true"),
        ("g = gate(acc=e.output)\n    d = deploy()\n    d.after(g)", "true"),
        ("with dsl.If(e.output > 0.8):\n        deploy()", "true"),
        ("with dsl.Condition(e.output > 0.8, name='good'):\n        deploy()", "true"),
        ("g = gate(acc=e.output)\n    deploy()", "false"),
        ("with dsl.ExitHandler(e):\n        deploy()", "false"),
    ],
)
def test_components(body: str, expected: str) -> None:
    assert guarded({"pipeline.py": COMPONENTS.format(body=body)}) == expected


@pytest.mark.parametrize(("order", "expected"), [("a >> b", "true"), ("b >> a", "false"), ("pass", "false")])
def test_scripts_that_tasks_run(order: str, expected: str) -> None:
    files = {"gate.py": GATE, "register.py": "import mlflow\nmlflow.register_model('runs:/1', 'm')\n"}
    assert guarded({"dags/d.py": SCRIPTS.format(order=order), **files}) == expected
