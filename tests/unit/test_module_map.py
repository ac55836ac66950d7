"""Which module an import means, and which name a module answers with."""

from __future__ import annotations

import pytest
from tests.programs import Edge, calls

NOTEBOOK = (
    '{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": '
    '["import sys\\n", "sys.path.append(\'..\')\\n", "from src.util import f\\n", "f()"]}], '
    '"metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
)

MODULES: list[tuple[str, dict[str, str], list[Edge]]] = [
    (
        "src layout",
        {
            "src/pkg/__init__.py": "",
            "src/pkg/a.py": """\
def f():
    pass
""",
            "tests/test_a.py": """\
from pkg.a import f
f()
""",
        },
        [("tests.test_a", "pkg.a.f")],
    ),
    (
        "src layout deep",
        {
            "services/train/src/pkg/__init__.py": "",
            "services/train/src/pkg/a.py": """\
def f():
    pass
""",
            "services/train/run.py": """\
from pkg.a import f
f()
""",
        },
        [("services.train.run", "services.train.src.pkg.a.f")],
    ),
    (
        "namespace",
        {
            "ns/sub/a.py": """\
def f():
    pass
""",
            "main.py": """\
import ns.sub.a
from ns.sub import a as b
ns.sub.a.f()
b.f()
""",
        },
        [("main", "ns.sub.a.f")],
    ),
    (
        "relative",
        {
            "p/__init__.py": "",
            "p/a.py": """\
def f():
    pass
""",
            "p/q/__init__.py": "",
            "p/q/b.py": """\
from ..a import f
from .. import a
f()
a.f()
def g():
    a.f()
""",
        },
        [("p.q.b", "p.a.f"), ("p.q.b.g", "p.a.f")],
    ),
    (
        "star all",
        {
            "p/__init__.py": """\
from .a import *
""",
            "p/a.py": """\
__all__=['f']
def f():
    pass
""",
            "m.py": """\
from p import *
f()
""",
        },
        [("m", "p.a.f")],
    ),
    (
        "reexport as",
        {
            "p/__init__.py": """\
from .a import f as g
""",
            "p/a.py": """\
def f():
    pass
""",
            "m.py": """\
import p
p.g()
from p import g as h
h()
""",
        },
        [("m", "p.a.f")],
    ),
    (
        "pep562 if",
        {
            "p/__init__.py": """\
def __getattr__(name):
    if name == 'f':
        from .a import f
        return f
    raise AttributeError(name)
""",
            "p/a.py": """\
def f():
    pass
""",
            "p/b.py": """\
def f():
    pass
""",
            "m.py": """\
import p
p.f()
""",
        },
        [("m", "p.a.f")],
    ),
    (
        "pep562 table",
        {
            "p/__init__.py": """\
import importlib
_where={'f': '.a'}
def __getattr__(name):
    return getattr(importlib.import_module(_where[name], __name__), name)
""",
            "p/a.py": """\
def f():
    pass
""",
            "m.py": """\
from p import f
f()
""",
        },
        [("m", "p.a.f")],
    ),
    (
        "scripts beside",
        {
            "scripts/a.py": """\
def f():
    pass
""",
            "scripts/run.py": """\
from a import f
import a
f()
a.f()
""",
        },
        [("scripts.run", "scripts.a.f")],
    ),
    (
        "sys.path dots",
        {
            "lib2/util.py": """\
def f():
    pass
""",
            "jobs/run.py": """\
import sys
sys.path.append('..')
from lib2.util import f
f()
""",
        },
        [("jobs.run", "lib2.util.f")],
    ),
    (
        "sys.path sub",
        {
            "code/helpers/util.py": """\
def f():
    pass
""",
            "code2/helpers/util.py": """\
def f():
    pass
""",
            "run.py": """\
import sys
sys.path.append('code/helpers')
from util import f
f()
""",
        },
        [("run", "code.helpers.util.f")],
    ),
    (
        "sys.path dirname",
        {
            "app/common/util.py": """\
def f():
    pass
""",
            "other/util.py": """\
def f():
    pass
""",
            "app/jobs/run.py": """\
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'common'))
from util import f
f()
""",
        },
        [("app.jobs.run", "app.common.util.f")],
    ),
    (
        "sys.path pathlib",
        {
            "app/common/util.py": """\
def f():
    pass
""",
            "other/util.py": """\
def f():
    pass
""",
            "app/jobs/run.py": """\
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
from util import f
f()
""",
        },
        [("app.jobs.run", "app.common.util.f")],
    ),
    (
        "sys.path parents",
        {
            "app/common/util.py": """\
def f():
    pass
""",
            "other/util.py": """\
def f():
    pass
""",
            "app/jobs/x/run.py": """\
import sys
from pathlib import Path
ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / 'common'))
from util import f
f()
""",
        },
        [("app.jobs.x.run", "app.common.util.f")],
    ),
    (
        "notebook up",
        {
            "src/util.py": """\
def f():
    pass
""",
            "notebooks/a.ipynb": NOTEBOOK,
        },
        [("notebooks.a", "util.f")],
    ),
    (
        "python -m",
        {
            "pkg/__init__.py": "",
            "pkg/__main__.py": """\
from pkg.cli import main
main()
""",
            "pkg/cli.py": """\
def main():
    pass
""",
        },
        [("pkg.__main__", "pkg.cli.main")],
    ),
    (
        "try import",
        {
            "a.py": """\
def f():
    pass
""",
            "m.py": """\
try:
    from missing import f
except ImportError:
    from a import f
f()
""",
        },
        [("m", "a.f")],
    ),
    (
        "TYPE_CHECKING",
        {
            "a.py": """\
class A:
    def go(self):
        pass
""",
            "m.py": """\
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from a import A
def use(a: A):
    a.go()
def use2(a: 'A'):
    a.go()
def use3(xs: list[A]):
    for x in xs:
        x.go()
""",
        },
        [("m.use", "a.A.go"), ("m.use2", "a.A.go"), ("m.use3", "a.A.go")],
    ),
    (
        "submodule by attribute",
        {
            "p/__init__.py": "",
            "p/q.py": """\
def f():
    pass
""",
            "m.py": """\
import p.q as z
z.f()
import p
p.q.f()
""",
        },
        [("m", "p.q.f")],
    ),
    (
        "lazy loader",
        {
            "p/__init__.py": """\
_import_structure = {'a': ['f']}
import sys
from .lazy import _LazyModule
sys.modules[__name__] = _LazyModule(__name__, _import_structure)
""",
            "p/lazy.py": """\
class _LazyModule:
    def __init__(self, *a):
        pass
""",
            "p/a.py": """\
def f():
    pass
""",
            "m.py": """\
from p import f
f()
""",
        },
        [("m", "p.a.f")],
    ),
    (
        "TYPE_CHECKING reexport",
        {
            "p/__init__.py": """\
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .a import f
else:
    import lazy
""",
            "p/a.py": """\
def f():
    pass
""",
            "m.py": """\
from p import f
f()
""",
        },
        [("m", "p.a.f")],
    ),
]


@pytest.mark.parametrize(("files", "expected"), [case[1:] for case in MODULES], ids=[case[0] for case in MODULES])
def test_an_import_finds_its_module(files: dict[str, str], expected: list[Edge]) -> None:
    assert set(expected) <= calls(files)


def test_a_module_that_answers_lazily_answers_with_one_name_only() -> None:
    name, files, _ = next(case for case in MODULES if case[0] == "pep562 if")
    assert ("m", "p.b.f") not in calls(files), name


def test_a_folder_on_the_search_path_goes_before_others_of_the_name() -> None:
    files = next(case[1] for case in MODULES if case[0] == "sys.path sub")
    assert ("run", "code2.helpers.util.f") not in calls(files)
