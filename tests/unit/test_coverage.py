"""`benchmarks.coverage`: which calls count, and which of them are understood."""

from __future__ import annotations

import pytest
from benchmarks.coverage.judge import KNOWN, MISSING, UNRESOLVED, Judge
from tests.programs import picture

from mlrubric.knowledge.catalogue import load_catalogue

HEAD = "import json\nimport pandas as pd\nimport unheard_of\nfrom helper import own, Own\n"
HELPER = "class Own:\n    def method(self):\n        return 1\n\ndef own(x):\n    return x\n"


def judged(code: str, head: str = HEAD) -> list[tuple[str, str]]:
    """Verdicts and names of the calls on the last line."""
    files = {"m.py": head + code + "\n", "helper.py": HELPER}
    judge = Judge(picture(files).world.code.resolver, load_catalogue())
    last = (head + code).count("\n") + 1
    return [(call.verdict, call.name) for call in judge.calls() if call.line == last]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pd.read_csv('a')", [(KNOWN, "pandas.read_csv")]),
        ("pd.no_such_function()", [(MISSING, "pandas.no_such_function")]),
        ("unheard_of.f()", [(MISSING, "unheard_of.f")]),
        ("unheard_of.f().g()", [(MISSING, "unheard_of.f"), (UNRESOLVED, "unheard_of.f().g")]),
        ("pd.read_csv('a').head().no_such_method()", [(KNOWN, "pandas.read_csv"), (KNOWN, "pandas.DataFrame.head"),
                                                      (MISSING, "pandas.DataFrame.no_such_method")]),
        ("own(1)", []),
        ("Own().method()", []),
        ("len('a'.upper())", []),
        ("json.load(open('a')).get('b').get('c')", []),
        ("[x.strip() for x in 'a b'.split()]", []),
        ("def f(x):\n    x.what()", [(UNRESOLVED, "parameter x.what")]),
        ("def f(x: str):\n    x.upper()", []),
        ("def f(x: unheard_of.T):\n    x.what()", [(UNRESOLVED, "unheard_of.T.what")]),
        ("own(unheard_of.f()).g()", [(MISSING, "unheard_of.f"), (UNRESOLVED, "unheard_of.f().g")]),
        ("items = []\ndef f():\n    items.pop().g()", [(UNRESOLVED, "builtins.list.pop().g")]),
    ],
)  # fmt: skip
def test_what_counts_and_what_is_understood(code: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(judged(code)) == sorted(expected)


def test_a_file_without_a_library_for_data_or_models_does_not_count() -> None:
    assert judged("unheard_of.f()", "import json\nimport requests\nimport unheard_of\n") == []


def test_a_name_alone_is_no_resolution() -> None:
    assert judged("def f(model):\n    model.predict(1)") == [(UNRESOLVED, "parameter model.predict")]
