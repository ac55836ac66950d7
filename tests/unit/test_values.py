"""Constants on their way through options, settings files, the environment, command lines, and texts that are put together."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.graph.values import HOLE
from mlrubric.model.graph import Node

PARAMS = "train:\n  seed: 42\n  data: data/train.csv\n  nothing: null\nfeatures:\n- a\n- b\n"
FILES = {
    "params.yaml": PARAMS,
    "config.ini": "[a]\nx = q.csv\nn = 5\n",
    "config.json": '{"x": "j.csv"}',
    "settings.toml": "[a]\nseed = 9\n",
    "conf/config.yaml": "defaults:\n- _self_\n- data: iris\n- override hydra/launcher: x\nseed: 42\nof: ${seed}\n"
    "path: ${data.dir}/x.csv\nout: ${oc.env:OUT,models}/m.pkl\nlost: ${nobody.knows}/m.pkl\n",
    "conf/data/iris.yaml": "dir: data/iris\nname: iris\nfull: ${.dir}/${data.name}.csv\n",
    "conf/data/other.yaml": "dir: data/other\n",
    "Dockerfile": "FROM x\nENV FROM_IMAGE=from-image\n",
    ".github/workflows/ci.yml": "on: push\nenv:\n  FROM_WORKFLOW: whole\njobs:\n  a:\n    runs-on: x\n    env:\n      FROM_JOB: one\n"
    "    steps:\n    - run: make\n",
    "dvc.yaml": "stages:\n  a:\n    cmd: python src/main.py data/in.csv --rate 0.5 --name=$X/a.csv\n",
    "src/constants.py": "from pathlib import Path\nSEED = 7\nBASE = Path('data')\nPATHS = {'raw': BASE / 'raw.csv'}\n",
}


def spelled(code: str, path: str = "src/main.py") -> list[set[str]]:
    """The constants that each `print` of a program prints, `*` for what is not known of a text."""
    code_of = picture({**FILES, path: code}).world.code
    found: list[set[str]] = []
    for op in range(len(code_of.program.ops)):
        if ("external", "builtins.print") in code_of.resolver.targets.get(op, ()):
            values = code_of.resolver.of(code_of.program.args[op][1])
            found.append({str(v[1]).replace(HOLE, "*") for v in values if v[0] in ("text", "const")})
    return found


PARSER = "import argparse\np = argparse.ArgumentParser()\n"
OPEN = "with open('params.yaml') as f:\n    p = yaml.safe_load(f)\n"
HYDRA = "import hydra\n@hydra.main(config_path='../conf', config_name='config', version_base=None)\ndef main(cfg):\n    {}\nmain()\n"
CASES = [
    (PARSER + "p.add_argument('--x-y', default='a.csv')\nprint(p.parse_args().x_y)", {"a.csv"}),
    (PARSER + "p.add_argument('-s', '--seed', default=3)\nargs, _ = p.parse_known_args()\nprint(args.seed)", {"3"}),
    (PARSER + "p.add_argument('--s', dest='seed', default=3)\nprint(vars(p.parse_args())['seed'])", {"3"}),
    (PARSER + "p.add_argument_group('g').add_argument('--s', default=3)\ndef run(a):\n    print(a.s)\nrun(p.parse_args())", {"3"}),
    (PARSER + "p.add_argument('--s', default=3)\ndef run(s=None, t=4):\n    print(s)\nrun(**vars(p.parse_args()))", {"3", "None"}),
    (PARSER + "p.set_defaults(s=5)\nprint(p.parse_args().s)", {"5"}),
    (PARSER + "p.add_argument('--s', default=None)\nprint(p.parse_args().s)", {"None"}),
    (PARSER + "p.add_argument('--name', default=None)\nprint(p.parse_args().name)", {"None", "*/a.csv"}),
    (PARSER + "q = argparse.ArgumentParser()\nq.add_argument('--s', default=3)\nprint(p.parse_args().s)", set()),
    (PARSER + "p.add_argument('source')\np.add_argument('sink')\nprint(p.parse_args().source)", {"data/in.csv"}),
    (PARSER + "p.add_argument('source')\np.add_argument('sink')\nprint(p.parse_args().sink)", set()),
    (PARSER + "p.add_argument('--rate', type=float, default=1.0)\nprint(p.parse_args().rate)", {"0.5", "1.0"}),
    (PARSER + "p.add_argument('--name')\nprint(p.parse_args().name)", {"*/a.csv"}),
    ("import sys\nprint(sys.argv[1])", {"data/in.csv"}),
    ("import sys\nprint(sys.argv[9])", set()),
    ("import click\n@click.command()\n@click.option('--seed', '-s', default=3)\ndef main(seed):\n    print(seed)\nmain()", {"3"}),
    ("import click\n@click.command()\n@click.option('--in-file', 'x', default='a.csv')\ndef main(x):\n    print(x)\nmain()", {"a.csv"}),
    ("import click\n@click.command()\n@click.option('--name', default=None)\ndef main(name=None):\n    print(name)\nmain()", {"*/a.csv"}),
    ("import click\n@click.command()\n@click.argument('source')\ndef main(source):\n    print(source)\nmain()", {"data/in.csv"}),
    ("import typer\ndef main(seed: int = typer.Option(3, help='x')):\n    print(seed)\ntyper.run(main)", {"3"}),
    ("import typer\ndef main(seed: int = typer.Option(...)):\n    print(seed)\ntyper.run(main)", set()),
    ("import yaml\n" + OPEN + "print(p['train']['seed'])", {"42"}),
    ("import yaml\n" + OPEN + "print(p.get('train').get('data', 'other.csv'))", {"data/train.csv"}),
    ("import yaml\n" + OPEN + "print(p['train'].get('missing', 'other.csv'))", {"other.csv"}),
    ("import yaml\n" + OPEN + "print(p['train']['nothing'])", {"None"}),
    ("import yaml\n" + OPEN + "for x in p['features']:\n    print(x)", {"a", "b"}),
    ("import yaml\n" + OPEN + "def run(seed, data):\n    print(seed)\nrun(**p['train'])", {"42"}),
    ("import yaml\n" + OPEN + "class P:\n    seed: int\np = P(**p['train'])\nprint(p.seed)", {"42"}),
    ("import yaml\nprint(yaml.safe_load(open('../params.yaml'))['train']['seed'])", {"42"}),
    ("import yaml\nfrom pathlib import Path\nprint(yaml.safe_load(Path('params.yaml').read_text())['train']['seed'])", {"42"}),
    ("import yaml\ndef load(path):\n    return yaml.safe_load(open(path).read())\nprint(load('params.yaml')['train']['seed'])", {"42"}),
    ("import yaml\nprint(yaml.safe_load(open('nowhere.yaml'))['train']['seed'])", set()),
    ("import dvc.api\nprint(dvc.api.params_show()['train']['seed'])", {"42"}),
    ("from omegaconf import OmegaConf\nprint(OmegaConf.load('params.yaml').train.seed)", {"42"}),
    ("from box import ConfigBox\nimport yaml\nprint(ConfigBox(yaml.safe_load(open('params.yaml'))).train.seed)", {"42"}),
    ("import json\nprint(json.load(open('config.json'))['x'])", {"j.csv"}),
    ("import tomllib\nwith open('settings.toml', 'rb') as f:\n    print(tomllib.load(f)['a']['seed'])", {"9"}),
    ("import configparser\nc = configparser.ConfigParser()\nc.read('config.ini')\nprint(c['a']['x'])", {"q.csv"}),
    ("import configparser\nc = configparser.ConfigParser()\nc.read('config.ini')\nprint(c.getint('a', 'n'))", {"5"}),
    (HYDRA.format("print(cfg.seed)"), {"42"}),
    (HYDRA.format("print(cfg.of)"), {"42"}),
    (HYDRA.format("print(cfg['path'])"), {"data/iris/x.csv"}),
    (HYDRA.format("print(cfg.data.full)"), {"data/iris/iris.csv"}),
    (HYDRA.format("print(cfg.out)"), {"models/m.pkl"}),
    (HYDRA.format("print(cfg.lost)"), {"*/m.pkl"}),
    (HYDRA.format("print(cfg.nothing.of.it)"), set()),
    ("import os\nprint(os.environ.get('A', 'x'))", {"x"}),
    ("import os\nprint(os.getenv('FROM_IMAGE'))", {"from-image"}),
    ("import os\nprint(os.environ['FROM_IMAGE'])", {"from-image"}),
    ("import os\nprint(os.environ['FROM_WORKFLOW'])", {"whole"}),
    ("import os\nprint(os.environ['FROM_JOB'])", {"one"}),
    ("import os\nprint(int(os.getenv('S', '42')))", {"42"}),
    ("from pydantic import BaseSettings, Field\nclass S(BaseSettings):\n    x: str = Field('a.csv', env='A')\nprint(S().x)", {"a.csv"}),
    ("from dataclasses import dataclass, field\n@dataclass\nclass C:\n    x: str = field(default='x')\nprint(C().x)", {"x"}),
    ("from src import constants\nprint(constants.SEED)", {"7"}),
    ("from src.constants import PATHS\nprint(PATHS['raw'])", {"data/raw.csv"}),
    ("from pathlib import Path\nprint(Path(__file__).resolve().parent / 'x.csv')", {"src/x.csv"}),
    ("from pathlib import Path\nprint(Path(__file__).parents[1] / 'data' / 'x.csv')", {"data/x.csv"}),
    ("from pathlib import Path\nprint(Path(__file__).parent.parent.joinpath('data', 'x.csv'))", {"data/x.csv"}),
    ("from pathlib import Path\nprint(Path('a/b.csv').with_suffix('.pkl'))", {"a/b.pkl"}),
    ("from pathlib import Path\nprint(Path('a/b.csv').stem + '.pkl')", {"b.pkl"}),
    ("import os\nprint(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'x.csv'))", {"x.csv"}),
    ("import os\nprint(os.path.join(os.getcwd(), 'x.csv'))", {"x.csv"}),
    ("import os\nprint(os.path.join(folder(), os.path.basename('a/x.csv')))", {"*/x.csv"}),
    ("n = 3\nname = 'x'\nprint(f'data/{name}_{n:03d}.csv')", {"data/x_3.csv"}),
    ("n = 3\nprint('%s/%d.csv' % (name(), n))", {"*/3.csv"}),
    ("print('%s.csv' % 'x')", {"x.csv"}),
    ("print('{}/{n}.csv'.format(name(), n=3))", {"*/3.csv"}),
    ("d = {'a': 'z'}\nprint('{a}/x'.format(**d))", {"z/x"}),
    ("print('/'.join(['a', name(), 'b']))", {"a/*/b"}),
    ("print('a' + str(3))", {"a3"}),
    ("print('a.b'.replace('.', '/'))", {"a/b"}),
    ("x = 0.5\nprint(x * 2)", {"1.0"}),
]


@pytest.mark.parametrize(("code", "expected"), CASES, ids=[str(n) for n in range(len(CASES))])
def test_values(code: str, expected: set[str]) -> None:
    assert spelled(code)[0] == expected


def test_an_option_of_a_program_that_nothing_runs_may_be_given() -> None:
    assert spelled(PARSER + "p.add_argument('--s', default=None)\nprint(p.parse_args().s)", "src/other.py") == [set()]


def node(files: dict[str, str], role: str) -> Node:
    graph = picture(files).graph
    (found,) = graph.with_role(role)
    return graph.nodes[found]


READ = "import pandas as pd\nimport yaml\nfrom sklearn.svm import SVC\n{}rows = pd.read_csv(p['train']['data'])\n"
FIT = "SVC(random_state=p['train']['seed']).fit(rows[['a']], rows['b'])\n"


def test_a_path_of_a_settings_file_is_the_artifact() -> None:
    code = READ.format("p = yaml.safe_load(open('params.yaml'))\n") + FIT
    read = node({"params.yaml": PARAMS, "train.py": code, "data/train.csv": "a,b\n"}, "data.read")
    assert (read.attributes["path"], read.attributes["origin"]) == ("data/train.csv", "tracked")


@pytest.mark.parametrize(("seed", "seeded"), [("seed", "argument"), ("nothing", "no")])
def test_a_seed_of_a_settings_file(seed: str, seeded: str) -> None:
    code = READ.format("p = yaml.safe_load(open('params.yaml'))\n") + "from sklearn.model_selection import train_test_split\n"
    code += f"a, b = train_test_split(rows, random_state=p['train']['{seed}'])\nSVC().fit(a[['a']], a['b'])\n"
    assert node({"params.yaml": PARAMS, "train.py": code}, "data.split").attributes["seeded"] == seeded


UNFOLDED = [
    ("{'random_state': 1}", "argument"),
    ("{'probability': True}", "no"),
    ("yaml.safe_load(open('params.yaml'))['svc']", "argument"),
    ("yaml.safe_load(open('params.yaml'))['other']", "no"),
    ("from_somewhere()", "argument"),
]


@pytest.mark.parametrize(("options", "seeded"), UNFOLDED)
def test_a_seed_that_comes_with_other_options(options: str, seeded: str) -> None:
    code = "import pandas as pd\nimport yaml\nfrom sklearn.ensemble import RandomForestClassifier as Forest\nrows = pd.read_csv('a.csv')\n"
    code += f"options = {options}\nForest(**options).fit(rows[['a']], rows['b'])\n"
    files = {"params.yaml": "svc:\n  random_state: 3\nother:\n  max_depth: 3\n", "train.py": code}
    assert node(files, "random.use").attributes["seeded"] == seeded
