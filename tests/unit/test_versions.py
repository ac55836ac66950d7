"""Which versions govern a file, what the installed version lacks, and what cannot run because of it."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.knowledge.versions import bounds_of

OLD = "from evidently.report import Report\n"


@pytest.mark.parametrize(
    ("specifiers", "at_least", "below", "exact"),
    [
        (("==0.7.1",), "0.7.1", "0.7.2", "0.7.1"),
        (("<0.7", ">=0.4"), "0.4", "0.7", ""),
        (("~=0.7.1",), "0.7.1", "0.8", ""),
        (("^0.7",), "0.7", "0.8", ""),
        (("^1.2",), "1.2", "2", ""),
        (("=1.2",), "1.2", "1.3", ""),
        (("==1.22.*",), "1.22", "1.23", ""),
        (("==2.0.0",), "2.0", "2.0.1", "2.0.0"),
    ],
)
def test_bounds(specifiers: tuple[str, ...], at_least: str, below: str, exact: str) -> None:
    bounds = bounds_of(specifiers)
    assert bounds.at_least(at_least) and bounds.below(below) and bounds.exact == exact
    assert not bounds.at_least(below)
    assert not bounds.below(at_least)


def test_open_ranges_and_early_releases() -> None:
    assert bounds_of((">=1.0",)).at_least("1.0")
    assert not bounds_of((">=1.0",)).below("9")
    assert not bounds_of(("==1.0rc1",)).at_least("1.0")
    assert bounds_of((">=1,<2 || >=3",)) == bounds_of(())


@pytest.mark.parametrize(
    ("files", "path", "least", "below"),
    [
        ({"requirements.txt": "apache-airflow==2.8.1\n"}, "dags/a.py", "2.8.1", "3"),
        ({"requirements.txt": "apache-airflow==2.8.1\n", "dags/requirements.txt": "apache-airflow>=3\n"}, "dags/a.py", "3", ""),
        ({"Dockerfile": "FROM apache/airflow:3.0.2\n"}, "dags/a.py", "3", "4"),
        ({"compose.yaml": "services:\n  web:\n    image: apache/airflow:2.9.0\n"}, "dags/a.py", "2", "3"),
        ({"requirements/base.txt": "apache-airflow[amazon]~=2.9\n"}, "dags/a.py", "2.9", "3"),
        ({"Dockerfile": "FROM python:3.11\nRUN pip install 'apache-airflow==3.1.0'\n"}, "a.py", "3.1", "3.2"),
        ({"setup.py": "from setuptools import setup\nsetup(name='x', install_requires=['apache-airflow>=2'])\n"}, "a.py", "2", ""),
    ],
)
def test_what_governs_a_file(files: dict[str, str], path: str, least: str, below: str) -> None:
    bounds = picture({path: "import airflow\n", **files}).world.versions.bounds(path, "apache-airflow")
    assert bounds.at_least(least)
    assert bounds.below(below) if below else not bounds.below("99")


def test_environments_that_differ_say_nothing() -> None:
    files = {"requirements.txt": "evidently==0.7.2\n", "environment.yml": "dependencies:\n  - evidently=0.4\n", "a.py": OLD}
    bounds = picture(files).world.versions.bounds("a.py", "evidently")
    assert not bounds.at_least("0.7")
    assert not bounds.below("0.7")
    assert lacking(files) == {}


def test_a_lock_file_settles_a_range() -> None:
    lock = 'version = 1\n[[package]]\nname = "evidently"\nversion = "0.7.3"\nsource = { registry = "x" }\n'
    project = '[project]\nname = "p"\nversion = "1"\ndependencies = ["evidently>=0.4"]\n'
    assert lacking({"pyproject.toml": project, "uv.lock": lock, "a.py": OLD}) == {"evidently.report": "gone"}
    assert lacking({"pyproject.toml": project, "a.py": OLD}) == {}


def lacking(files: dict[str, str]) -> dict[str, str]:
    graph = picture(files).graph
    return {n.attributes["name"]: n.attributes["moved"] for n in graph.nodes if "moved" in n.attributes}


@pytest.mark.parametrize(
    ("code", "pin", "found"),
    [
        ("import evidently.report as r\n", "evidently==0.7.2", {"evidently.report": "gone"}),
        ("from evidently.report import *\n", "evidently==0.7.2", {"evidently.report": "gone"}),
        ("from evidently import Report\n", "evidently==0.4.40", {"evidently.Report": "early"}),
        ("from evidently.legacy.report import Report\n", "evidently==0.7.2", {}),
        ("import numpy as np\nx = np.bool(1)\n", "numpy==1.26.4", {"numpy.bool": "gone"}),
        ("import numpy as np\nx = np.bool(1)\n", "numpy==2.1.0", {}),
        ("import tensorflow as tf\nx = tf.placeholder(1)\n", "tensorflow==2.15.0", {"tensorflow.placeholder": "gone"}),
        ("import tensorflow.compat.v1 as tf\nx = tf.placeholder(1)\n", "tensorflow==2.15.0", {}),
        ("import pandas as pd\nd = pd.read_csv('a')\nd.append(d)\n", "pandas==2.2.0", {"pandas.DataFrame.append": "gone"}),
        ("rows = []\nrows.append(1)\n", "pandas==2.2.0", {}),
        ("from mlflow import MlflowClient as C\nC().transition_model_version_stage('m', 1, 'x')\n", "mlflow==2.10.0",
         {"mlflow.MlflowClient.transition_model_version_stage": "deprecated"}),
        ("try:\n    from evidently.report import Report\nexcept ImportError:\n    Report = None\n", "evidently==0.7.2", {}),
        ("import numpy as np\nt = np.float if np.__version__ < '1.24' else float\n", "numpy==1.26.4", {"numpy.float": "gone"}),
        ("import numpy as np\nif np.__version__ < '1.24':\n    t = np.float\n", "numpy==1.26.4", {}),
        ("import numpy as np\nif hasattr(np, 'float'):\n    t = np.float\n", "numpy==1.26.4", {}),
    ],
)  # fmt: skip
def test_what_the_installed_version_lacks(code: str, pin: str, found: dict[str, str]) -> None:
    assert lacking({"requirements.txt": pin + "\n", "a.py": code}) == found


WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: python main.py\n"
CHECK = "def check(rows):\n    if len(rows) < 9:\n        raise ValueError(1)\n"


INSIDE = "def check(rows):\n    from evidently.report import Report\n" + CHECK.partition("\n")[2]


def check_runs(main: str, drift: str) -> str:
    """How the check of `drift.py` comes to be run: the level of automation and what breaks it."""
    files = {
        ".github/workflows/a.yml": WORKFLOW,
        "requirements.txt": "pandas==2.2.0\nevidently==0.7.2\n",
        "main.py": main,
        "drift.py": drift,
    }
    made = picture(files)
    (node,) = [n.id for n in made.graph.nodes if n.attributes.get("form") == "raise" and n.place.path == "drift.py"]
    automation = made.schedule.of(node)
    return f"{automation.level} {automation.broken.condition}" if automation.broken is not None else automation.level


@pytest.mark.parametrize(
    ("main", "drift", "level"),
    [
        ("from drift import check\ncheck([])\n", CHECK, "kept"),
        ("from drift import check\ncheck([])\n", OLD + CHECK, "skipped wired"),
        ("import evidently.report\nfrom drift import check\ncheck([])\n", CHECK, "skipped wired"),
        ("import pandas as pd\nfrom drift import check\nd = pd.read_csv('a')\ncheck(d.append(d))\n", CHECK, "skipped wired"),
        ("import pandas as pd\nfrom drift import check\nd = pd.read_csv('a')\ncheck(d)\nd.append(d)\n", CHECK, "kept"),
        ("import pandas as pd\nfrom drift import check\nd = pd.read_csv('a')\nif len(d):\n    d.append(d)\ncheck(d)\n", CHECK, "kept"),
        ("import pandas as pd\nfrom drift import check\ndef more(d):\n    return d.append(d)\nd = pd.read_csv('a')\nmore(d)\ncheck(d)\n",
         CHECK, "skipped wired"),
        ("import pandas as pd\nfrom drift import check\ndef more():\n    d = pd.read_csv('a')\n    return d.append(d)\nmore()\ncheck([])\n",
         CHECK, "skipped wired"),
        ("import pandas\nfrom drift import check\nd = pandas.read_csv('a')\ntry:\n    d.append(d)\nexcept Exception:\n    pass\ncheck(d)\n",
         CHECK, "kept"),
        ("from drift import check\ncheck([])\n", INSIDE, "skipped wired"),
    ],
)  # fmt: skip
def test_what_cannot_run_after_it(main: str, drift: str, level: str) -> None:
    assert check_runs(main, drift) == level
