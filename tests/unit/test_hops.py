"""Hops and facts of the graph on trees of a few lines: registered commands, command lines in arguments, processes, origins, swallows."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.graph.build import Picture
from mlrubric.model.graph import Node

APPLICATION = """import typer
from sklearn.svm import SVC

app = typer.Typer()
other = typer.Typer()


@{owner}.command()
def train(x, y):
    SVC().fit(x, y)


if __name__ == "__main__":
    app()
"""
WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"


def by_role(found: Picture, role: str, path: str = "") -> list[Node]:
    return [found.graph.nodes[n] for n in found.graph.with_role(role) if not path or found.graph.nodes[n].place.path == path]


def level(found: Picture, node: Node) -> str:
    return found.schedule.of(node.id).level


def test_calling_an_application_runs_what_was_registered() -> None:
    code = APPLICATION.format(owner="app")
    found = picture({".github/workflows/a.yml": WORKFLOW + "      - run: python train.py\n", "train.py": code})
    (fit,) = by_role(found, "model.fit")
    assert level(found, fit) == "kept"


def test_a_command_of_another_application_is_not_run() -> None:
    code = APPLICATION.format(owner="other")
    found = picture({".github/workflows/a.yml": WORKFLOW + "      - run: python train.py\n", "train.py": code})
    (fit,) = by_role(found, "model.fit")
    assert level(found, fit) != "kept"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("subprocess.run(['pytest', 'tests'], check=True)", "kept"),
        ("subprocess.check_call('pytest tests', shell=True)", "kept"),
        ("sys.exit(subprocess.call([sys.executable, '-m', 'pytest', 'tests']))", "kept"),
        ("done = subprocess.run(['pytest', 'tests'])\nif done.returncode:\n    raise SystemExit(1)", "kept"),
        ("subprocess.run(['pytest', 'tests'])", "lost"),
        ("print(subprocess.run(['pytest', 'tests']))", "lost"),
        ("subprocess.run(['ls', 'tests'])", "none"),
    ],
)
def test_a_program_that_is_started_from_code(call: str, expected: str) -> None:
    files = {
        ".github/workflows/a.yml": WORKFLOW + "      - run: python run.py\n",
        "run.py": f"import subprocess\nimport sys\n{call}\n",
        "tests/test_a.py": "def test_a():\n    assert 1 + 1 == 2\n",
    }
    found = picture(files)
    (test,) = by_role(found, "test.case", "tests/test_a.py")
    assert level(found, test) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".github/workflows/a.yml", WORKFLOW + "      - run: bash -c 'cd src && python train.py'\n"),
        (
            "k8s/nightly.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n  schedule: 0 3 * * *\n  jobTemplate:\n    spec:\n"
            "      template:\n        spec:\n          containers:\n            - name: train\n              image: org/train:1\n"
            "              command: [sh, -c, cd src && python train.py]\n",
        ),
    ],
    ids=["step", "container"],
)
def test_a_text_that_a_shell_is_told_to_run(path: str, text: str) -> None:
    found = picture({path: text, "src/train.py": "from sklearn.svm import SVC\n\nSVC().fit(x, y)\n"})
    (fit,) = by_role(found, "model.fit")
    assert level(found, fit) == "kept"


def test_a_text_that_an_action_runs() -> None:
    steps = "      - uses: some/run-action@v1\n        with:\n          run: |\n            cd /\n            pytest tests\n"
    test_file = "def test_a():\n    assert 1 + 1 == 2\n"
    found = picture({".github/workflows/a.yml": WORKFLOW + steps, "tests/test_a.py": test_file})
    (test,) = by_role(found, "test.case", "tests/test_a.py")
    assert level(found, test) == "kept"


FIT = "from sklearn.svm import SVC\n"
TRAIN = "SVC().fit(rows[['a']], rows['b'])\n"
ORIGINS = [
    ("'data/rows.csv'", "tracked"),
    ("'../data/rows.csv'", "tracked"),
    ("'/opt/airflow/data/rows.csv'", "tracked"),
    ("f'data/{name}.csv'", "tracked"),
    ("'data/pinned.csv'", "pinned"),
    ("'data/other.csv'", "untracked"),
    ("'s3://bucket/rows.csv'", "bucket"),
    ("'https://host.example/rows.csv'", "url"),
    ("'https://host.example/0123456789abcdef0123456789abcdef01234567/rows.csv'", "versioned"),
    ("name", "unknown"),
]


@pytest.mark.parametrize(("source", "origin"), ORIGINS)
def test_origins(source: str, origin: str) -> None:
    code = f"import pandas as pd\n{FIT}\ndef train(name):\n    rows = pd.read_csv({source})\n    SVC().fit(rows[['a']], rows['b'])\n"
    pin = "outs:\n- md5: 0123456789abcdef0123456789abcdef\n  path: pinned.csv\n"
    found = picture({"src/train.py": code, "data/rows.csv": "a,b\n", "data/pinned.csv.dvc": pin})
    (read,) = by_role(found, "data.read")
    assert (read.attributes["origin"], read.attributes["to_fit"]) == (origin, "true")


def test_what_a_test_hands_over_is_no_path_of_the_real_run() -> None:
    code = "import pandas as pd\n\ndef read(path):\n    return pd.read_csv(path)\n"
    test = "from load import read\n\ndef test_read():\n    assert len(read('tests/small.csv'))\n"
    found = picture({"load.py": code, "tests/test_load.py": test})
    (read,) = by_role(found, "data.read", "load.py")
    assert read.attributes["origin"] == "unknown"


def test_flow_keeps_to_one_process() -> None:
    """What the evaluation reads passes through the same helper as what the training reads, but never reaches the training."""
    files = {
        "helper.py": "def clean(rows):\n    return rows.dropna()\n",
        "train.py": f"import pandas as pd\n{FIT}from helper import clean\n\nrows = clean(pd.read_csv('a.csv'))\n{TRAIN}",
        "evaluate.py": "import pandas as pd\nfrom helper import clean\n\nprint(clean(pd.read_csv('b.csv')).describe())\n",
    }
    found = picture(files)
    assert [n.attributes["to_fit"] for n in by_role(found, "data.read", "train.py")] == ["true"]
    assert [n.attributes["to_fit"] for n in by_role(found, "data.read", "evaluate.py")] == ["false"]


def test_files_carry_data_from_program_to_program() -> None:
    files = {
        "get.py": "import requests\n\nwith open('rows.json', 'w') as file:\n    file.write(requests.get('https://host.example/rows.csv').text)\n",
        "make.py": "import json\nimport pandas as pd\n\nwith open('rows.json') as f:\n    pd.DataFrame(json.load(f)).to_csv('rows.csv')\n",
        "train.py": f"import pandas as pd\n{FIT}\nrows = pd.read_csv('rows.csv')\n{TRAIN}",
    }
    found = picture(files)
    (fetched,) = by_role(found, "data.read", "get.py")
    assert (fetched.attributes["origin"], fetched.attributes["to_fit"]) == ("url", "true")


def test_a_recipe_is_reported_where_it_is_called() -> None:
    recipe = "lint:\n\tflake8 src || true\n\tpylint src || true\n"
    found = picture({".github/workflows/a.yml": WORKFLOW + "      - run: make lint\n", "Makefile": recipe})
    places = [(n.place.path, n.place.line) for n in by_role(found, "check.swallowed")]
    assert places == [(".github/workflows/a.yml", 6)]


def test_what_only_a_test_that_is_run_by_hand_calls_is_not_run() -> None:
    code = "from sklearn.svm import SVC\n\n\ndef train(x, y):\n    SVC().fit(x, y)\n"
    test = "from train import train\n\n\ndef test_it():\n    train([[1]], [1])\n"
    found = picture({"Makefile": "test:\n\tpytest\n", "train.py": code, "test_train.py": test})
    (fit,) = by_role(found, "model.fit")
    said = found.real.of(fit.id)
    assert said.level == "none"
    assert said.broken is not None and said.broken.condition == "wired"
