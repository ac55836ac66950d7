"""What each line calls: seen from the call on the way, and through the types of libraries' objects."""

from __future__ import annotations

import json

import pytest
from tests.programs import picture

from mlrubric.graph.layers import LAYERS
from mlrubric.graph.layers.reach import Reach
from mlrubric.graph.layers.sharpen import Sharpener


def sites(code: str) -> dict[str, list[str]]:
    files = LAYERS["callsites"](picture({"m.py": code}))["files"]
    assert isinstance(files, dict)
    found = files.get("m.py", {})
    assert isinstance(found, dict)
    return found


TWO = "def a():\n    pass\n\n\ndef b():\n    pass\n\n\n"  # eight lines


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def call(f):\n    f()\n\n\ncall(a)\ncall(b)\n", {"13": ["m.a", "m.call"], "14": ["m.b", "m.call"]}),
        ("call = lambda f: f()\ncall(a)\ncall(b)\n", {"10": ["m.<lambda1>", "m.a"], "11": ["m.<lambda1>", "m.b"]}),
        (
            "T = {'a': a, 'b': b}\n\n\ndef call(key='a'):\n    T[key]()\n\n\ncall()\ncall('b')\n",
            {"16": ["m.a", "m.call"], "17": ["m.b", "m.call"]},
        ),
        (
            "def inner(f):\n    f()\n\n\ndef outer(g):\n    inner(g)\n\n\nouter(a)\nouter(b)\n",
            {"17": ["m.a", "m.inner", "m.outer"], "18": ["m.b", "m.inner", "m.outer"]},
        ),
        ("def get(f):\n    return f\n\n\nget(a)()\nget(b)()\n", {"13": ["m.a", "m.get"], "14": ["m.b", "m.get"]}),
    ],
    ids=["parameter", "lambda", "default and key", "two calls deep", "returned"],
)
def test_a_call_is_seen_with_its_own_arguments(code: str, expected: dict[str, list[str]]) -> None:
    found = sites(TWO + code)
    assert {line: found[line] for line in expected} == expected


HOLDER = TWO + "class C:\n    def __init__(self, f):\n        self.f = f\n\n    def set(self, f):\n        self.f = f\n\n\n"


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("c = C(a)\nc.f()\n", {"m.a"}),
        ("c = C(a)\nc.set(b)\nc.f()\n", {"m.b"}),
        ("c = C(a)\nif input():\n    c.set(b)\nc.f()\n", {"m.a", "m.b"}),
        ("c = C(a)\n\n\ndef change():\n    c.set(b)\n\n\nchange()\nc.f()\n", {"m.b"}),
        ("c = C(a)\nfor f in [b]:\n    c.f()\n    c.set(f)\n", {"m.a", "m.b"}),
    ],
    ids=["constructor", "set", "perhaps set", "set far away", "loop"],
)
def test_an_attribute_holds_what_was_surely_stored_last(code: str, called: set[str]) -> None:
    line = next(n for n, text in enumerate((HOLDER + code).splitlines(), 1) if text.strip().endswith(".f()"))
    assert {n for n in sites(HOLDER + code)[str(line)] if n in ("m.a", "m.b")} == called


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("t = {'k': a}\nt['k'] = b\nt['k']()\n", {"m.b"}),
        ("t = {'k': a}\nt['l'] = b\nt['k']()\n", {"m.a"}),
        ("t = [a]\nt[0] = b\nt[0]()\n", {"m.b"}),
        ("t = [a]\nif input():\n    t[0] = b\nt[0]()\n", {"m.a", "m.b"}),
        ("t = [a]\n\n\ndef change(x):\n    x[0] = b\n\n\nchange(t)\nt[0]()\n", {"m.a", "m.b"}),
    ],
    ids=["replaced", "other key", "list", "perhaps", "elsewhere"],
)
def test_an_item_is_what_was_surely_stored_last(code: str, called: set[str]) -> None:
    found = sites(TWO + code)[str(len((TWO + code).splitlines()))]
    assert {n for n in found if n in ("m.a", "m.b")} == called


