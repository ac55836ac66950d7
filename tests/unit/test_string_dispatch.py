"""Calls of what a text names: configuration, imports by a text, registries."""

from __future__ import annotations

import pytest
from tests.programs import Edge, calls

NAMED: list[tuple[str, dict[str, str], list[Edge]]] = [
    (
        "hydra target",
        {
            "pkg/__init__.py": "",
            "pkg/models.py": """\
class Net:
    def __init__(self, n):
        pass
    def fit(self):
        pass
""",
            "conf/config.yaml": """\
model:
  _target_: pkg.models.Net
  n: 3
""",
            "train.py": """\
import hydra
from hydra.utils import instantiate
@hydra.main(config_path='conf', config_name='config')
def main(cfg):
    m = instantiate(cfg.model)
    m.fit()
main()
""",
        },
        [("train.main", "pkg.models.Net.__init__"), ("train.main", "pkg.models.Net.fit")],
    ),
    (
        "hydra group",
        {
            "pkg/__init__.py": "",
            "pkg/models.py": """\
class Net:
    def __init__(self, n):
        pass
    def fit(self):
        pass
class Other:
    def fit(self):
        pass
""",
            "conf/config.yaml": """\
defaults:
  - model: net
""",
            "conf/model/net.yaml": """\
_target_: pkg.models.Net
n: 3
""",
            "train.py": """\
import hydra
@hydra.main(config_path='conf', config_name='config')
def main(cfg):
    m = hydra.utils.instantiate(cfg.model)
    m.fit()
main()
""",
        },
        [("train.main", "pkg.models.Net.__init__"), ("train.main", "pkg.models.Net.fit")],
    ),
    (
        "import_module",
        {
            "pkg/__init__.py": "",
            "pkg/a.py": """\
def f():
    pass
""",
            "m.py": """\
import importlib
mod = importlib.import_module('pkg.a')
mod.f()
fn = getattr(mod, 'f')
fn()
""",
        },
        [("m", "pkg.a.f")],
    ),
    (
        "import_module fstring",
        {
            "pkg/__init__.py": "",
            "pkg/a.py": """\
def f():
    pass
""",
            "m.py": """\
import importlib
name = 'a'
mod = importlib.import_module(f'pkg.{name}')
mod.f()
""",
        },
        [("m", "pkg.a.f")],
    ),
    (
        "import_module partly",
        {
            "pkg/__init__.py": "",
            "pkg/a.py": """\
def f():
    pass
""",
            "pkg/b.py": """\
def f():
    pass
""",
            "m.py": """\
import importlib, sys
def run(name):
    mod = importlib.import_module('pkg.' + name)
    mod.f()
run(sys.argv[1])
""",
        },
        [("m.run", "pkg.a.f"), ("m.run", "pkg.b.f")],
    ),
    (
        "import_module relative",
        {
            "pkg/__init__.py": "",
            "pkg/a.py": """\
def f():
    pass
""",
            "pkg/m.py": """\
import importlib
mod = importlib.import_module('.a', package='pkg')
mod.f()
m2 = importlib.import_module('.a', __package__)
m2.f()
""",
        },
        [("pkg.m", "pkg.a.f")],
    ),
    (
        "__import__",
        {
            "a.py": """\
def f():
    pass
""",
            "m.py": """\
mod = __import__('a')
mod.f()
""",
        },
        [("m", "a.f")],
    ),
    (
        "registry",
        {
            "m.py": """\
R = {}
def register(name):
    def deco(fn):
        R[name] = fn
        return fn
    return deco
@register('a')
def f():
    pass
def run(name):
    R[name]()
run('a')
"""
        },
        [("m.run", "m.f")],
    ),
    (
        "registry class",
        {
            "m.py": """\
R = {}
class Base:
    def __init_subclass__(cls, **kw):
        R[cls.__name__] = cls
class A(Base):
    def go(self):
        pass
R['A']().go()
"""
        },
        [("m", "m.A.go")],
    ),
    (
        "globals",
        {
            "m.py": """\
def f():
    pass
globals()['f']()
"""
        },
        [("m", "m.f")],
    ),
    (
        "setuptools ep",
        {
            "setup.py": """\
from setuptools import setup
setup(name='x', entry_points={'console_scripts': ['run = pkg.cli:main']})
""",
            "pkg/__init__.py": "",
            "pkg/cli.py": """\
def main():
    pass
""",
            "m.py": """\
from importlib.metadata import entry_points
for e in entry_points(group='console_scripts'):
    e.load()()
""",
        },
        [("m", "pkg.cli.main")],
    ),
]


@pytest.mark.parametrize(("files", "expected"), [case[1:] for case in NAMED], ids=[case[0] for case in NAMED])
def test_a_text_leads_to_what_it_names(files: dict[str, str], expected: list[Edge]) -> None:
    assert set(expected) <= calls(files)


def test_a_part_of_the_configuration_makes_its_own_class_only() -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/models.py": "class A:\n    def fit(self):\n        pass\n\n\nclass B(A):\n    def fit(self):\n        pass\n",
        "conf/config.yaml": "model:\n  _target_: pkg.models.A\nother:\n  _target_: pkg.models.B\n",
        "m.py": "from hydra.utils import instantiate\n\n\ndef main(cfg):\n    instantiate(cfg.model).fit()\n",
    }
    found = calls(files)
    assert ("m.main", "pkg.models.A.fit") in found
    assert ("m.main", "pkg.models.B.fit") not in found


def test_an_import_by_a_text_that_says_little_finds_nothing() -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": "def f():\n    pass\n",
        "m.py": "import importlib\n\n\ndef run(x):\n    importlib.import_module(x).f()\n",
    }
    assert ("m.run", "pkg.a.f") not in calls(files)
