"""What a call enters: decorators, classes, containers, handles of libraries."""

from __future__ import annotations

import pytest
from tests.programs import Edge, calls, picture

from mlrubric.graph.layers import LAYERS

CALLS: list[tuple[str, dict[str, str], list[Edge]]] = [
    (
        "wraps",
        {
            "m.py": """\
import functools
def deco(fn):
    @functools.wraps(fn)
    def inner(*a, **k):
        return fn(*a, **k)
    return inner
@deco
def f(x):
    return x
f(1)
"""
        },
        [("m", "m.deco.inner"), ("m.deco.inner", "m.f")],
    ),
    (
        "deco args",
        {
            "m.py": """\
from functools import wraps
def retry(n):
    def deco(fn):
        @wraps(fn)
        def inner(*a):
            return fn(*a)
        return inner
    return deco
@retry(3)
def f():
    pass
f()
"""
        },
        [("m", "m.retry.deco.inner"), ("m.retry.deco.inner", "m.f")],
    ),
    (
        "partial",
        {
            "m.py": """\
from functools import partial
def f(a, b):
    a()
def g():
    pass
p = partial(f, g)
p(1)
"""
        },
        [("m", "m.f"), ("m.f", "m.g")],
    ),
    (
        "partial kw dict",
        {
            "m.py": """\
from functools import partial
def f(cb=None):
    cb()
def g():
    pass
T={'x': partial(f, cb=g)}
T['x']()
"""
        },
        [("m", "m.f"), ("m.f", "m.g")],
    ),
    (
        "partial method",
        {
            "m.py": """\
from functools import partialmethod
class A:
    def set(self, v):
        pass
    on = partialmethod(set, True)
A().on()
"""
        },
        [("m", "m.A.set")],
    ),
    (
        "property",
        {
            "m.py": """\
class B:
    def go(self):
        pass
class A:
    @property
    def b(self):
        return B()
a = A()
a.b.go()
"""
        },
        [("m", "m.A.b"), ("m", "m.B.go")],
    ),
    (
        "cached_property",
        {
            "m.py": """\
from functools import cached_property
class B:
    def go(self):
        pass
class A:
    @cached_property
    def b(self):
        return B()
    def run(self):
        self.b.go()
A().run()
"""
        },
        [("m.A.run", "m.A.b"), ("m.A.run", "m.B.go")],
    ),
    (
        "call",
        {
            "m.py": """\
class A:
    def __call__(self, x):
        return x
a = A()
a(1)
"""
        },
        [("m", "m.A.__call__")],
    ),
    (
        "nn forward",
        {
            "m.py": """\
import torch.nn as nn
class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = L()
    def forward(self, x):
        return self.l(x)
class L(nn.Module):
    def forward(self, x):
        return x
n = N()
n(1)
"""
        },
        [("m", "m.N.forward"), ("m.N.forward", "m.L.forward")],
    ),
    (
        "generator",
        {
            "m.py": """\
class A:
    def go(self):
        pass
def gen():
    yield A()
for a in gen():
    a.go()
b = next(gen())
b.go()
"""
        },
        [("m", "m.gen"), ("m", "m.A.go")],
    ),
    (
        "yield from",
        {
            "m.py": """\
def f():
    pass
def g1():
    yield f
def g2():
    yield from g1()
for x in g2():
    x()
"""
        },
        [("m", "m.f")],
    ),
    (
        "ctx gen",
        {
            "m.py": """\
from contextlib import contextmanager
class A:
    def go(self):
        pass
@contextmanager
def c():
    yield A()
with c() as a:
    a.go()
"""
        },
        [("m", "m.c"), ("m", "m.A.go")],
    ),
    (
        "lru_cache",
        {
            "m.py": """\
from functools import lru_cache
@lru_cache(maxsize=None)
def f():
    return 1
f()
"""
        },
        [("m", "m.f")],
    ),
    (
        "singledispatch",
        {
            "m.py": """\
from functools import singledispatch
@singledispatch
def f(x):
    pass
@f.register
def _(x: int):
    pass
f(1)
"""
        },
        [("m", "m.f")],
    ),
    (
        "ray",
        {
            "m.py": """\
import ray
@ray.remote
def f(x):
    return g(x)
def g(x):
    return x
ray.get(f.remote(1))
"""
        },
        [("m", "m.f"), ("m.f", "m.g")],
    ),
    (
        "ray actor",
        {
            "m.py": """\
import ray
@ray.remote
class A:
    def go(self):
        pass
a = A.remote()
a.go.remote()
"""
        },
        [("m", "m.A.go")],
    ),
    (
        "ray call",
        {
            "m.py": """\
import ray
def f(x):
    return x
r = ray.remote(f)
r.remote(1)
"""
        },
        [("m", "m.f")],
    ),
    (
        "ray options",
        {
            "m.py": """\
import ray
@ray.remote(num_cpus=1)
def f(x):
    return x
f.options(num_cpus=2).remote(1)
"""
        },
        [("m", "m.f")],
    ),
    (
        "celery",
        {
            "m.py": """\
from celery import Celery
app = Celery()
@app.task
def f():
    pass
f.delay()
f.apply_async()
"""
        },
        [("m", "m.f")],
    ),
    (
        "dagster",
        {
            "m.py": """\
from dagster import op, job
@op
def f():
    pass
@op(config_schema={})
def g(x):
    pass
@job
def j():
    g(f())
"""
        },
        [("m.j", "m.f"), ("m.j", "m.g")],
    ),
    (
        "kfp",
        {
            "m.py": """\
from kfp import dsl
@dsl.component(base_image='x')
def f():
    pass
@dsl.pipeline(name='x')
def p():
    f()
"""
        },
        [("m.p", "m.f")],
    ),
    (
        "prefect",
        {
            "m.py": """\
from prefect import flow, task
@task
def f():
    pass
@flow(name='a')
def p():
    f()
    f.submit()
p()
"""
        },
        [("m.p", "m.f"), ("m", "m.p")],
    ),
    (
        "airflow task",
        {
            "m.py": """\
from airflow.decorators import dag, task
@dag()
def d():
    @task
    def f():
        pass
    @task()
    def g(x):
        pass
    g(f())
d()
"""
        },
        [("m.d", "m.d.f"), ("m.d", "m.d.g"), ("m", "m.d")],
    ),
    (
        "zenml",
        {
            "m.py": """\
from zenml import step, pipeline
@step
def f():
    pass
@pipeline
def p():
    f()
p()
"""
        },
        [("m.p", "m.f"), ("m", "m.p")],
    ),
    (
        "click",
        {
            "m.py": """\
import click
@click.command()
@click.option('--x')
def main(x):
    f()
def f():
    pass
main()
"""
        },
        [("m", "m.main"), ("m.main", "m.f")],
    ),
    (
        "hydra main",
        {
            "m.py": """\
import hydra
@hydra.main(config_path='c')
def main(cfg):
    f()
def f():
    pass
if __name__ == '__main__':
    main()
"""
        },
        [("m", "m.main"), ("m.main", "m.f")],
    ),
    (
        "dict of cls",
        {
            "m.py": """\
class A:
    def fit(self):
        pass
class B:
    def fit(self):
        pass
M = {'a': A, 'b': B}
def get(name):
    return M[name]()
get('a').fit()
"""
        },
        [("m", "m.A.fit")],
    ),
    (
        "list of tuples",
        {
            "m.py": """\
class A:
    def fit(self):
        pass
ms = [('a', A()), ('b', A())]
for n, m in ms:
    m.fit()
"""
        },
        [("m", "m.A.fit")],
    ),
    (
        "dict items",
        {
            "m.py": """\
class A:
    def fit(self):
        pass
ms = {'a': A()}
for n, m in ms.items():
    m.fit()
for m in ms.values():
    m.fit()
"""
        },
        [("m", "m.A.fit")],
    ),
    (
        "attr dict",
        {
            "m.py": """\
class A:
    def fit(self):
        pass
class T:
    def __init__(self):
        self.ms = {}
    def add(self, n, m):
        self.ms[n] = m
    def run(self):
        for m in self.ms.values():
            m.fit()
t = T()
t.add('x', A())
t.run()
"""
        },
        [("m.T.run", "m.A.fit")],
    ),
    (
        "dataclass",
        {
            "m.py": """\
from dataclasses import dataclass
class A:
    def go(self):
        pass
@dataclass
class D:
    a: A
D(A()).a.go()
"""
        },
        [("m", "m.A.go")],
    ),
    (
        "abstract template",
        {
            "m.py": """\
from abc import ABC, abstractmethod
class Base(ABC):
    def run(self):
        self.step()
    @abstractmethod
    def step(self):
        ...
class A(Base):
    def step(self):
        pass
def main(b: Base):
    b.run()
main(A())
"""
        },
        [("m.Base.run", "m.A.step")],
    ),
    (
        "match",
        {
            "m.py": """\
def f():
    pass
def g():
    pass
def run(x):
    match x:
        case 1:
            h = f
        case _:
            h = g
    h()
"""
        },
        [("m.run", "m.f"), ("m.run", "m.g")],
    ),
    (
        "walrus",
        {
            "m.py": """\
def f():
    return 1
if (h := f) is not None:
    h()
"""
        },
        [("m", "m.f")],
    ),
    (
        "async",
        {
            "m.py": """\
import asyncio
class A:
    async def __aenter__(self):
        return self
    async def __aexit__(self, *a):
        pass
    async def go(self):
        pass
async def main():
    async with A() as a:
        await a.go()
    await asyncio.gather(f(), f())
async def f():
    pass
asyncio.run(main())
"""
        },
        [("m.main", "m.A.__aenter__"), ("m.main", "m.A.go"), ("m.main", "m.f"), ("m", "m.main")],
    ),
    (
        "super chain",
        {
            "m.py": """\
class A:
    def go(self):
        pass
class B(A):
    def go(self):
        super().go()
class C(A):
    def go(self):
        super().go()
class D(B, C):
    def go(self):
        super().go()
D().go()
"""
        },
        [("m.D.go", "m.B.go"), ("m.B.go", "m.C.go"), ("m.C.go", "m.A.go")],
    ),
    (
        "classmethod factory",
        {
            "m.py": """\
class A:
    @classmethod
    def make(cls):
        return cls()
    def go(self):
        pass
A.make().go()
"""
        },
        [("m", "m.A.make"), ("m", "m.A.go")],
    ),
    (
        "self return",
        {
            "m.py": """\
class A:
    def a(self):
        return self
    def b(self):
        return self
A().a().b()
"""
        },
        [("m", "m.A.b")],
    ),
    (
        "nonlocal",
        {
            "m.py": """\
def f():
    pass
def outer():
    h = None
    def set():
        nonlocal h
        h = f
    set()
    h()
outer()
"""
        },
        [("m.outer", "m.f")],
    ),
    (
        "global",
        {
            "m.py": """\
h = None
def f():
    pass
def init():
    global h
    h = f
init()
h()
def use():
    h()
"""
        },
        [("m", "m.f"), ("m.use", "m.f")],
    ),
    (
        "namedtuple",
        {
            "m.py": """\
from collections import namedtuple
T = namedtuple('T', ['fn', 'x'])
def f():
    pass
t = T(f, 1)
t.fn()
"""
        },
        [("m", "m.f")],
    ),
    (
        "enum",
        {
            "m.py": """\
from enum import Enum
def f():
    pass
class E(Enum):
    A = 'a'
    def go(self):
        f()
E.A.go()
E('a').go()
for e in E:
    e.go()
"""
        },
        [("m", "m.E.go")],
    ),
    (
        "map list",
        {
            "m.py": """\
class A:
    def go(self):
        pass
xs = list(map(lambda i: A(), range(3)))
for x in xs:
    x.go()
[y.go() for y in [A() for _ in range(2)]]
"""
        },
        [("m", "m.A.go")],
    ),
    (
        "sorted obj",
        {
            "m.py": """\
class A:
    def go(self):
        pass
for a in sorted([A()], key=lambda a: 1):
    a.go()
max([A()], key=lambda a: 1).go()
"""
        },
        [("m", "m.A.go")],
    ),
    (
        "defaultdict",
        {
            "m.py": """\
from collections import defaultdict
class A:
    def go(self):
        pass
d = defaultdict(A)
d['x'].go()
e = defaultdict(list)
e['x'].append(A())
for a in e['x']:
    a.go()
"""
        },
        [("m", "m.A.go")],
    ),
    (
        "chain",
        {
            "m.py": """\
import itertools
class A:
    def go(self):
        pass
for a in itertools.chain([A()], []):
    a.go()
"""
        },
        [("m", "m.A.go")],
    ),
    (
        "copy",
        {
            "m.py": """\
import copy
class A:
    def go(self):
        pass
copy.deepcopy(A()).go()
"""
        },
        [("m", "m.A.go")],
    ),
]


