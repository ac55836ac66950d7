"""What code and configuration files set up as triggers: each live one reaches its function, each dead twin says why it does not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.programs import picture


@dataclass(frozen=True)
class Found:
    """How a function comes to be run, and by what."""

    level: str
    reason: str
    starts: str
    timed: bool
    confidence: float


def found(files: dict[str, str], name: str = "train") -> Found:
    """The best way to the function `name`."""
    made = picture(files)
    nodes = [n for n in made.graph.of_kind("function", "test") if made.graph.nodes[n].label == name]
    assert len(nodes) == 1, [node.label for node in made.graph.nodes]
    answer = made.schedule.of(nodes[0])
    start = answer.path[0].kind if answer.path else ""
    return Found(answer.level, answer.broken.message if answer.broken else "", start, answer.timed, answer.confidence)


OPERATOR = "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\n\ndef train():\n    return 1\n\n"
TASK = "    PythonOperator(task_id='train', python_callable=train)\n"
TWO = {"requirements.txt": "apache-airflow==2.10.5\n"}
THREE = {"requirements.txt": "apache-airflow==3.1.0\n"}


def dag(arguments: str) -> str:
    return f"{OPERATOR}with DAG('d', {arguments}) as dag:\n{TASK}"


@pytest.mark.parametrize(
    "source",
    [
        dag("schedule='@daily'"),
        dag("schedule_interval='0 2 * * *'"),
        "from datetime import timedelta\n" + dag("schedule=timedelta(minutes=2)"),
        "NIGHTLY = '0 2 * * *'\n" + dag("schedule=NIGHTLY"),
        dag("catchup=False"),
        f"{OPERATOR}dag = DAG('d', schedule='@hourly')\nPythonOperator(task_id='t', python_callable=train, dag=dag)\n",
        f"{OPERATOR}def make(day):\n    with DAG('d', schedule=day) as dag:\n    {TASK}    return dag\n\nfirst = make('@daily')\n",
        f"{OPERATOR}def step():\n{TASK}\nwith DAG('d', schedule='@daily'):\n    step()\n",
    ],
)
def test_a_dag_with_a_schedule_runs_its_tasks(source: str) -> None:
    answer = found({"dags/d.py": source, **TWO})
    assert (answer.level, answer.starts, answer.timed) == ("kept", "trigger", True)


@pytest.mark.parametrize(
    ("source", "more", "reason"),
    [
        (dag("schedule=None"), TWO, "no schedule is set"),
        (dag("schedule='@once'"), TWO, "single run"),
        (dag("catchup=False"), THREE, "Airflow 3"),
        (dag("schedule='@daily', is_paused_upon_creation=True"), TWO, "switched off"),
        (dag("schedule='0 0 31 2 *'"), TWO, "no such day"),
        (f"{OPERATOR}def make():\n    with DAG('d', schedule='@daily') as dag:\n    {TASK}    return dag\n", TWO, "never called"),
    ],
)
def test_a_dag_that_never_starts_by_itself(source: str, more: dict[str, str], reason: str) -> None:
    answer = found({"dags/d.py": source, **more})
    assert answer.level == "manual"
    assert reason in answer.reason


@pytest.mark.parametrize(
    ("argument", "level"),
    [
        ("end_date=datetime(2021, 3, 1)", "manual"),
        ("end_date=pendulum.datetime(2021, 3, 1, tz='UTC')", "manual"),
        ("end_date=pendulum.parse('2021-03-01')", "manual"),
        ("default_args={'end_date': datetime(2021, 3, 1)}", "manual"),
        ("end_date=datetime(2031, 3, 1)", "kept"),
        ("end_date=None", "kept"),
        ("start_date=datetime(2021, 3, 1)", "kept"),
    ],
)
def test_a_dag_whose_end_is_past(argument: str, level: str) -> None:
    source = "import pendulum\nfrom datetime import datetime\n" + dag(f"schedule='@daily', {argument}")
    made = picture({"dags/d.py": source, **TWO}, "2024-06-01")
    nodes = [n for n in made.graph.of_kind("function") if made.graph.nodes[n].label == "train"]
    assert made.schedule.of(nodes[0]).level == level


def test_the_default_schedule_is_assumed_when_the_version_is_not_known() -> None:
    assert found({"dags/d.py": dag("catchup=False")}).confidence < found({"dags/d.py": dag("catchup=False"), **TWO}).confidence


def test_decorated_dags_and_tasks() -> None:
    source = (
        "from airflow.decorators import dag, task\n\n@dag(schedule='@daily')\ndef flow():\n"
        "    @task\n    def train():\n        return 1\n    train()\n\n{call}\n"
    )
    assert found({"d.py": source.format(call="flow()")}, "flow.train").level == "kept"
    dead = found({"d.py": source.format(call="")}, "flow.train")
    assert dead.level == "manual"
    assert "never called" in dead.reason


def test_a_bash_operator_runs_its_command() -> None:
    source = (
        "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
        "with DAG('d', schedule='@daily'):\n    BashOperator(task_id='t', bash_command='python jobs/train.py --day {{ ds }}')\n"
    )
    job = "def train():\n    return 1\n\nif __name__ == '__main__':\n    train()\n"
    assert found({"d.py": source, "jobs/train.py": job}).level == "kept"


def test_a_dag_that_starts_another_one() -> None:
    first = (
        "from airflow import DAG\nfrom airflow.operators.trigger_dagrun import TriggerDagRunOperator\n"
        "with DAG('first', schedule='@daily'):\n    TriggerDagRunOperator(task_id='t', trigger_dag_id='d')\n"
    )
    assert found({"first.py": first, "second.py": dag("schedule=None"), **TWO}).level == "kept"


PREFECT = "from prefect import flow\n\n@flow\ndef train():\n    return 1\n\n"


@pytest.mark.parametrize(
    "call",
    [
        "train.serve('t', cron='0 2 * * *')",
        "train.deploy('t', work_pool_name='p', interval=3600)",
        "train.to_deployment('t', cron='@daily')",
    ],
)
def test_a_deployed_flow(call: str) -> None:
    answer = found({"f.py": f"{PREFECT}if __name__ == '__main__':\n    {call}\n"})
    assert (answer.level, answer.timed) == ("kept", True)
    assert answer.confidence < 1, "a script that a person runs once set it up"


def test_a_flow_without_a_schedule_or_with_a_paused_one() -> None:
    assert found({"f.py": f"{PREFECT}if __name__ == '__main__':\n    train.serve('t')\n"}).level == "manual"
    paused = found({"f.py": f"{PREFECT}train.deploy('t', cron='@daily', paused=True)\n"})
    assert (paused.level, paused.reason) == ("manual", "the schedule is paused")


def test_a_deployment_with_a_schedule_object() -> None:
    for call in ("Deployment", "Deployment.build_from_flow"):
        source = (
            "from prefect.deployments import Deployment\nfrom prefect.client.schemas.schedules import CronSchedule\n"
            f"from flows import train\n\n{call}(flow=train, name='t', schedule=CronSchedule(cron='0 3 2 * *'))\n"
        )
        assert found({"flows.py": PREFECT, "deploy.py": source}).level == "kept"


DAGSTER = "from dagster import DefaultScheduleStatus, ScheduleDefinition, job\n\n@job\ndef train():\n    pass\n\n"


def test_a_dagster_schedule_starts_switched_off() -> None:
    off = found({"d.py": f"{DAGSTER}nightly = ScheduleDefinition(job=train, cron_schedule='0 2 * * *')\n"})
    assert off.level == "manual"
    assert "default_status" in off.reason
    status = "default_status=DefaultScheduleStatus.RUNNING"
    assert found({"d.py": f"{DAGSTER}nightly = ScheduleDefinition(job=train, cron_schedule='0 2 * * *', {status})\n"}).level == "kept"


CLOCK = (
    "from apscheduler.schedulers.blocking import BlockingScheduler\n\ndef train():\n    return 1\n\n"
    "if __name__ == '__main__':\n    clock = BlockingScheduler()\n    clock.add_job(train, 'cron', hour=2)\n    clock.start()\n"
)


def test_a_clock_inside_a_process_ticks_while_the_process_runs() -> None:
    assert found({"clock.py": CLOCK}).level == "manual"
    graph = picture({"clock.py": CLOCK}).graph
    assert ["keeps the process" in graph.nodes[n].attributes["reason"] for n in graph.of_kind("trigger")] == [True]
    service = "services:\n  clock:\n    image: python:3.11\n    command: python clock.py\n"
    running = found({"clock.py": CLOCK, "docker-compose.yml": service})
    assert (running.level, running.timed) == ("kept", True)


def test_the_schedule_library() -> None:
    source = "import schedule\n\ndef train():\n    return 1\n\nschedule.every().day.at('02:00').do(train)\n"
    assert found({"clock.py": source}).level == "manual"
    assert found({"clock.py": source, "Procfile": "worker: python clock.py\n"}).level == "kept"


METAFLOW = (
    "from metaflow import FlowSpec, schedule, step\n\n@schedule(daily=True)\nclass Train(FlowSpec):\n"
    "    @step\n    def start(self):\n        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n\n"
    "if __name__ == '__main__':\n    Train()\n"
)


def test_a_scheduled_class_waits_for_the_command_that_deploys_it() -> None:
    dead = found({"flow.py": METAFLOW}, "Train.start")
    assert dead.level == "manual"
    deploy = "deploy:\n\tpython flow.py argo-workflows create\n"
    assert found({"flow.py": METAFLOW, "Makefile": deploy}, "Train.start").level == "kept"


ZENML = "from zenml import pipeline\nfrom zenml.config.schedule import Schedule\n\n@pipeline\ndef train():\n    pass\n\n"


def test_a_pipeline_with_a_schedule_among_its_options() -> None:
    with_one = f"{ZENML}train.with_options(schedule=Schedule(cron_expression='0 2 * * *'))()\n"
    assert found({"p.py": with_one}).level == "kept"
    assert found({"p.py": f"{ZENML}if __name__ == '__main__':\n    train()\n"}).level == "manual"
    unknown = f"{ZENML}def main(**options):\n    train.with_options(**options)()\n\nif __name__ == '__main__':\n    main()\n"
    assert found({"p.py": unknown}).level != "kept", "options that may hold a schedule, or not"


KFP = "from kfp import dsl\n\n@dsl.pipeline(name='p')\ndef train():\n    pass\n\n"


def test_a_recurring_run_of_a_compiled_pipeline() -> None:
    call = "Client().create_recurring_run(experiment_id='e', job_name='j', cron_expression='0 0 2 * * *', pipeline_package_path='p.yaml')\n"
    answer = found({"p.py": KFP, "submit.py": f"import kfp\n\nkfp.{call}"})
    assert (answer.level, answer.timed) == ("kept", True)
    assert answer.confidence < 1
    never = f"import kfp\n\ndef submit():\n    kfp.{call}"
    assert found({"p.py": KFP, "submit.py": never}).level != "kept", "nobody calls the function that asks for it"


def test_one_trigger_for_a_deployment_with_a_schedule_object() -> None:
    source = f"{ZENML}train.with_options(schedule=Schedule(cron_expression='0 2 * * *'))()\n"
    assert len(picture({"p.py": source}).graph.of_kind("trigger")) == 1


TEST = {"tests/test_a.py": "def test_a():\n    assert 1\n"}


@pytest.mark.parametrize(
    ("path", "text", "level", "certain"),
    [
        (".circleci/config.yml", "jobs:\n  build:\n    steps: [checkout, {run: pytest}]\n", "kept", True),
        (".circleci/config.yml", "jobs:\n  build:\n    steps: [checkout, {run: pytest || true}]\n", "lost", True),
        (".gitlab-ci.yml", "test:\n  script: [pytest]\n", "kept", True),
        (".gitlab-ci.yml", "test:\n  script: [pytest]\n  allow_failure: true\n", "lost", True),
        (".gitlab-ci.yml", "test:\n  script: [pytest]\n  when: manual\n", "manual", True),
        (".gitlab-ci.yml", "test:\n  script: [pytest]\n  only: [schedules]\n", "kept", False),
        ("azure-pipelines.yml", "trigger: [main]\nsteps:\n  - script: pytest\n", "kept", True),
        ("azure-pipelines.yml", "trigger: [main]\nsteps:\n  - script: |\n      pytest\n      echo done\n", "lost", True),
        ("azure-pipelines.yml", "trigger: none\nsteps:\n  - script: pytest\n", "manual", True),
        ("bitbucket-pipelines.yml", "pipelines:\n  default:\n    - step: {script: [pytest]}\n", "kept", True),
        ("bitbucket-pipelines.yml", "pipelines:\n  custom:\n    a:\n      - step: {script: [pytest]}\n", "manual", True),
        ("Jenkinsfile", "pipeline { triggers { cron('H 2 * * *') } stages { stage('a') { steps { sh 'pytest' } } } }\n", "kept", True),
        ("Jenkinsfile", "node { stage('a') { catchError { sh 'pytest' } } }\n", "lost", False),
        ("cloudbuild.yaml", "steps:\n  - name: python\n    args: [pytest]\n", "manual", True),
        ("crontab", "0 2 * * * pytest\n", "kept", False),
    ],
)
def test_automation_servers(path: str, text: str, level: str, certain: bool) -> None:
    answer = found({path: text, **TEST}, "test_a")
    assert answer.level == level
    assert (answer.confidence == 1) == certain


def test_a_build_file_with_a_trigger_in_terraform_or_in_a_document() -> None:
    build_file = {"cloudbuild.yaml": "steps:\n  - name: python\n    args: [pytest]\n", **TEST}
    github = '{{\n    push {{ branch = "main" }}\n  }}'
    block = f'resource "google_cloudbuild_trigger" "t" {{{{\n  filename = "cloudbuild.yaml"\n  {{more}}\n  github {github}\n}}}}\n'
    assert found({**build_file, "t.tf": block.format(more="")}, "test_a").level == "kept"
    assert found({**build_file, "t.tf": block.format(more="disabled = true")}, "test_a").level == "manual"
    told = found({**build_file, "README.md": "# CI\n\n`cloudbuild.yaml` runs on every pull request.\n"}, "test_a")
    assert (told.level, told.confidence) == ("kept", 0.7)
    assert found({**build_file, "README.md": "# CI\n\n`cloudbuild.yaml` builds the image.\n"}, "test_a").level == "manual"


def test_a_command_with_a_parameter_runs_what_its_caller_names() -> None:
    tool = (
        "import subprocess\nimport sys\n\ndef run(name):\n    subprocess.run([sys.executable, '-m', name], check=True)\n\n"
        "def train():\n    run('jobs.fit')\n\ndef report():\n    run('jobs.report')\n"
    )
    jobs = {f"jobs/{name}.py": f"def {name}():\n    return 1\n\nif __name__ == '__main__':\n    {name}()\n" for name in ("fit", "report")}
    made = picture({"tool.py": tool, "jobs/__init__.py": "", **jobs})
    graph = made.graph
    by_label = {graph.nodes[n].label: n for n in graph.of_kind("function") if graph.nodes[n].place.path == "tool.py"}
    reached = {graph.nodes[n].place.path for n in graph.sweep([by_label["train"]], ("run", "call"))}
    assert "jobs/fit.py" in reached
    assert "jobs/report.py" not in reached