def test_each_object_keeps_what_its_constructor_was_given() -> None:
    code = TWO + "class C:\n    def __init__(self, f):\n        self.f = f\n\n\nc = C(a)\nd = C(b)\nd.f()\n"
    assert sites(code)[str(len(code.splitlines()))] == ["m.b"]


FRAME = "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\nimport seaborn as sns\ndf = pd.read_csv('x')\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("df['a'].map(str)", "pandas.Series.map"),
        ("df[['a', 'b']].join(df)", "pandas.DataFrame.join"),
        ("df[df['a'] > 3].merge(df)", "pandas.DataFrame.merge"),
        ("df[~df.a.isin([1])].merge(df)", "pandas.DataFrame.merge"),
        ("df.age.map(str)", "pandas.Series.map"),
        ("df.loc[df.a > 1, 'b'].map(str)", "pandas.Series.map"),
        ("df.iloc[:, 1:].merge(df)", "pandas.DataFrame.merge"),
        ("(df['a'] + 1).map(str)", "pandas.Series.map"),
        ("df.columns.values.tolist()", "numpy.ndarray.tolist"),
        ("df['a'].values.reshape(-1, 1)", "numpy.ndarray.reshape"),
        ("[g.merge(df) for _, g in df.groupby('a')]", "pandas.DataFrame.merge"),
        ("[row.to_dict() for _, row in df.iterrows()]", "pandas.Series.to_dict"),
        ("df.plot.bar().set_title('x')", "matplotlib.Axes.set_title"),
        ("np.mean(np.zeros(3), axis=0).tolist()", "numpy.ndarray.tolist"),
        ("np.unique([1], return_counts=True)[1].sum()", "numpy.ndarray.sum"),
        ("plt.subplots()[1].set_title('x')", "matplotlib.Axes.set_title"),
        ("plt.subplots(2, 2)[1].flatten()[0].set_title('x')", "matplotlib.Axes.set_title"),
        ("plt.plot([1])[0].get_color()", "matplotlib.Line2D.get_color"),
        ("sns.FacetGrid(df).map(plt.hist).add_legend()", "seaborn.Grid.add_legend"),
        ("sns.barplot(data=df).figure.savefig('x')", "matplotlib.Figure.savefig"),
    ],
)
def test_types_of_libraries_lead_to_the_method(line: str, expected: str) -> None:
    assert expected in sites(FRAME + line + "\n")["6"]


def test_an_item_of_unknown_type_has_no_method() -> None:
    assert not [n for n in sites(FRAME + "df['a'][0].split()\n").get("6", []) if n.endswith("split")]


def chain(length: int) -> str:
    """Functions that hand one of two functions down, called from as many places, each with a choice of its own."""
    steps = "".join(f"def f{n}(g, h):\n    g()\n    f{n + 1}(h, g)\n\n\n" for n in range(length))
    calls = "".join(f"f{n}(a, b)\nf{n}(b, a)\n" for n in range(length))
    return f"{TWO}{steps}def f{length}(g, h):\n    h()\n\n\n{calls}"


def steps_for(length: int) -> int:
    resolver = picture({"m.py": chain(length)}).world.code.resolver
    sharpener = Sharpener(resolver, closed=True)
    reach = Reach(sharpener)
    for op in sorted(resolver.targets):
        reach.bits(op)
    return sharpener.asked


def test_the_work_grows_with_the_program() -> None:
    small, large = steps_for(20), steps_for(80)
    assert 0 < small < large < 5 * small


def test_a_loop_of_functions_ends_and_leads_to_all_of_them() -> None:
    code = "def f(g, n):\n    g()\n    h(g, n)\n\n\ndef h(g, n):\n    f(g, n - 1)\n\n\nf(a, 1)\nh(b, 1)\n"
    found = sites(TWO + code)
    assert found["18"] == ["m.a", "m.f", "m.h"] and found["19"] == ["m.b", "m.f", "m.h"]


def test_cells_of_a_notebook_on_one_line_are_told_apart() -> None:
    sources = ["def a():\n    pass\n\n\ndef b():\n    pass", "a()", "x = 1\nb()"]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    assert "\n" not in text
    files = LAYERS["callsites"](picture({"n.ipynb": text}))["files"]
    assert files == {"n.ipynb": {"cell 2": ["n.a"], "cell 3": ["n.b"]}}