@pytest.mark.parametrize(("files", "expected"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS])
def test_a_call_enters_what_it_means(files: dict[str, str], expected: list[Edge]) -> None:
    assert set(expected) <= calls(files)


def test_a_list_has_no_method_of_another_name() -> None:
    found = calls({"m.py": "def f(x=None):\n    x = [] if x is None else x\n    x.fit()\n    x.append(1)\n\n\nf()\n"})
    assert ("m.f", "<list>.append") in found
    assert ("m.f", "<list>.fit") not in found


def test_a_partly_known_name_means_the_methods_that_fit() -> None:
    code = """\
class A:
    def run(self, kind):
        getattr(self, f"_process_{kind}")()

    def _process_a(self):
        pass

    def other(self):
        pass


A().run(input())
"""
    found = calls({"m.py": code})
    assert ("m.A.run", "m.A._process_a") in found
    assert ("m.A.run", "m.A.other") not in found


def test_what_imports_and_class_bodies_load() -> None:
    layer = LAYERS["calls"](picture({"p/__init__.py": "from . import a\n", "p/a.py": "class A:\n    pass\n"}))
    assert layer["loads"] == {"p": ["p.a"], "p.a": ["p.a.A"]}


def tables(code: str) -> dict[str, dict[str, list[str]]]:
    layer = LAYERS["calls"](picture({"m.py": code}))
    return {name: table for name, table in layer.items() if isinstance(table, dict)}


def test_each_kind_of_call_has_its_own_table() -> None:
    code = """\
import threading


class A:
    def __str__(self):
        return ", ".join([])

    def __getattr__(self, name):
        return len(name)

    def __contains__(self, item):
        return True


def work():
    pass


def shown(a):
    return f"{a}" + a.colour


def asked(a):
    return 1 in a, str(a)


def start():
    threading.Thread(target=work).start()


shown(A())
asked(A())
"""
    found = tables(code)
    assert found["implicit"] == {"m.shown": ["m.A.__getattr__", "m.A.__str__"]}
    assert found["handed"] == {"m.start": ["m.work"]}
    assert found["external"]["m.A.__str__"] == ["<str>.join"]
    assert found["calls"] == {
        "m": ["m.asked", "m.shown"],
        "m.A.__getattr__": ["<builtin>.len"],
        "m.asked": ["<builtin>.str", "m.A.__contains__", "m.A.__str__"],
    }


def test_a_slice_that_is_stored_puts_its_elements_into_the_list() -> None:
    code = """\
def a():
    pass


def b():
    pass


def run(n):
    steps = [a]
    steps[n:] = [b]
    for step in steps:
        step()


run(1)
"""
    assert set(tables(code)["calls"]["m.run"]) == {"m.a", "m.b"}


def test_a_method_is_known_on_many_classes() -> None:
    names = [f"C{n}" for n in range(40)]
    classes = "".join(f"class {name}(Base):\n    pass\n\n\n" for name in names)
    code = f"class Base:\n    def run(self):\n        pass\n\n\n{classes}for kind in [{', '.join(names)}]:\n    kind().run()\n"
    assert "m.Base.run" in tables(code)["calls"]["m"]


def test_what_stands_for_a_value_that_comes_later_is_not_called() -> None:
    code = "class M:\n    def __call__(self):\n        pass\n\n\nclass H:\n    m = NotImplemented\n\n\nH.m = M()\nH.m()\n"
    found = tables(code)["calls"]["m"]
    assert "m.M.__call__" in found and "<builtin>.NotImplemented" not in found
